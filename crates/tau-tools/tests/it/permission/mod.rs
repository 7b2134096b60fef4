//! Verdicts on calls.

mod differential;
mod properties;
mod support;
mod table;
