//! Verdicts on calls.

mod differential;
#[cfg(unix)]
mod guard;
mod parameters;
mod properties;
#[cfg(unix)]
mod runner;
mod support;
mod table;
