//! Verdicts on calls.

mod differential;
#[cfg(unix)]
mod guard;
mod parameters;
mod properties;
mod support;
mod table;
