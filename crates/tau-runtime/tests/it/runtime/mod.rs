//! The sessions of a process: made, found, taken up, copied and let go.

mod begin;
mod drain;
pub(crate) mod support;
