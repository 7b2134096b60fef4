//! Subagents at work: sessions of their own, each followed to its end by a task.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tau_core::event::{
    CancelScope, EventBody, ModelFailure, ModelFailureKind, RunOutcome, Seq, SessionConfig,
};
use tau_core::{ContentBlock, HumanDuration, Role, SessionId};
use tau_tools::bound_text;
use tokio::sync::{Semaphore, watch};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::opener::OpenedSession;
use super::subscription::Update;
use super::{Handle, Session, SessionOptions};
use crate::kernel::{Input, State, SubagentReport};

/// The subagents that are on.
#[derive(Debug)]
pub(super) struct Subagents {
    /// What each is made with, but for what its own session needs.
    options: SessionOptions,
    parent: SessionId,
    running: JoinSet<SubagentReport>,
    children: BTreeMap<SessionId, Child>,
    /// Subagents by task, for those whose task ends without a report.
    ids: BTreeMap<Id, SessionId>,
    slots: Arc<Semaphore>,
}

#[derive(Debug)]
struct Child {
    stop: CancellationToken,
    /// There once its session is open.
    handle: watch::Receiver<Option<Handle>>,
}

/// The handle of a subagent, once its session is open; `None` when it is over, or was never there.
pub(super) type FutureHandle = Option<watch::Receiver<Option<Handle>>>;

impl Subagents {
    pub(super) fn new(options: &SessionOptions, parent: SessionId) -> Self {
        let options = options.with_config(SessionConfig::new(""));
        let slots = Arc::new(Semaphore::new(options.parallel_subagents.max(1)));
        let (running, children, ids) = (JoinSet::new(), BTreeMap::new(), BTreeMap::new());
        Self { options, parent, running, children, ids, slots }
    }

    pub(super) fn any_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Starts a subagent, or takes it up where its journal ends.
    pub(super) fn start(&mut self, child: SessionId, mut config: SessionConfig, prompt: String) {
        config.parent = Some(self.parent);
        let run = config.tools.iter().filter(|tool| tool.kind.is_executed());
        let names = run.map(|tool| &tool.definition.name);
        // A tool that this session was resumed without, its subagents do without too.
        let names: Vec<String> =
            names.filter(|name| self.options.tools.get(name).is_some()).cloned().collect();
        let mut options = self.options.with_config(config);
        options.tools = options.tools.select(&names).unwrap_or_default();
        options.hooks = options.hooks.map(|hooks| hooks.below(child));
        self.spawn(child, options, Some(prompt), CancellationToken::new());
    }

    /// Works on a subagent in a task of its own.
    fn spawn(
        &mut self,
        child: SessionId,
        mut options: SessionOptions,
        prompt: Option<String>,
        stop: CancellationToken,
    ) {
        options.durability.descend(child);
        let (opened, handle) = watch::channel(None);
        let (slots, stopped) = (Arc::clone(&self.slots), stop.clone());
        let task = self.running.spawn(async move {
            // One that is stopped while it waits never begins. The semaphore lives as long as the session.
            let slot = tokio::select! {
                slot = slots.acquire_owned() => slot.ok(),
                () = stopped.cancelled() => None,
            };
            let prompt = prompt.filter(|_| slot.is_some());
            work(child, options, prompt, opened, stopped).await
        });
        self.ids.insert(task.id(), child);
        self.children.insert(child, Child { stop, handle });
    }

    /// Cancels a subagent. It still reports. One that is not on was on before a crash, and says what it spent until
    /// then.
    pub(super) fn stop(&mut self, child: SessionId) {
        match self.children.get(&child) {
            Some(child) => child.stop.cancel(),
            None => {
                let stop = CancellationToken::new();
                stop.cancel();
                self.spawn(child, self.options.with_config(SessionConfig::new("")), None, stop);
            }
        }
    }

    pub(super) fn handle(&self, child: SessionId) -> FutureHandle {
        self.children.get(&child).map(|child| child.handle.clone())
    }

    /// The next subagent that ends.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            let report = match self.running.join_next_with_id().await {
                Some(Ok((task, report))) => {
                    self.ids.remove(&task);
                    report
                }
                Some(Err(error)) => {
                    let Some(child) = self.ids.remove(&error.id()) else { continue };
                    failed(child, "The subagent crashed.")
                }
                None => return std::future::pending().await,
            };
            self.children.remove(&report.child);
            return Input::SubagentFinished(Box::new(report));
        }
    }

    /// Shuts every subagent down where it stands, and waits until they are gone. They can be taken up again.
    pub(super) async fn shutdown(&mut self) {
        self.running.shutdown().await;
    }
}

