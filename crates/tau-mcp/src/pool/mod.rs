//! All servers of a process: started when they are needed, started again when they have ended, shared by sessions.

mod backoff;
mod offer;
mod options;
mod server_pool;
mod slot;

pub use offer::{ServerTools, ToolChange};
pub use options::PoolOptions;
pub use server_pool::ServerPool;

pub(crate) use slot::Slot;
