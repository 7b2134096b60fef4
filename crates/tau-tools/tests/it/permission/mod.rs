//! Verdicts on calls.

mod properties;
mod support;
mod table;
