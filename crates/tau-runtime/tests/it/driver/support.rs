//! A session, its tools, and what it tells.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_agent::Agent;
use tau_core::config::PermissionMode;
use tau_core::event::{EventBody, Seq, SessionConfig, ToolKind};
use tau_core::{ContentBlock, EffectClass, RunId, ToolDefinition};
use tau_runtime::{Delta, Handle, Session, SessionEnd, SessionError, SessionOptions, Subscription, Update};
use tau_tools::environment::MemoryEnvironment;
use tau_tools::{Progress, ToolContext, ToolExecutor, ToolOutput, ToolRegistry};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::model::Model;

/// How long something may take. The clock of the tests jumps when everything waits, so it costs no time; and it is
/// shorter than every limit of a session, so that no such limit does what a test expects of something else.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it waits for ever")
}

type Run = dyn Fn(Value, Progress) -> BoxFuture<'static, ToolOutput> + Send + Sync;

/// A tool that a closure is.
pub(crate) struct TestTool {
    definition: ToolDefinition,
    effect: EffectClass,
    run: Box<Run>,
}

impl fmt::Debug for TestTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.definition.name)
    }
}

impl ToolExecutor for TestTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        self.effect
    }

    fn kind(&self) -> ToolKind {
        if self.definition.name == "skill" { ToolKind::Skill } else { ToolKind::Run }
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        (self.run)(arguments.clone(), context.progress.clone())
    }
}

/// A tool whose calls are told their arguments and where their output goes.
pub(crate) fn tool_with_progress<F: Future<Output = ToolOutput> + Send + 'static>(
    name: &str,
    effect: EffectClass,
    run: impl Fn(Value, Progress) -> F + Send + Sync + 'static,
) -> Arc<dyn ToolExecutor> {
    let definition = ToolDefinition::new(name, "A tool of the tests.", json!({"type": "object"}));
    Arc::new(TestTool { definition, effect, run: Box::new(move |arguments, to| run(arguments, to).boxed()) })
}

pub(crate) fn tool<F: Future<Output = ToolOutput> + Send + 'static>(
    name: &str,
    effect: EffectClass,
    run: impl Fn(Value) -> F + Send + Sync + 'static,
) -> Arc<dyn ToolExecutor> {
    tool_with_progress(name, effect, move |arguments, _| run(arguments))
}

/// Pure, and done at once.
pub(crate) fn look() -> Arc<dyn ToolExecutor> {
    tool("look", EffectClass::Pure, |_| async { ToolOutput::text("seen") })
}

/// May change things, and is done at once.
pub(crate) fn change() -> Arc<dyn ToolExecutor> {
    tool("change", EffectClass::AtMostOnce, |_| async { ToolOutput::text("changed") })
}

/// A tool that never ends, and tells when a call of it begins and when its future is gone.
pub(crate) fn hang(
    effect: EffectClass,
) -> (Arc<dyn ToolExecutor>, oneshot::Receiver<()>, oneshot::Receiver<()>) {
    let (begun, has_begun) = oneshot::channel();
    let (dropped, is_dropped) = oneshot::channel();
    let once = std::sync::Mutex::new(Some((begun, dropped)));
    let tool = tool("hang", effect, move |_| {
        let (begun, dropped) = once.lock().unwrap().take().expect("it is called once");
        async move {
            let _guard = Guard(Some(dropped));
            let _ = begun.send(());
            std::future::pending().await
        }
    });
    (tool, has_begun, is_dropped)
}

struct Guard(Option<oneshot::Sender<()>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(dropped) = self.0.take() {
            let _ = dropped.send(());
        }
    }
}

/// A session whose task runs.
pub(crate) struct Running {
    pub(crate) model: Model,
    pub(crate) handle: Handle,
    pub(crate) updates: Subscription,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<Result<SessionEnd, SessionError>>,
    /// How long an update may take to come.
    pub(crate) patience: Duration,
}

pub(crate) fn options(
    model: &Model,
    tools: impl IntoIterator<Item = Arc<dyn ToolExecutor>>,
) -> SessionOptions {
    options_of(model.agent.clone(), tools)
}

