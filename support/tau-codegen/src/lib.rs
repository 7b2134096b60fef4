//! The code generator of the interface: `.proto` files in, the Rust of `tau-proto` out.
//!
//! # Why
//!
//! The generated Rust is checked in, so that building tau needs no protobuf compiler and a reader finds the types in
//! the tree. Checked-in output goes stale when somebody edits a `.proto` file and forgets to generate: therefore the
//! generator is deterministic, and [`GeneratedTree::compare`] names every file that is not what it would write.
//!
//! # How
//!
//! `protox` compiles the files to a descriptor set, in Rust and without `protoc`. From the descriptors `buffa-codegen`
//! makes messages, `connectrpc-codegen` service stubs, and `protoc-gen-protovalidate-buffa`, used as a library, validators;
//! without its comments the set itself is checked in too, for reflection. All of it works in memory, so checking writes
//! nothing. Stubs and validators are files of their own, because they need the RPC stack, which users of the bare types
//! should not pay for.
//!
//! # What it does not do
//!
//! It does not lint the `.proto` files and does not check compatibility with older ones; `buf` does.
//!
//! # Modules
//!
//! - [`generate`]: `.proto` files to generated files
//! - [`freshness`]: generated files against a folder
//! - [`error`]: what can go wrong
//!
//! # Example
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let proto = tempfile::tempdir()?;
//! std::fs::write(proto.path().join("a.proto"), "syntax = \"proto3\"; package a.v1; message Greeting {}")?;
//!
//! let tree = tau_codegen::GeneratedTree::from_proto(proto.path())?;
//! let source = tree.text("message/a.rs").ok_or("missing")?;
//! assert!(source.contains("pub struct Greeting"));
//! # Ok(())
//! # }
//! ```

pub mod error;
pub mod freshness;
pub mod generate;
mod received;
mod rules;
mod rust;
mod sources;

pub use error::{CodegenError, CodegenErrorKind};
pub use freshness::{StaleFile, Staleness};
pub use generate::GeneratedTree;
