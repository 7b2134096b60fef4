//! The run that is on, and the calls of its newest reply.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tau_core::event::{
    EventBody, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, PermissionAnswer, Spending,
    ToolKind,
};
use tau_core::{ContentBlock, EffectClass, RunId, ToolCall, ToolCallId};

/// The run that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    /// The turn that is on, from 1; 0 before the first request.
    pub(crate) turn: u32,
    pub(crate) phase: Phase,
    /// How often this turn's answer broke off.
    pub(crate) broken_off: u32,
    /// Calls of the newest reply, in order.
    pub(crate) calls: Vec<Call>,
    /// What it has spent, with its subagents.
    pub(crate) spent: Spending,
    /// Tool calls of `spent` when the newest was announced. What subagents report later does not undo what was let run.
    pub(crate) announced: u32,
    /// Whether the history was made shorter since the newest request.
    #[serde(default)]
    pub(crate) compacted: bool,
    /// How many subagents it has started.
    #[serde(default)]
    pub(crate) subagents: u32,
    /// Whether a subagent that nobody waited for has reported since the newest request.
    #[serde(default)]
    pub(crate) has_news: bool,
}

/// Where a run stands with the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// It was not asked yet.
    Begun,
    /// It is being asked.
    Asking,
    /// Its answer broke off, or did not come.
    Failed,
    /// It called tools, or there is something new for it to read.
    Acting,
    /// It called no tools, so that nothing is left to do but to wait for subagents.
    Answered,
}

/// A call of the newest reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) call: Arc<ToolCall>,
    pub(crate) kind: ToolKind,
    pub(crate) effect: EffectClass,
    pub(crate) state: CallState,
    /// Whether a person, or hooks in their place, let it run.
    pub(crate) allowed: bool,
    /// Whether anybody, a person or hooks, was asked whether it may run, or it asks a person itself.
    pub(crate) asked_about: bool,
    /// What makes a repetition recognisable to whoever runs it.
    pub(crate) idempotency_key: Arc<str>,
    /// Where hooks are to decide about it before it goes on or, once it is finished, before the model reads its result.
    #[serde(default)]
    pub(crate) awaits: Option<HookPoint>,
    /// What hooks said of asking a person, and why.
    #[serde(default)]
    pub(crate) ruling: Option<(HookVerdict, String)>,
    /// Whether hooks changed its arguments.
    #[serde(default)]
    pub(crate) changed: bool,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallState {
    /// It may run, and so may have run, unless it is [held](Run::is_held).
    Running,
    /// It waits for a person, and has not run.
    Waiting(WaitsFor),
    /// Its result is in.
    Finished,
}

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitsFor {
    /// Whether it may run.
    Permission,
    /// The answer to its question.
    Answer,
    /// The decision about its plan.
    Decision,
    /// What hooks decide.
    Hooks,
}

impl Call {
    /// Whether later calls that change things wait for this one. Questions and plans are asked because the answer
    /// matters for what follows.
    fn holds(&self) -> bool {
        match self.state {
            CallState::Waiting(WaitsFor::Permission) => self.effect != EffectClass::Pure,
            CallState::Waiting(WaitsFor::Hooks) => self.effect != EffectClass::Pure || self.asks_a_person(),
            CallState::Waiting(_) => true,
            _ => false,
        }
    }

    /// Whether it needs no event to be durable before it runs. That somebody let it run has to be.
    pub(super) const fn begins_at_once(&self) -> bool {
        matches!(self.effect, EffectClass::Pure) && !self.asked_about
    }

    const fn asks_a_person(&self) -> bool {
        matches!(self.kind, ToolKind::AskUser | ToolKind::ProposePlan)
    }

    /// Takes in what hooks decided before it runs. A denial is in force with the result: where a journal ends between the
    /// two, hooks are asked again.
    fn judged(&mut self, point: HookPoint, decision: &HookDecision, hooked: &BTreeSet<HookPoint>) {
        if self.awaits != Some(point) {
            return;
        }
        if self.state == CallState::Finished {
            self.awaits = None;
            return;
        }
        if decision.verdict == HookVerdict::Deny {
            return;
        }
        if let Some(HookChange::Arguments { arguments }) = &decision.change {
            Arc::make_mut(&mut self.call).arguments = arguments.clone();
            self.changed = true;
        }
        let is_stronger = self.ruling.as_ref().is_none_or(|(known, _)| decision.verdict > *known);
        if point == HookPoint::PermissionRequested {
            self.allowed = true;
        } else if decision.verdict != HookVerdict::Continue && is_stronger {
            self.ruling = Some((decision.verdict, decision.message.clone()));
        }
        let next = (point == HookPoint::BeforeTool && self.kind == ToolKind::Subagent)
            .then_some(HookPoint::BeforeSubagent);
        self.awaits = next.filter(|next| hooked.contains(next));
        if self.awaits.is_none() {
            self.state = CallState::Running;
        }
    }
}

impl Run {
    pub(super) fn new(id: RunId) -> Self {
        Self {
            id,
            turn: 0,
            phase: Phase::Begun,
            broken_off: 0,
            calls: Vec::new(),
            spent: Spending::default(),
            announced: 0,
            compacted: false,
            subagents: 0,
            has_news: false,
        }
    }

    pub(crate) fn call(&self, id: &ToolCallId) -> Option<&Call> {
        self.calls.iter().find(|call| call.call.id == *id)
    }

