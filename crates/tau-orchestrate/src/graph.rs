//! Graphs of nodes over one state, that survive the process they run in.
//!
//! A [`StateGraph`] is put together by a [`GraphBuilder`], which names every mistake before anything runs, and is run in
//! supersteps: see [`StateGraph`] for what that means, and [`checkpoint`](crate::checkpoint) for what is stored.
//!
//! ```
//! use tau_orchestrate::graph::{END, StateGraph};
//! use tau_orchestrate::state::{Key, List};
//!
//! const DRAFT: Key<String> = Key::new("draft");
//! const REMARKS: Key<List<String>> = Key::append("remarks");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = StateGraph::builder("review")
//!     .keys([DRAFT.spec(), REMARKS.spec()])
//!     .node("spelling", async |context| {
//!         let draft = context.state().require(DRAFT)?;
//!         Ok(REMARKS.set([format!("spelling of {draft}: fine")].into()))
//!     })
//!     .node("style", async |context| {
//!         let draft = context.state().require(DRAFT)?;
//!         Ok(REMARKS.set([format!("style of {draft}: fine")].into()))
//!     })
//!     .node("publish", async |context| Ok(DRAFT.set(format!("{} (published)", context.state().require(DRAFT)?))))
//!     .entry("spelling") // both at once
//!     .entry("style")
//!     .join(["spelling", "style"], "publish")
//!     .edge("publish", END)
//!     .build()?;
//!
//! let outcome = graph.run(DRAFT.set("essay".into())).await?;
//! assert_eq!(outcome.state.get(DRAFT).map(String::as_str), Some("essay (published)"));
//! assert_eq!(outcome.state.get(REMARKS).and_then(List::last).map(String::as_str), Some("style of essay: fine"));
//! # Ok(())
//! # }
//! ```
//!
//! # What cannot happen
//!
//! - A write is lost because another task was faster: writes are joined in the order of the nodes, and two writers of a key
//!   that can hold only one are an error.
//! - Code in front of a question runs twice because the question was answered: asking and being answered are two functions.
//! - A question is asked again after it is stored, or answered twice: it has an id that is used once.
//! - A task whose update is stored runs again, in whatever process the run goes on.
//! - A run goes on with a graph that is not its own: that is an error which says what differs.

mod builder;
mod cache;
mod compiled;
mod context;
#[cfg(feature = "declared")]
pub mod declared;
mod draw;
mod edge;
mod error;
mod node;
mod policy;
mod predicate;
mod run;
mod subgraph;
mod validate;

pub use builder::GraphBuilder;
pub use compiled::StateGraph;
pub use context::{Context, TaskId};
pub use edge::{END, Route, START};
pub use error::{GraphBuildError, Problem, ProblemKind};
pub use node::{Answer, BoxError, Node, NodeKind, OpenQuestion, Question, Reply};
pub use policy::{Cache, Policy, Retry};
pub use predicate::Predicate;
pub use run::{
    Durability, Modes, OnCompletion, Outcome, Part, Run, RunError, RunErrorKind, RunStream, TaskResult,
};

pub(crate) use run::Machine;
