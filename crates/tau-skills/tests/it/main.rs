//! Integration tests, over real folders.

mod discovery;
#[cfg(unix)]
mod discovery_unix;
mod front_matter;
mod listing;
mod properties;
mod skill;
mod tree;
