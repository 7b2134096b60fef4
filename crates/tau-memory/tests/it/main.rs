//! Integration tests, over real folders.

mod bootstrap;
mod bootstrap_imports;
mod bootstrap_limits;
mod bootstrap_nested;
#[cfg(unix)]
mod bootstrap_unix;
mod document;
mod properties;
mod text;
mod tree;
mod working;
