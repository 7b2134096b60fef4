//! Integration tests, over real folders.

mod bootstrap;
mod bootstrap_limits;
#[cfg(unix)]
mod bootstrap_unix;
mod document;
mod properties;
mod text;
mod tree;
