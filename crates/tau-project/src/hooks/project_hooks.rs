//! The hooks of settings, as the port of the runtime wants them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_core::config::PermissionMode;
use tau_core::event::{HookDecision, HookPoint, HookVerdict};
use tau_runtime::hooks::{FailurePolicy, Hook, HookAsk, HookFailure, HookSpec, Hooks, RegisteredHook};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answer::{self, Answer};
use super::declare::{HandlerKind, HookDeclaration};
use super::event::{HookEvent, Within};
use super::payload::Payload;
use super::process;
use super::rounds::Outcome;
use super::stops::Stops;

/// Each handler keeps its own time; this is for what nobody thought of.
const BACKSTOP: Duration = Duration::from_hours(48);
/// What the end of a session takes beside its hooks.
const ENDING: Duration = Duration::from_millis(500);

/// Shows a person what a hook says.
pub type ShowNotice = Arc<dyn Fn(&HookNotice) + Send + Sync>;

/// What hooks are run with.
#[derive(Clone)]
#[non_exhaustive]
pub struct HookHost {
    /// The root of the project, which commands find in `CLAUDE_PROJECT_DIR`.
    pub root: PathBuf,
    /// The folder that they run in.
    pub cwd: PathBuf,
    /// The user's home folder, which conditions about paths may name.
    pub home: PathBuf,
    /// The variables that they see, all of them.
    pub variables: BTreeMap<String, String>,
    /// The mode that hooks are told.
    pub mode: PermissionMode,
    /// The model that hooks are told.
    pub model: String,
    /// Whoever shows people what hooks say. Default: nobody but the log.
    pub notices: Option<ShowNotice>,
}

/// Something that a person should know of a hook: what it says to them, or that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookNotice {
    /// The event that it was asked at.
    pub event: HookEvent,
    /// What it runs or asks.
    pub hook: String,
    /// The words.
    pub text: String,
}

/// The hooks of a session, with those of its subagents.
#[derive(Debug, Clone)]
pub struct ProjectHooks {
    inner: Arc<Inner>,
    within: Within,
}

/// What a session and its subagents share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) declarations: Vec<HookDeclaration>,
    pub(super) host: HookHost,
    stops: Stops,
    /// Handlers that nobody waits for. They end with the hooks.
    detached: Mutex<JoinSet<()>>,
    has_ended: watch::Sender<bool>,
    #[cfg(feature = "http")]
    servers: super::http::Servers,
}

/// Everything that is declared for a point, as one hook: handlers are asked at the same time, hooks one after the other.
#[derive(Debug)]
struct AtPoint(ProjectHooks);

impl HookHost {
    /// Hooks of a project whose root is worked in, with these variables.
    pub fn new(root: impl Into<PathBuf>, variables: BTreeMap<String, String>) -> Self {
        let root = root.into();
        let mode = PermissionMode::Default;
        Self {
            cwd: root.clone(),
            root,
            home: "~".into(),
            variables,
            mode,
            model: String::new(),
            notices: None,
        }
    }
}

impl fmt::Debug for HookHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Variables hold keys.
        f.debug_struct("HookHost").field("root", &self.root).field("cwd", &self.cwd).finish_non_exhaustive()
    }
}

impl ProjectHooks {
    /// Hooks that may run, in the order in which they are declared.
    #[must_use]
    pub fn new(declarations: Vec<HookDeclaration>, mut host: HookHost) -> Self {
        let root = host.root.display().to_string();
        host.variables.insert("CLAUDE_PROJECT_DIR".to_owned(), root.clone());
        host.variables.insert("TAU_PROJECT_DIR".to_owned(), root);
        let inner = Inner {
            declarations,
            host,
            stops: Stops::default(),
            detached: Mutex::default(),
            has_ended: watch::channel(false).0,
            #[cfg(feature = "http")]
            servers: super::http::Servers::default(),
        };
        Self { inner: Arc::new(inner), within: Within::Session }
    }