/// Works until the subagent's run has ended, and reports.
async fn work(
    child: SessionId,
    options: SessionOptions,
    prompt: Option<String>,
    opened: watch::Sender<Option<Handle>>,
    stop: CancellationToken,
) -> SubagentReport {
    let began = Instant::now();
    let bounds = options.output_bounds;
    let (session, handle, has_prompt) = match open(child, options, prompt.is_some()).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return SubagentReport::new(child, RunOutcome::Cancelled, "Cancelled before it began."),
        Err(problem) => return failed(child, &format!("The subagent could not be started: {problem}")),
    };
    // The session may have ended before a crash that its parent did not hear of.
    let is_over = handle.events(Seq::default()).iter().any(|event| is_end(&event.body));
    if !is_over {
        let _ = opened.send(Some(handle.clone()));
        // Boxed, because a session may run subagents, whose sessions may run subagents.
        let run: futures::future::BoxFuture<'static, _> = Box::pin(session.run(CancellationToken::new()));
        let follow = follow(&handle, prompt.filter(|_| !has_prompt), &stop);
        let (mut run, mut follow) = (run, pin!(follow));
        tokio::select! {
            () = &mut follow => {
                // Whatever is journaled of the close, nobody waits for it.
                let close = handle.cancel(CancelScope::Session);
                let _ = tokio::join!(close, &mut run);
            }
            _ = &mut run => {}
        }
    }
    let mut report = report(child, &handle, bounds);
    report.elapsed = HumanDuration::from(Duration::from_millis(began.elapsed().as_millis() as u64));
    report
}

/// Sees to it that the prompt is there, and waits for the end of its run.
async fn follow(handle: &Handle, prompt: Option<String>, stop: &CancellationToken) {
    let mut updates = handle.subscribe(Seq::default());
    if let Some(prompt) = prompt {
        // A session that ended meanwhile has said why in its journal.
        let _ = handle.prompt([ContentBlock::text(prompt)]).await;
    }
    let mut is_stopping = false;
    loop {
        tokio::select! {
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                let _ = handle.cancel(CancelScope::Session).await;
            }
            update = updates.next() => match update {
                Some(Update::Event(event)) if is_end(&event.body) => return,
                Some(_) => {}
                None => return,
            },
        }
    }
}

const fn is_end(event: &EventBody) -> bool {
    matches!(event, EventBody::RunFinished { .. } | EventBody::SessionClosed)
}

/// The session of a subagent, new or as its journal has it, and whether it has its prompt. `None` when it has none and
/// none will come: then no session is made for it.
async fn open(
    child: SessionId,
    mut options: SessionOptions,
    will_prompt: bool,
) -> Result<Option<(Session, Handle, bool)>, String> {
    let opener = options.durability.opener.clone();
    let opened = match opener {
        Some(opener) => opener.open(child).await.map_err(|error| error.to_string())?,
        None => OpenedSession::new(1),
    };
    options.durability.epoch = Some(opened.epoch);
    let has_prompt =
        opened.past.events().iter().any(|event| matches!(event.body, EventBody::PromptSubmitted { .. }));
    if !has_prompt && !will_prompt {
        return Ok(None);
    }
    let (session, handle) = if opened.past.events().is_empty() {
        Session::new(options)
    } else {
        options.durability.last_hash = Some(opened.last_hash);
        Session::resume(options, opened.past).map_err(|error| error.to_string())?
    };
    Ok(Some((session, handle, has_prompt)))
}

/// What the session has to say at its end.
fn report(child: SessionId, handle: &Handle, bounds: tau_tools::OutputBounds) -> SubagentReport {
    let events = handle.events(Seq::default());
    let state = State::fold(events.iter().map(|event| &event.body));
    let Some(last) = state.last_run() else { return failed(child, "The subagent ended before it began.") };
    let said = state.history().messages().iter().rev().find(|message| message.role == Role::Assistant);
    let said = said.map(|message| message.text()).unwrap_or_default();
    let text = match &last.outcome {
        RunOutcome::Completed => said,
        outcome => format!("The subagent did not finish: {}. What it said last:\n{said}", why(outcome)),
    };
    let mut report = SubagentReport::new(child, last.outcome.clone(), bound_text(text, bounds));
    report.spent = last.spent;
    report
}

fn why(outcome: &RunOutcome) -> String {
    match outcome {
        RunOutcome::Completed => "it completed".to_owned(),
        RunOutcome::TurnLimit { limit } => format!("its {limit} turns are used up"),
        RunOutcome::BudgetExceeded { .. } => "its part of the budget is used up".to_owned(),
        RunOutcome::Cancelled => "it was cancelled".to_owned(),
        RunOutcome::Failed { failure } => failure.message.clone(),
        RunOutcome::Denied { message } => format!("a hook does not let it go on. It said: {message}"),
        _ => "it ended early".to_owned(),
    }
}

fn failed(child: SessionId, text: &str) -> SubagentReport {
    let failure = ModelFailure::new(ModelFailureKind::Interrupted, text);
    SubagentReport::new(child, RunOutcome::Failed { failure }, text)
}
