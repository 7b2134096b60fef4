//! The sessions of a process: made, found, taken up, copied and let go.

mod begin;
mod drain;
mod environment;
pub(crate) mod support;
