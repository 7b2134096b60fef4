//! Hooks at work: each question is a task, and what is only told goes through a queue of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::event::{EventBody, HookDecision, HookPoint, HookSubject, HookVerdict, Seq};
use tau_core::{ContentBlock, Role};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinSet};

use super::Session;
use crate::hooks::{HookAsk, HookHealth, Hooks, ask_all, can_deny, tell_all};
use crate::kernel::gate::holds;
use crate::kernel::{Input, State};

/// What hooks are told waits in a queue of so many; of more, the newest are lost. Nothing waits for them.
const TOLD: usize = 64;

/// What is asked: where, and what about.
type Question = (HookPoint, HookSubject);

/// What hooks are asked and told.
#[derive(Debug)]
pub(super) struct Asked {
    hooks: Option<Arc<dyn Hooks>>,
    health: HookHealth,
    running: JoinSet<HookDecision>,
    questions: BTreeMap<Id, (Question, AbortHandle)>,
    /// There once something was told.
    told: Option<mpsc::Sender<HookAsk>>,
}

impl Asked {
    pub(super) fn new(hooks: Option<Arc<dyn Hooks>>, health: HookHealth) -> Self {
        Self { hooks, health, running: JoinSet::new(), questions: BTreeMap::new(), told: None }
    }

    pub(super) fn any_asked(&self) -> bool {
        !self.running.is_empty()
    }

    /// Asks in a task of its own. Where there are no hooks any more, nobody has anything against it.
    fn ask(&mut self, ask: HookAsk) {
        let question = (ask.point, ask.about.clone());
        let (hooks, health) = (self.hooks.clone(), self.health.clone());
        let task = self.running.spawn(async move {
            match hooks {
                Some(hooks) => ask_all(&*hooks, ask, &health).await,
                None => HookDecision::default(),
            }
        });
        self.questions.insert(task.id(), (question, task));
    }

    /// Nobody waits any more for what is asked about something. What hooks have started is ended with their future.
    pub(super) fn stop(&mut self, about: &HookSubject) {
        self.questions.retain(|_, ((_, asked), task)| {
            let is_over = holds(about, asked);
            if is_over {
                task.abort();
            }
            !is_over
        });
    }

    /// Tells, and does not wait.
    fn tell(&mut self, ask: HookAsk) {
        let Some(hooks) = &self.hooks else { return };
        let told = self.told.get_or_insert_with(|| {
            let (sender, mut waiting) = mpsc::channel::<HookAsk>(TOLD);
            let (hooks, health) = (Arc::clone(hooks), self.health.clone());
            // It outlives the session, whose end is told too; each hook has its time limit.
            tokio::spawn(async move {
                while let Some(ask) = waiting.recv().await {
                    tell_all(&*hooks, ask, &health).await;
                }
            });
            sender
        });
        if let Err(error) = told.try_send(ask) {
            tracing::warn!(%error, "hooks were not told of something: they are too slow");
        }
    }

    /// The next decision.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            let (task, decision) = match self.running.join_next_with_id().await {
                Some(Ok((task, decision))) => (task, Some(decision)),
                // One that was stopped; a crash of a hook is caught there.
                Some(Err(error)) => (error.id(), None),
                None => return std::future::pending().await,
            };
            if let Some(((point, about), _)) = self.questions.remove(&task) {
                let decision = decision.unwrap_or_else(|| crashed(point));
                return Input::HooksDecided { point, about, decision: Box::new(decision) };
            }
        }
    }

    /// Stops every question, and waits until its task is gone.
    pub(super) async fn shutdown(&mut self) {
        self.running.shutdown().await;
    }
}

impl Session {
    /// Sees to it that the kernel knows where hooks are wanted now.
    pub(super) fn heed_hooks(&mut self) {
        let Some(hooks) = &self.hooks.hooks else {
            // A journal may say that there were some.
            if !self.state.hook_points().is_empty() && !self.state.is_closed() {
                let _ = self.decide(Input::SetHooks { points: Default::default() });
            }
            return;
        };
        let points = hooks.points();
        let is_new = points != *self.state.hook_points();
        if is_new && self.state.config().is_some() && !self.state.is_closed() {
            // An open session takes it.
            let _ = self.decide(Input::SetHooks { points });
        }
    }

