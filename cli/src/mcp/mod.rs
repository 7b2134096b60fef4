//! MCP servers of the command line: which there are, the pool that runs them, and where tokens and pins are.

mod file;
mod pool;
mod prompts;
mod servers;
mod stores;

pub(crate) use file::ServerFile;
pub(crate) use pool::{add_servers, guard, pool, shutdown};
pub(crate) use servers::configured;
pub(crate) use stores::FileTokens;
