//! Verdicts on calls.

mod differential;
#[cfg(unix)]
mod guard;
mod properties;
mod support;
mod table;
