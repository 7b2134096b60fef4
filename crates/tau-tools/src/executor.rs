//! What a tool is.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tau_core::event::ToolKind;
use tau_core::{EffectClass, ToolDefinition, ToolResultBlock};

use crate::environment::Environment;
use crate::output::Gap;
use crate::queue::Concurrency;
use crate::scope::CallScope;

/// An asynchronous function that a model may call.
///
/// An implementer must keep true:
/// - [`definition`](Self::definition) never changes: the model's prompt cache depends on its bytes.
/// - Dropping the future of [`execute`](Self::execute) stops everything the call has started, processes
///   included. That is how calls are cancelled and timed out.
/// - Everything it does to the world goes through the context's environment.
///
/// A caller may not assume that the arguments were checked against the schema before, that two calls do not
/// overlap, or that the output is short. [`ToolRegistry::run`](crate::ToolRegistry::run) sees to the last, and to it
/// that no two calls change one file at the same time; a [`CallQueue`](crate::CallQueue) sees to the order of calls.
pub trait ToolExecutor: fmt::Debug + Send + Sync {
    /// What the model is told.
    fn definition(&self) -> &ToolDefinition;

    /// What may be repeated after a crash. Pure tools need no permission.
    fn effect(&self) -> EffectClass {
        EffectClass::AtMostOnce
    }

    /// What a call of it means to the loop: that it is run, or that it is run and gives a skill.
    fn kind(&self) -> ToolKind {
        ToolKind::Run
    }

    /// Whether the model finds it by another tool instead of being told of it. Never changes.
    fn is_deferred(&self) -> bool {
        false
    }

    /// What a call with these arguments may run beside, in an environment with this root.
    fn concurrency(&self, arguments: &Value, root: &Path) -> Concurrency {
        let _ = (arguments, root);
        match self.effect() {
            EffectClass::Pure => Concurrency::Shared,
            _ => Concurrency::Alone,
        }
    }

    /// How long this call may take, where the session's default is `default`.
    fn timeout(&self, arguments: &Value, default: Duration) -> Duration {
        let _ = arguments;
        default
    }

    /// Runs one call. A failure is an output too: the model reads it and may do better.
    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput>;
}

/// What a call has to work with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToolContext {
    /// Files, search and processes.
    pub environment: Arc<dyn Environment>,
    /// Where output goes while the call runs.
    pub progress: Progress,
    /// How long a call may take that does not say itself.
    pub timeout: Duration,
    /// Which call this is; `None` outside a session.
    pub scope: Option<CallScope>,
}

/// How long a call may take where nobody said.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

impl ToolContext {
    /// A context without anybody listening to progress, and with two minutes for a call.
    #[must_use]
    pub fn new(environment: Arc<dyn Environment>) -> Self {
        Self { environment, progress: Progress::default(), timeout: DEFAULT_TIMEOUT, scope: None }
    }

    /// The same context on behalf of a call: from here on its environment is the one
    /// [for that call](Environment::for_call).
    #[must_use]
    pub fn with_scope(mut self, scope: CallScope) -> Self {
        if let Some(environment) = self.environment.for_call(&scope) {
            self.environment = environment;
        }
        self.scope = Some(scope);
        self
    }

    /// The same context with another time limit.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same context with a listener.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }
}

/// A listener to what a call prints while it runs. What it hears may be lost; the result never is.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Listener>>);

type Listener = dyn Fn(&str) + Send + Sync;

impl Progress {
    /// Calls `listener` with each piece of output. It must be quick: the tool waits for it.
    pub fn new(listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Tells the listener, if there is one.
    pub fn report(&self, text: &str) {
        if let Some(listener) = &self.0 {
            listener(text);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(listened to)" } else { "Progress(nobody)" })
    }
}

/// What a call gave: content for the model, and whether it is a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolOutput {
    /// What the model gets to see.
    pub content: Vec<ToolResultBlock>,
    /// Whether the call failed.
    pub is_error: bool,
    /// What the tool itself did not hold on to of its first text; the model is told.
    pub gap: Option<Gap>,
}

impl ToolOutput {
    /// Success, in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![ToolResultBlock::text(text)], is_error: false, gap: None }
    }

    /// Failure, in words that tell the model what to do instead.
    pub fn error(text: impl Into<String>) -> Self {
        Self { content: vec![ToolResultBlock::text(text)], is_error: true, gap: None }
    }

    /// The same output, of whose text something is missing.
    #[must_use]
    pub const fn with_gap(mut self, gap: Option<Gap>) -> Self {
        self.gap = gap;
        self
    }

    /// Success, in blocks.
    #[must_use]
    pub const fn blocks(content: Vec<ToolResultBlock>) -> Self {
        Self { content, is_error: false, gap: None }
    }

    /// Reads a tool's arguments into its type.
    ///
    /// # Errors
    /// The output that tells the model everything that is wrong with them.
    pub fn arguments<T: DeserializeOwned>(definition: &ToolDefinition, arguments: &Value) -> Result<T, Self> {
        crate::arguments::parse(definition, arguments)
    }
}
