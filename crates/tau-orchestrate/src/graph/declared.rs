//! Graphs as data: JSON or YAML that names nodes, and kinds of nodes that a program provides.
//!
//! ```
//! use tau_orchestrate::graph::declared::{GraphSpec, Kinds};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let spec = GraphSpec::parse(
//!     "
//!     name: release
//!     keys: { report: replace, ok: replace }
//!     nodes:
//!       test: { kind: shell, with: { command: make test }, writes: report }
//!       approve: { kind: human, with: { text: Release it? }, writes: ok }
//!       ship: { kind: shell, with: { command: make release } }
//!     edges:
//!       - { from: start, to: test }
//!       - { from: test, to: approve }
//!       - { from: approve, to: ship, when: { equals: [ok, true] } }
//!       - { from: approve, to: end, otherwise: true }
//!       - { from: ship, to: end }
//!     ",
//! )?;
//! // What a shell is, the program says; what a person or a graph inside is, is known.
//! let kinds = Kinds::new().with("shell", |node| {
//!     let command = node.with["command"].as_str().ok_or("a shell needs a `command`")?.to_owned();
//!     Ok(node.function(move |_| std::future::ready(Ok(format!("ran {command}").into()))))
//! });
//! let graph = spec.build(&kinds)?;
//! assert!(graph.to_mermaid().contains("approve"));
//! # Ok(())
//! # }
//! ```

mod build;
mod error;
mod kinds;
mod spec;

pub use error::{SpecError, SpecErrorKind};
pub use kinds::Kinds;
pub use spec::{Condition, EdgeSpec, GraphSpec, KeyKind, NodeSpec, Sources};
