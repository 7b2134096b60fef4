//! The tools every agent needs. Each stands in a folder of its own with the same files: `mod.rs` (the
//! executor), `args.rs` (its arguments, whose comments are the schema) and `description.md` (what the model is
//! told). What several of them need stands in `support`.

mod bash;
mod edit;
mod glob;
mod grep;
mod read;
mod support;
mod write;

use std::sync::Arc;

pub use bash::BashTool;
pub use edit::EditTool;
pub use glob::GlobTool;
pub use grep::GrepTool;
pub use read::ReadTool;
pub use write::WriteTool;

use crate::executor::ToolExecutor;
use crate::registry::ToolRegistry;

/// All built-in tools, in the order the model is told: read, write, edit, bash, glob, grep.
#[must_use]
pub fn all() -> ToolRegistry {
    let tools: [Arc<dyn ToolExecutor>; 6] = [
        Arc::new(ReadTool::new()),
        Arc::new(WriteTool::new()),
        Arc::new(EditTool::new()),
        Arc::new(BashTool::new()),
        Arc::new(GlobTool::new()),
        Arc::new(GrepTool::new()),
    ];
    tools.into_iter().collect()
}
