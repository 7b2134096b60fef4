//! The interface as its own files say it: what `tau rpc` lists, describes and calls.

mod files;
mod interface;

pub(crate) use interface::{Interface, Method};
