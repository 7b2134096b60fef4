//! Model Context Protocol client: servers' tools as tool executors

pub mod config;
