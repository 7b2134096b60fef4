//! Tests of the wire forms of the interface.

mod attach;
mod event;
mod strategies;
