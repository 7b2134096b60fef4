//! The tool system of an agent: what a tool is, how a call of it is run, who may run it, and the tools every
//! agent needs.
//!
//! # Why it exists
//!
//! A tool call is text that a model wrote. Between that text and a changed file stand the questions every
//! agent must answer the same way for every tool: does the tool exist, are the arguments what it takes, may
//! it run, how long, beside what else, and how much of its output may the model see. This crate answers them
//! once, so that a tool is only its own job.
//!
//! - A tool is a [`ToolExecutor`]: a definition, an effect class and an asynchronous function.
//! - A [`ToolRegistry`] holds tools in a fixed order and [runs](ToolRegistry::run) calls: every call ends in
//!   exactly one result, whether it names no tool, holds no JSON, fails, panics or takes too long. A
//!   [`CallQueue`] keeps the order of calls that must not overlap: edits of one file, or a command and anything.
//! - Names that other agents gave the same tools are [resolved](resolve_alias) before a call is judged.
//! - Tools touch the world through the [`Environment`](environment::Environment) port alone, so the same
//!   tools work on this machine, in memory, in a sandbox or on another host.
//! - A result too long for a model goes [into a file](environment::ResultStore) that the model may read.
//! - What the tools of a run change can be [undone](undo).
//! - Who may run what is [a pure function](permission) of rules, a mode and a call.
//!
//! # What it does not do
//!
//! It speaks no MCP, calls no model and knows no loop: it runs one call when it is told to. It has no HTTP
//! client: what gets pages of the web is [given to it](environment::Fetch), and without that it gets none.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`environment`] | the port to files, search, processes and the web; the local and the in-memory implementation |
//! | [`builtin`] | read, write, edit, bash, jobs, glob, grep, todo, apply_patch, ls, web_fetch: one folder each, with the same files in it |
//! | [`undo`] | what a run changed, and how it is put back |
//! | [`permission`] | rules, and the verdict on a call |
//! | the crate root | executors and the scope of a call, the registry, the queue, aliases, bounds on output |
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use tau_core::{ToolArguments, ToolCall, ToolCallId};
//! use tau_tools::environment::MemoryEnvironment;
//! use tau_tools::{OutputBounds, ToolContext, builtin};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let files = MemoryEnvironment::new([("src/main.rs", "fn main() {\n    run(3);\n}\n")])?;
//! let context = ToolContext::new(Arc::new(files));
//! let tools = builtin::all();
//!
//! let arguments = ToolArguments::parse(r#"{"pattern": "run\\(", "glob": "*.rs"}"#);
//! let call = ToolCall::new(ToolCallId::new("call_1"), "grep", arguments);
//! let finished = tools.run(&call, &context, OutputBounds::default()).await;
//! assert_eq!(finished.result.text(), "src/main.rs:2:    run(3);\n");
//!
//! let call = ToolCall::new(ToolCallId::new("call_2"), "raed", ToolArguments::parse("{}"));
//! let finished = tools.run(&call, &context, OutputBounds::default()).await;
//! assert_eq!(finished.result.text(), "There is no tool `raed`; did you mean `read`?");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod builtin;
pub mod environment;
pub mod permission;
pub mod undo;

mod alias;
mod arguments;
mod executor;
mod locks;
mod offload;
mod output;
mod queue;
mod registry;
mod scope;

pub use alias::{CALL_TOOL, resolve_alias, tool_of_alias};
pub use executor::{Progress, ToolContext, ToolExecutor, ToolOutput};
pub use output::{Gap, OutputBounds, bound_text};
pub use queue::{CallQueue, Concurrency, QueuedCall};
pub use registry::{FinishedCall, ToolRegistry};
pub use scope::CallScope;
