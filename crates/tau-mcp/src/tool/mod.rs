//! A server's tools as tool executors.

mod executor;
mod name;
mod output;

pub use executor::McpTool;

pub(crate) use executor::Source;
pub(crate) use name::assign_names;
pub(crate) use output::{blocks, resource_blocks};
