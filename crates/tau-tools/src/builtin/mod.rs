//! The tools every agent needs. Each stands in a folder of its own with the same files: `mod.rs` (the
//! executor), `args.rs` (its arguments, whose comments are the schema) and `description.md` (what the model is
//! told). What several of them need stands in `support`.

mod apply_patch;
mod bash;
mod edit;
mod glob;
mod grep;
mod jobs;
mod ls;
mod read;
mod support;
mod todo;
mod web_fetch;
mod write;

use std::sync::Arc;

pub use apply_patch::ApplyPatchTool;
pub use bash::BashTool;
pub use edit::EditTool;
pub use glob::GlobTool;
pub use grep::GrepTool;
pub use jobs::{BackgroundJobs, JobsTool};
pub use ls::LsTool;
pub use read::ReadTool;
pub use todo::TodoTool;
pub use web_fetch::WebFetchTool;
pub use write::WriteTool;

use crate::executor::ToolExecutor;
use crate::registry::ToolRegistry;

/// All built-in tools: those of [`standard`], then apply_patch, ls and web_fetch.
///
/// Every definition is paid for on every turn. What these three do, others of the standard set do too, but for
/// web_fetch, which needs an [`Environment::fetch`](crate::environment::Environment::fetch). They are here to be
/// chosen by name, or by an [alias](crate::tool_of_alias).
#[must_use]
pub fn all() -> ToolRegistry {
    let mut tools = standard();
    tools.add(Arc::new(ApplyPatchTool::new()));
    tools.add(Arc::new(LsTool::new()));
    tools.add(Arc::new(WebFetchTool::new()));
    tools
}

/// The tools of an agent for which nobody has chosen, in the order the model is told: read, write, edit, bash, jobs,
/// glob, grep, todo. Each call makes background jobs of its own: one registry is for one session.
#[must_use]
pub fn standard() -> ToolRegistry {
    let jobs = BackgroundJobs::new();
    let tools: [Arc<dyn ToolExecutor>; 8] = [
        Arc::new(ReadTool::new()),
        Arc::new(WriteTool::new()),
        Arc::new(EditTool::new()),
        Arc::new(BashTool::new(&jobs)),
        Arc::new(JobsTool::new(&jobs)),
        Arc::new(GlobTool::new()),
        Arc::new(GrepTool::new()),
        Arc::new(TodoTool::new()),
    ];
    tools.into_iter().collect()
}