    /// Calls without a result, in order.
    pub(crate) fn open_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.state != CallState::Finished)
    }

    /// Whether every call has its result, and hooks have seen those that they are to see.
    pub(crate) fn is_settled(&self) -> bool {
        self.calls.iter().all(|call| call.state == CallState::Finished && call.awaits.is_none())
    }

    /// Calls whose result hooks are to see before the model does, in order, and where.
    pub(crate) fn calls_awaiting_after(&self) -> impl Iterator<Item = (HookPoint, &Call)> {
        let finished = self.calls.iter().filter(|call| call.state == CallState::Finished);
        finished.filter_map(|call| call.awaits.map(|point| (point, call)))
    }

    /// Whether a call that may run waits for an earlier one that a person is asked about: calls that change things
    /// take effect in the order the model made them. A call that is held has not run.
    pub(crate) fn is_held(&self, id: &ToolCallId) -> bool {
        let mut before = self.calls.iter().take_while(|call| call.call.id != *id);
        let is_pure = self.call(id).is_none_or(|call| call.effect == EffectClass::Pure);
        !is_pure && before.any(Call::holds)
    }

    /// Calls that have not run yet: waiting for a person, or held.
    pub(crate) fn waiting_calls(&self) -> BTreeSet<ToolCallId> {
        let waits = |call: &&Call| match call.state {
            CallState::Waiting(_) => true,
            CallState::Running => self.is_held(&call.call.id),
            CallState::Finished => false,
        };
        self.calls.iter().filter(waits).map(|call| call.call.id.clone()).collect()
    }

    fn set(&mut self, id: &ToolCallId, state: CallState) {
        // A result is the last word on a call.
        let open =
            self.calls.iter_mut().find(|call| call.call.id == *id && call.state != CallState::Finished);
        if let Some(call) = open {
            (call.state, call.awaits) = (state, None);
            call.asked_about |= matches!(state, CallState::Waiting(_));
        }
    }

    /// A subagent that nobody waited for has reported, which the model is to read.
    pub(super) const fn hear(&mut self) {
        self.has_news = true;
        if matches!(self.phase, Phase::Answered) {
            self.phase = Phase::Acting;
        }
    }

    /// Takes the next event in. `kind` tells what a call of a tool means, and `hooked` where hooks are asked.
    pub(super) fn apply(
        &mut self,
        event: &EventBody,
        kind: impl Fn(&str) -> ToolKind,
        hooked: &BTreeSet<HookPoint>,
    ) {
        match event {
            EventBody::ModelRequested { turn, .. } => {
                let is_again = *turn == self.turn;
                self.broken_off = if is_again { self.broken_off } else { 0 };
                self.spent.turns += u32::from(!is_again);
                self.turn = *turn;
                self.phase = Phase::Asking;
                (self.compacted, self.has_news) = (false, false);
                self.calls.clear();
            }
            EventBody::ModelReplied { response, .. } => {
                let calls = response.content.iter().any(|block| matches!(block, ContentBlock::ToolCall(_)));
                // A model that has not read all there is to read has not had its last word.
                self.phase = if calls || self.has_news { Phase::Acting } else { Phase::Answered };
            }
            EventBody::ModelFailed { .. } => {
                self.phase = Phase::Failed;
                self.broken_off += 1;
            }
            EventBody::ToolRequested { call, effect, idempotency_key, .. } => {
                self.spent.tool_calls += 1;
                self.announced = self.spent.tool_calls;
                let kind = kind(&call.name);
                let subagent = (kind == ToolKind::Subagent).then_some(HookPoint::BeforeSubagent);
                let mut asked = [Some(HookPoint::BeforeTool), subagent].into_iter().flatten();
                let awaits = asked.find(|point| hooked.contains(point));
                self.calls.push(Call {
                    kind,
                    call: Arc::new(call.clone()),
                    effect: *effect,
                    state: awaits.map_or(CallState::Running, |_| CallState::Waiting(WaitsFor::Hooks)),
                    allowed: false,
                    asked_about: awaits.is_some(),
                    idempotency_key: idempotency_key.as_str().into(),
                    awaits,
                    ruling: None,
                    changed: false,
                });
            }
            EventBody::HooksAsked { point, call_id } => {
                self.set(call_id, CallState::Waiting(WaitsFor::Hooks));
                let call = self.calls.iter_mut().find(|call| call.call.id == *call_id);
                if let Some(call) = call.filter(|call| call.state != CallState::Finished) {
                    call.awaits = Some(*point);
                }
            }
            EventBody::HooksDecided { point, about: HookSubject::Call { call_id }, decision } => {
                let call = self.calls.iter_mut().find(|call| call.call.id == *call_id);
                if let Some(call) = call {
                    call.judged(*point, decision, hooked);
                }
            }
            EventBody::HooksDecided { point: HookPoint::AfterCompaction, .. } => self.compacted = false,
            // There is more to do.
            EventBody::HooksDecided { point: HookPoint::BeforeStop, .. } => self.phase = Phase::Acting,
            EventBody::Compacted { .. } => self.compacted = hooked.contains(&HookPoint::AfterCompaction),
            EventBody::PermissionRequested { call_id, .. } => {
                self.set(call_id, CallState::Waiting(WaitsFor::Permission));
            }
            EventBody::QuestionAsked { call_id, .. } => {
                self.set(call_id, CallState::Waiting(WaitsFor::Answer));
            }
            EventBody::PlanProposed { call_id, .. } => {
                self.set(call_id, CallState::Waiting(WaitsFor::Decision));
            }
            // Any other answer comes with the result of its call. Where a journal ends between the two, the call goes on
            // waiting.
            EventBody::PermissionAnswered {
                call_id,
                answer: PermissionAnswer::Allow | PermissionAnswer::AllowAlways,
            } => {
                self.set(call_id, CallState::Running);
                self.calls
                    .iter_mut()
                    .filter(|call| call.call.id == *call_id)
                    .for_each(|call| call.allowed = true);
            }
            EventBody::ToolFinished { result, .. } => self.set(&result.call_id, CallState::Finished),
            _ => {}
        }
    }
}
