//! The tools of a session, and how a call is run.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use tau_core::event::{ToolOutcome, ToolSpec};
use tau_core::{EffectClass, ToolCall, ToolResult};

use crate::executor::{ToolContext, ToolExecutor, ToolOutput};
use crate::offload::bound_output;
use crate::output::OutputBounds;

/// Tools by name, in the order they were added. The order is the one the model is told, so it never changes.
#[derive(Clone, Default)]
pub struct ToolRegistry {
    tools: Vec<Arc<dyn ToolExecutor>>,
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

    /// Keeps the tools with these names, in the order they stand.
    ///
    /// # Errors
    /// The first name that is no tool's, with what it might have meant.
    pub fn select(&self, names: &[String]) -> Result<Self, String> {
        if let Some(unknown) = names.iter().find(|name| self.get(name).is_none()) {
            return Err(self.unknown(unknown));
        }
        let chosen = |tool: &&Arc<dyn ToolExecutor>| names.contains(&tool.definition().name);
        Ok(Self { tools: self.tools.iter().filter(chosen).cloned().collect() })
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
        self.tools.iter().map(|tool| ToolSpec::new(tool.definition().clone(), tool.effect())).collect()
    }

    /// Whether the call may run beside others: it changes nothing, or names no tool and so does nothing.
    #[must_use]
    pub fn runs_beside_others(&self, call: &ToolCall) -> bool {
        self.get(&call.name).is_none_or(|tool| tool.effect() == EffectClass::Pure)
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
            Ok(arguments @ serde_json::Value::Object(_)) => arguments,
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
        let running = AssertUnwindSafe(tool.execute(context, &arguments)).catch_unwind();
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

    fn position(&self, name: &str) -> Option<usize> {
        self.tools.iter().position(|tool| tool.definition().name == name)
    }

    fn unknown(&self, name: &str) -> String {
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