    /// Waits until hooks of the end of the session have run, at most as long as they may take. They are only told of it, so
    /// a program that ends at once ends them.
    pub async fn ended(&self) {
        let at_end = |declared: &&HookDeclaration| declared.event == HookEvent::SessionEnd;
        let longest = self.inner.declarations.iter().filter(at_end).map(|declared| declared.timeout).max();
        if let Some(longest) = longest {
            let mut has_ended = self.inner.has_ended.subscribe();
            let _ = timeout(longest + ENDING, has_ended.wait_for(|ended| *ended)).await;
        }
    }

    /// Those that can be asked here. Of what kind a subagent is, is known when one is.
    fn declared(&self) -> impl Iterator<Item = &HookDeclaration> {
        let is_subagent = self.within == Within::Subagent;
        self.inner.declarations.iter().filter(move |declared| is_subagent || declared.agent.is_none())
    }

    fn at_point(&self, point: HookPoint) -> impl Iterator<Item = &HookDeclaration> {
        let is_there = move |declared: &&HookDeclaration| declared.event.points(self.within).contains(&point);
        self.declared().filter(is_there)
    }
}

impl Hooks for ProjectHooks {
    fn points(&self) -> BTreeSet<HookPoint> {
        let declared = self.declared();
        let mut points: BTreeSet<HookPoint> =
            declared.flat_map(|declared| declared.event.points(self.within)).copied().collect();
        if self.inner.stops.any() {
            points.insert(HookPoint::BeforeModel);
        }
        points
    }

    fn at(&self, point: HookPoint) -> Vec<RegisteredHook> {
        let is_guarded = self.at_point(point).any(|declared| declared.on_failure == FailurePolicy::Block);
        let is_wanted = self.at_point(point).next().is_some() || point == HookPoint::BeforeModel;
        let policy = if is_guarded { FailurePolicy::Block } else { FailurePolicy::Continue };
        let spec = HookSpec::new("hooks of settings", point).with_timeout(BACKSTOP).with_failure(policy);
        let hook = || RegisteredHook::new(Arc::new(spec), Arc::new(AtPoint(self.clone())));
        is_wanted.then(hook).into_iter().collect()
    }

    fn below(&self, _child: SessionId) -> Arc<dyn Hooks> {
        Arc::new(Self { inner: Arc::clone(&self.inner), within: Within::Subagent })
    }
}

impl Hook for AtPoint {
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>> {
        Box::pin(async move {
            let Self(hooks) = self;
            let inner = &hooks.inner;
            if ask.point == HookPoint::BeforeModel {
                let ends = inner.stops.take(ask.session, ask.run);
                return Ok(
                    ends.map_or_else(HookDecision::default, |why| HookDecision::new(HookVerdict::Deny, why))
                );
            }
            let mut merged = Outcome::default();
            for event in HookEvent::ALL {
                if !event.points(hooks.within).contains(&ask.point) || !is_about(event, ask) {
                    continue;
                }
                let payload = Payload {
                    host: &inner.host,
                    ask,
                    event,
                    is_subagent: hooks.within == Within::Subagent,
                    was_kept: inner.stops.was_kept(ask.session, ask.run),
                };
                merged.join(inner.ask_event(&payload).await);
            }
            if ask.point == HookPoint::SessionStopped {
                inner.has_ended.send_replace(true);
            }
            inner.settle(ask, &mut merged);
            Ok(merged.into_decision())
        })
    }
}

/// Of calls that have ended, each event is about one kind.
fn is_about(event: HookEvent, ask: &HookAsk) -> bool {
    let is_error = ask.result.as_ref().is_some_and(|result| result.is_error);
    match event {
        HookEvent::PostToolUse => !is_error,
        HookEvent::PostToolUseFailure => is_error,
        _ => true,
    }
}

