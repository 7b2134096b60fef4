//! Many tools without their definitions: a model is told of two tools, one that finds others and one that calls them.
//!
//! The definitions of a few servers fill a model's context before anybody has said a word. [`offer`] leaves them out
//! where there are many. What the model finds, it calls through `call_tool`, and that is rewritten into a call of the
//! tool itself before anybody judges it ([`resolve_alias`](tau_tools::resolve_alias)): permission rules see the tool
//! and its arguments as they would without any of this.

mod call;
mod deferred;
mod find;
mod index;

use std::sync::Arc;

use tau_tools::{CALL_TOOL, ToolExecutor};

use call::CallTool;
use deferred::Deferred;
use find::SearchTools;
use index::Index;

/// The name of the tool that finds others.
pub const SEARCH_TOOLS: &str = "search_tools";
/// Definitions shorter than this, in bytes, are told at once: about 10,000 tokens.
pub const TOLD_AT_ONCE: usize = 40_000;

/// The tools as a session is to have them. When their definitions are longer than `told_at_once` bytes together, a
/// model is told of two tools instead, and finds the others through them.
///
/// Tools that have the name of one of those two are left out then.
#[must_use]
pub fn offer(tools: Vec<Arc<dyn ToolExecutor>>, told_at_once: usize) -> Vec<Arc<dyn ToolExecutor>> {
    let length = |tool: &Arc<dyn ToolExecutor>| {
        let definition = tool.definition();
        definition.name.len() + definition.description.len() + definition.parameters.to_string().len()
    };
    if tools.iter().map(length).sum::<usize>() <= told_at_once {
        return tools;
    }
    let tools: Vec<_> = tools
        .into_iter()
        .filter(|tool| !matches!(tool.definition().name.as_str(), SEARCH_TOOLS | CALL_TOOL))
        .collect();
    let definitions = tools.iter().map(|tool| tool.definition().clone()).collect();
    let search: Arc<dyn ToolExecutor> = Arc::new(SearchTools::new(Index::new(definitions)));
    let call: Arc<dyn ToolExecutor> = Arc::new(CallTool::new());
    let deferred = tools.into_iter().map(|tool| Arc::new(Deferred(tool)) as Arc<dyn ToolExecutor>);
    [search, call].into_iter().chain(deferred).collect()
}
