//! The sessions of a process: made, found, taken up, copied and let go.

mod begin;
mod drain;
mod environment;
mod results;
pub(crate) mod support;