pub(crate) fn options_of(
    agent: Agent,
    tools: impl IntoIterator<Item = Arc<dyn ToolExecutor>>,
) -> SessionOptions {
    let mut config = SessionConfig::new("test/m");
    config.system = "Be brief.".to_owned();
    config.permissions.mode = Some(PermissionMode::Bypass);
    let files = MemoryEnvironment::new::<&str, &str>([]).unwrap();
    SessionOptions::new(config, agent, ToolRegistry::from_iter(tools), Arc::new(files))
}

impl Running {
    /// A session that lets every tool run.
    pub(crate) fn new(tools: impl IntoIterator<Item = Arc<dyn ToolExecutor>>) -> Self {
        Self::with(tools, |_| {})
    }

    pub(crate) fn with(
        tools: impl IntoIterator<Item = Arc<dyn ToolExecutor>>,
        change: impl FnOnce(&mut SessionOptions),
    ) -> Self {
        Self::of(Model::new(), tools, change)
    }

    pub(crate) fn of(
        model: Model,
        tools: impl IntoIterator<Item = Arc<dyn ToolExecutor>>,
        change: impl FnOnce(&mut SessionOptions),
    ) -> Self {
        let mut options = options(&model, tools);
        change(&mut options);
        let (session, handle) = Session::new(options);
        let updates = handle.subscribe(Seq::default());
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(session.run(shutdown.clone()));
        Self { model, handle, updates, shutdown, task, patience: PATIENCE }
    }

    pub(crate) async fn prompt(&self, text: &str) -> RunId {
        in_time(self.handle.prompt([ContentBlock::text(text)])).await.unwrap()
    }

    /// What is told up to the first line that begins so, that line included.
    pub(crate) async fn until(&mut self, start: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let update = tokio::time::timeout(self.patience, self.updates.next()).await;
            let update = update.unwrap_or_else(|_| panic!("nothing comes after {lines:#?}"));
            let line = show(&update.unwrap_or_else(|| panic!("the session ended after {lines:#?}")));
            let is_last = line.starts_with(start);
            lines.push(line);
            if is_last {
                return lines;
            }
        }
    }

    /// A prompt that is answered with words.
    pub(crate) async fn small_talk(&mut self) {
        self.prompt("And?").await;
        self.model.asked().await.text("Well.");
        self.until("run_finished").await;
    }
}

/// An update as a line: the kind of an event with what tells it apart, or `~` and a delta.
pub(crate) fn show(update: &Update) -> String {
    match update {
        Update::Event(event) => show_event(&event.body),
        Update::Delta(delta) => match delta {
            Delta::Text(text) => format!("~ text {text}"),
            Delta::Reasoning(text) => format!("~ reasoning {text}"),
            Delta::ToolCallStarted { name, .. } => format!("~ call {name}"),
            Delta::ToolCallArguments { text, .. } => format!("~ arguments {text}"),
            Delta::ToolOutput { call_id, text } => format!("~ output {call_id} {text}"),
            Delta::Retrying { attempt, .. } => format!("~ retrying {attempt}"),
            other => format!("~ {other:?}"),
        },
        Update::Lagged(missed) => format!("lagged {missed}"),
        other => format!("{other:?}"),
    }
}

fn show_event(body: &EventBody) -> String {
    let kind = body.kind();
    match body {
        EventBody::ModelRequested { turn, .. } | EventBody::ModelReplied { turn, .. } => {
            format!("{kind} {turn}")
        }
        EventBody::ModelFailed { turn, failure } => format!("{kind} {turn} {:?}", failure.kind),
        EventBody::ToolRequested { call, .. } => format!("{kind} {}", call.id),
        EventBody::ToolFinished { result, outcome, .. } => {
            format!("{kind} {} {outcome:?}: {}", result.call_id, result.text())
        }
        EventBody::PermissionRequested { call_id, .. } => format!("{kind} {call_id}"),
        EventBody::PermissionAnswered { call_id, answer } => format!("{kind} {call_id} {answer:?}"),
        EventBody::RunFinished { outcome, .. } => format!("{kind} {outcome:?}"),
        _ => kind.to_owned(),
    }
}
