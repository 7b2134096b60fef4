//! The tools of a session, and how a call is run.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use serde_json::Value;
use tau_core::event::{ToolOutcome, ToolSpec};
use tau_core::{ToolCall, ToolResult};

use crate::alias::tool_of_alias;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};
use crate::locks::FileLocks;
use crate::offload::bound_output;
use crate::output::OutputBounds;
use crate::queue::Concurrency;

/// Tools by name, in the order they were added. The order is the one the model is told, so it never changes.
///
/// Clones and [selections](Self::select) of a registry share the locks of files that calls change.
#[derive(Clone, Default)]
pub struct ToolRegistry {
    tools: Vec<Arc<dyn ToolExecutor>>,
    locks: Arc<FileLocks>,
}

impl fmt::Debug for ToolRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FinishedCall {
    /// How.
    pub outcome: ToolOutcome,
    /// What the model gets to see, within the bounds.
    pub result: ToolResult,
    /// How long it ran.
    pub elapsed: Duration,
}

impl FromIterator<Arc<dyn ToolExecutor>> for ToolRegistry {
    fn from_iter<I: IntoIterator<Item = Arc<dyn ToolExecutor>>>(tools: I) -> Self {
        let mut registry = Self::default();
        for tool in tools {
            registry.add(tool);
        }
        registry
    }
}

impl ToolRegistry {
    /// Adds a tool. One of the same name is replaced where it stands.
    pub fn add(&mut self, tool: Arc<dyn ToolExecutor>) {
        match self.position(&tool.definition().name) {
            Some(at) => self.tools[at] = tool,
            None => self.tools.push(tool),
        }
    }

    /// Keeps the tools with these names or [aliases](crate::tool_of_alias), in the order they stand.
    ///
    /// # Errors
    /// The first name that is no tool's, with what it might have meant.
    pub fn select(&self, names: &[String]) -> Result<Self, String> {
        let mut chosen = Vec::with_capacity(names.len());
        for name in names {
            let alias = || tool_of_alias(name).and_then(|tool| self.position(tool));
            chosen.push(self.position(name).or_else(alias).ok_or_else(|| self.unknown(name))?);
        }
        chosen.sort_unstable();
        chosen.dedup();
        let tools = chosen.into_iter().map(|at| Arc::clone(&self.tools[at])).collect();
        Ok(Self { tools, locks: Arc::clone(&self.locks) })
    }

    /// The tool of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn ToolExecutor>> {
        self.position(name).map(|at| &self.tools[at])
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|tool| tool.definition().name.as_str())
    }

    /// What a session needs to know of its tools, in order.
    #[must_use]
    pub fn specs(&self) -> Vec<ToolSpec> {
        let spec = |tool: &Arc<dyn ToolExecutor>| {
            let spec = ToolSpec::new(tool.definition().clone(), tool.effect()).with_kind(tool.kind());
            if tool.is_deferred() { spec.deferred() } else { spec }
        };
        self.tools.iter().map(spec).collect()
    }

    /// What the call may run beside, in an environment with this root. One that names no tool or holds no arguments
    /// does nothing.
    #[must_use]
    pub fn concurrency(&self, call: &ToolCall, root: &Path) -> Concurrency {
        match (self.get(&call.name), call.arguments.value()) {
            (Some(tool), Ok(arguments)) => tool.concurrency(&arguments, root),
            _ => Concurrency::Shared,
        }
    }

    /// Runs a call to its one result. Dropping the future cancels it.
    ///
    /// The context's time limit holds where the tool does not name its own. What of the output is over the bounds
    /// goes where the context's environment keeps results.
    pub async fn run(&self, call: &ToolCall, context: &ToolContext, bounds: OutputBounds) -> FinishedCall {
        let started = Instant::now();
        let (outcome, output) = self.outcome(call, context).await;
        let elapsed = started.elapsed();
        let is_error = output.is_error;
        let content = bound_output(output, &call.id, context.environment.as_ref(), bounds).await;
        let mut result = ToolResult::success(call.id.clone(), content);
        result.is_error = is_error;
        FinishedCall { outcome, result, elapsed }
    }

    async fn outcome(&self, call: &ToolCall, context: &ToolContext) -> (ToolOutcome, ToolOutput) {
        let failed = |text: String| (ToolOutcome::Failed, ToolOutput::error(text));
        let Some(tool) = self.get(&call.name) else {
            return failed(self.unknown(&call.name));
        };
        let arguments = match call.arguments.value() {
            Ok(arguments @ Value::Object(_)) => arguments,
            Ok(other) => {
                return failed(format!(
                    "The arguments of `{}` must be a JSON object, but were: {other}. The tool was not run.",
                    call.name
                ));
            }
            Err(error) => {
                return failed(format!(
                    "The arguments of `{}` are not valid JSON ({error}). The tool was not run; \
                     call it again with complete, valid JSON.",
                    call.name
                ));
            }
        };
        let limit = tool.timeout(&arguments, context.timeout);
        let running = AssertUnwindSafe(self.execute(tool.as_ref(), context, &arguments)).catch_unwind();
        match tokio::time::timeout(limit, running).await {
            Ok(Ok(output)) if output.is_error => (ToolOutcome::Failed, output),
            Ok(Ok(output)) => (ToolOutcome::Succeeded, output),
            Ok(Err(_panic)) => {
                failed(format!("`{}` crashed; this is a fault in the tool, not in the call.", call.name))
            }
            Err(_elapsed) => {
                let limit = tau_core::HumanDuration::from(limit);
                let text = format!("`{}` was stopped: it took longer than {limit}.", call.name);
                (ToolOutcome::TimedOut, ToolOutput::error(text))
            }
        }
    }

    /// Executes a call while nobody else changes the files that it changes.
    async fn execute(&self, tool: &dyn ToolExecutor, context: &ToolContext, arguments: &Value) -> ToolOutput {
        let environment = context.environment.as_ref();
        let _held = match tool.concurrency(arguments, environment.root()) {
            Concurrency::Files(paths) => self.locks.hold(environment, paths).await,
            _ => Vec::new(),
        };
        tool.execute(context, arguments).await
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.tools.iter().position(|tool| tool.definition().name == name)
    }

    fn unknown(&self, name: &str) -> String {
        if let Some(tool) = tool_of_alias(name).filter(|tool| self.get(tool).is_some()) {
            return format!("There is no tool `{name}`; here it is `{tool}`.");
        }
        let nearest = self
            .names()
            .map(|known| (strsim::jaro_winkler(name, known), known))
            .filter(|(score, _)| *score > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match nearest {
            Some((_, known)) => format!("did you mean `{known}`?"),
            None => format!("the tools are: {}.", self.names().collect::<Vec<_>>().join(", ")),
        };
        format!("There is no tool `{name}`; {hint}")
    }
}