impl Inner {
    /// Does what a decision has no place for: a run that is to end, and one that is kept too often.
    fn settle(&self, ask: &HookAsk, outcome: &mut Outcome) {
        let is_stop = ask.point == HookPoint::BeforeStop;
        if let Some(why) = outcome.stops.take() {
            let why = if why.trim().is_empty() { "A hook ended the run.".to_owned() } else { why };
            let can_deny = matches!(
                ask.point,
                HookPoint::BeforeTool | HookPoint::PermissionRequested | HookPoint::BeforePrompt
            );
            if is_stop {
                outcome.verdict = HookVerdict::Continue;
            } else if can_deny {
                (outcome.verdict, outcome.messages) = (HookVerdict::Deny, vec![why.clone()]);
            }
            if !is_stop && ask.point != HookPoint::BeforePrompt {
                self.stops.end(ask.session, ask.run, why);
            }
        } else if is_stop && outcome.verdict == HookVerdict::Deny && !self.stops.keep(ask.session, ask.run) {
            tracing::warn!(session = %ask.session, "hooks have kept the run from ending too often; it ends");
            outcome.verdict = HookVerdict::Continue;
        }
    }

    /// Asks one handler one thing, in its time.
    pub(super) async fn ask_handler(
        self: &Arc<Self>,
        declaration: &HookDeclaration,
        payload: Vec<u8>,
    ) -> Result<Answer, HookFailure> {
        if declaration.is_detached {
            self.detach(declaration.clone(), payload);
            return Ok(Answer::default());
        }
        timeout(declaration.timeout, self.answer(declaration, payload))
            .await
            .unwrap_or(Err(HookFailure::TimedOut))
    }

    async fn answer(&self, declaration: &HookDeclaration, payload: Vec<u8>) -> Result<Answer, HookFailure> {
        let (event, host) = (declaration.event, &self.host);
        match &declaration.handler {
            HandlerKind::Command(command) => {
                let finished = process::run(command, &host.variables, &host.cwd, payload).await;
                let finished = finished.map_err(|error| {
                    HookFailure::Failed(format!("the command cannot be started: {}", error.kind()))
                })?;
                answer::of_command(event, &finished)
            }
            #[cfg(feature = "http")]
            HandlerKind::Http(handler) => {
                let said = self.servers.ask(handler, &host.variables, payload).await?;
                let answer = answer::of_text(event, &said)?;
                // What a server says in words is context wherever there is any.
                let is_words = !said.trim().is_empty() && !said.trim_start().starts_with('{');
                Ok(if is_words { answer.with_words(event, &said) } else { answer })
            }
            #[cfg(not(feature = "http"))]
            HandlerKind::Http(_) => Err(HookFailure::Lost),
        }
    }

    fn detach(self: &Arc<Self>, declaration: HookDeclaration, payload: Vec<u8>) {
        // A task that held this strongly would keep itself alive.
        let this = Arc::downgrade(self);
        let mut detached = self.detached.lock().unwrap_or_else(PoisonError::into_inner);
        while detached.try_join_next().is_some() {}
        let (handler, variables, cwd) =
            (declaration.clone(), self.host.variables.clone(), self.host.cwd.clone());
        detached.spawn(async move {
            let HandlerKind::Command(command) = &handler.handler else { return };
            let ran = timeout(handler.timeout, process::run(command, &variables, &cwd, payload)).await;
            let failure = match ran {
                Ok(Ok(finished)) if finished.status.success() => return,
                Ok(Ok(finished)) => HookFailure::Failed(finished.status.to_string()),
                Ok(Err(error)) => HookFailure::Failed(error.kind().to_string()),
                Err(_) => HookFailure::TimedOut,
            };
            if let Some(this) = this.upgrade() {
                this.tell(&declaration, &failure.to_string());
            }
        });
    }

    /// Shows people what a hook says.
    pub(super) fn tell(&self, declaration: &HookDeclaration, text: &str) {
        let notice =
            HookNotice { event: declaration.event, hook: declaration.shown(), text: text.trim().to_owned() };
        tracing::info!(event = %notice.event, hook = %notice.hook, text = %notice.text, "a hook says something");
        if let Some(show) = &self.host.notices {
            show(&notice);
        }
    }
}
