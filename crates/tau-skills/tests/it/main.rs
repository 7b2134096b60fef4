//! Integration tests, over real folders.

mod cache;
mod discovery;
#[cfg(unix)]
mod discovery_unix;
mod front_matter;
mod invocation;
mod listing;
mod matching;
mod plugin;
mod precedence;
mod properties;
mod skill;
mod tree;
mod validation;