    pub(super) fn ask_hooks(&mut self, point: HookPoint, about: HookSubject) {
        let mut ask = self.hook_ask(point, about);
        fill(&mut ask, &self.state);
        self.hooks.ask(ask);
    }

    pub(super) fn tell_hooks(&mut self, point: HookPoint, seq: Seq) {
        let mut ask = self.hook_ask(point, HookSubject::Session);
        ask.seq = seq;
        let told = self.log.event(seq).and_then(|event| told_of(&event.body, &self.state));
        if let Some(told) = told {
            (ask.call, ask.content) = told;
            self.hooks.tell(ask);
        }
    }

    /// Tells hooks that the session ends, whatever ended it.
    pub(super) fn tell_stopped(&mut self) {
        if self.state.hook_points().contains(&HookPoint::SessionStopped) {
            let ask = self.hook_ask(HookPoint::SessionStopped, HookSubject::Session);
            self.hooks.tell(ask);
        }
    }

    fn hook_ask(&self, point: HookPoint, about: HookSubject) -> HookAsk {
        let mut ask = HookAsk::new(point, self.id, about);
        (ask.epoch, ask.seq, ask.run) = (self.epoch, self.state.seq(), self.state.active_run());
        ask.metadata = self.log.metadata();
        ask
    }
}

/// What is decided where asking hooks crashed: nobody knows what a guard would have said.
fn crashed(point: HookPoint) -> HookDecision {
    // A run that may not stop goes on for ever.
    if can_deny(point) && point != HookPoint::BeforeStop {
        HookDecision::new(HookVerdict::Deny, "The hooks crashed.")
    } else {
        HookDecision::default()
    }
}

/// Adds what a question is about.
fn fill(ask: &mut HookAsk, state: &State) {
    match &ask.about {
        HookSubject::Run { run } => {
            (ask.run, ask.content) = (Some(*run), state.history().prompt(*run).unwrap_or_default().to_vec());
        }
        HookSubject::Turn { .. } if ask.point == HookPoint::BeforeStop => ask.content = last_words(state),
        HookSubject::Call { call_id } => {
            let Some((call, effect)) = state.call(call_id) else { return };
            ask.effect = effect;
            if ask.point == HookPoint::BeforeSubagent {
                let prompt = call
                    .arguments
                    .value()
                    .ok()
                    .and_then(|value| Some(value.get("prompt")?.as_str()?.to_owned()));
                ask.content = prompt.map(ContentBlock::text).into_iter().collect();
            }
            if matches!(ask.point, HookPoint::AfterTool | HookPoint::AfterSubagent) {
                ask.result = state.history().result(call_id).cloned();
            }
            ask.call = Some(call.clone());
        }
        _ => {}
    }
}

/// What the model said last.
fn last_words(state: &State) -> Vec<ContentBlock> {
    let said = state.history().messages().iter().rev().find(|message| message.role == Role::Assistant);
    said.map(|message| message.content.to_vec()).unwrap_or_default()
}

/// What an event that hooks are told of is about; `None` where it is about a call that is gone, so that nobody can tell
/// whose business it was.
fn told_of(event: &EventBody, state: &State) -> Option<(Option<tau_core::ToolCall>, Vec<ContentBlock>)> {
    let of_call = |id, text: &String| {
        let (call, _) = state.call(id)?;
        Some((Some(call.clone()), vec![ContentBlock::text(text.clone())]))
    };
    match event {
        EventBody::ModelReplied { response, .. } => Some((None, response.content.to_vec())),
        EventBody::PermissionRequested { call_id, reason } => of_call(call_id, reason),
        EventBody::QuestionAsked { call_id, text, .. } => of_call(call_id, text),
        EventBody::PlanProposed { call_id, plan } => of_call(call_id, plan),
        _ => Some((None, Vec::new())),
    }
}
