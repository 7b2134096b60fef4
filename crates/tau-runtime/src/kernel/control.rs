//! The control part of the state: where the loop stands. Small, whatever the length of the conversation.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tau_core::event::{EventBody, PermissionAnswer, SessionConfig};
use tau_core::{ContentBlock, EffectClass, Money, RunId, TokenUsage, ToolCall, ToolCallId};
use tau_tools::PermissionPolicy;

/// Where the loop stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Control {
    config: Option<Arc<SessionConfig>>,
    closed: bool,
    queue: VecDeque<RunId>,
    run: Option<Run>,
    /// Tools that someone allowed for the rest of the session.
    granted: BTreeSet<String>,
}

/// The run that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    /// The turn that is on, from 1; 0 before the first request.
    pub(crate) turn: u32,
    /// Whether the model is being asked.
    pub(crate) asking: bool,
    /// Whether the newest reply calls no tools, so that nothing is left to do.
    pub(crate) answered: bool,
    /// How often this turn's answer broke off.
    pub(crate) broken_off: u32,
    /// Calls of the newest reply, in order.
    pub(crate) calls: Vec<Call>,
    pub(crate) spent: Spent,
}

/// What a run has spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spent {
    pub(crate) usage: TokenUsage,
    pub(crate) cost: Money,
    pub(crate) tool_calls: u32,
}

/// A call of the newest reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) call: Arc<ToolCall>,
    pub(crate) effect: EffectClass,
    pub(crate) state: CallState,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallState {
    /// It may run, and so may have run, unless it is [held](Run::is_held).
    Running,
    /// It waits for permission, and has not run.
    Asked,
    /// Its result is in.
    Finished,
}

impl Run {
    fn new(id: RunId) -> Self {
        Self {
            id,
            turn: 0,
            asking: false,
            answered: false,
            broken_off: 0,
            calls: Vec::new(),
            spent: Spent::default(),
        }
    }

    pub(crate) fn call(&self, id: &ToolCallId) -> Option<&Call> {
        self.calls.iter().find(|call| call.call.id == *id)
    }

    /// Calls without a result, in order.
    pub(crate) fn open_calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.state != CallState::Finished)
    }

    pub(crate) fn calls_to_ask(&self) -> impl Iterator<Item = &ToolCallId> {
        self.calls.iter().filter(|call| call.state == CallState::Asked).map(|call| &call.call.id)
    }

    /// Whether a call that may run waits for an earlier one that is still asked about: calls that change things
    /// take effect in the order the model made them. A call that is held has not run.
    pub(crate) fn is_held(&self, id: &ToolCallId) -> bool {
        let holds = |call: &Call| call.state == CallState::Asked && call.effect != EffectClass::Pure;
        let before = self.calls.iter().take_while(|call| call.call.id != *id);
        let is_pure = self.call(id).is_none_or(|call| call.effect == EffectClass::Pure);
        !is_pure && before.into_iter().any(holds)
    }

    /// Calls that have not run yet: asked about, or held.
    pub(crate) fn waiting_calls(&self) -> BTreeSet<ToolCallId> {
        let waits = |call: &&Call| {
            call.state == CallState::Asked || call.state == CallState::Running && self.is_held(&call.call.id)
        };
        self.calls.iter().filter(waits).map(|call| call.call.id.clone()).collect()
    }

    fn set(&mut self, id: &ToolCallId, state: CallState) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.call.id == *id) {
            call.state = state;
        }
    }
}

impl Control {
    pub(crate) fn is_open(&self) -> bool {
        self.config.is_some() && !self.closed
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn config(&self) -> Option<&SessionConfig> {
        self.config.as_deref()
    }

    pub(crate) fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    pub(crate) fn queue(&self) -> &VecDeque<RunId> {
        &self.queue
    }

    /// The rules in force: those of the session, and what people granted since.
    pub(crate) fn policy(&self) -> PermissionPolicy {
        let mut policy =
            self.config().map(|config| PermissionPolicy::new(&config.permissions)).unwrap_or_default();
        self.granted.iter().for_each(|tool| policy.allow_always(tool));
        policy
    }

    /// What may be repeated after a crash; the strictest for a tool that the session does not have.
    pub(crate) fn effect_class(&self, tool: &str) -> EffectClass {
        let tools = self.config().map_or(&[][..], |config| &config.tools);
        tools.iter().find(|spec| spec.definition.name == tool).map(|spec| spec.effect).unwrap_or_default()
    }

    pub(crate) fn has_tool(&self, tool: &str) -> bool {
        self.config().is_some_and(|config| config.tools.iter().any(|spec| spec.definition.name == tool))
    }

    /// Takes the next event in.
    pub(crate) fn apply(&mut self, event: &EventBody) {
        match event {
            EventBody::SessionCreated(config) => self.config = Some(Arc::new((**config).clone())),
            EventBody::SessionClosed => self.closed = true,
            EventBody::PromptSubmitted { run, .. } => self.queue.push_back(*run),
            EventBody::RunStarted { run } => {
                self.queue.retain(|queued| queued != run);
                self.run = Some(Run::new(*run));
            }
            EventBody::RunFinished { .. } => self.run = None,
            other => {
                let prices = self.config.as_ref().and_then(|config| config.prices.as_ref());
                if let Some(run) = &mut self.run {
                    if let Some(usage) = usage_of(other) {
                        run.spent.usage += usage;
                        run.spent.cost += prices.map(|prices| prices.cost(&usage)).unwrap_or_default();
                    }
                    run.apply(other);
                }
                self.grant(other);
            }
        }
    }

    fn grant(&mut self, event: &EventBody) {
        if let EventBody::PermissionAnswered { call_id, answer: PermissionAnswer::AllowAlways } = event
            && let Some(call) = self.run.as_ref().and_then(|run| run.call(call_id))
        {
            self.granted.insert(call.call.name.clone());
        }
    }
}

/// What an event says a model took.
fn usage_of(event: &EventBody) -> Option<TokenUsage> {
    match event {
        EventBody::ModelReplied { response, .. } => response.usage,
        EventBody::Compacted { usage, .. } => *usage,
        EventBody::SubagentFinished { usage, .. } => Some(*usage),
        _ => None,
    }
}

impl Run {
    fn apply(&mut self, event: &EventBody) {
        match event {
            EventBody::ModelRequested { turn, .. } => {
                self.broken_off = if *turn == self.turn { self.broken_off } else { 0 };
                self.turn = *turn;
                self.asking = true;
                self.answered = false;
                self.calls.clear();
            }
            EventBody::ModelReplied { response, .. } => {
                self.asking = false;
                self.answered =
                    !response.content.iter().any(|block| matches!(block, ContentBlock::ToolCall(_)));
            }
            EventBody::ModelFailed { .. } => {
                self.asking = false;
                self.broken_off += 1;
            }
            EventBody::ToolRequested { call, effect, .. } => {
                self.spent.tool_calls += 1;
                self.calls.push(Call {
                    call: Arc::new(call.clone()),
                    effect: *effect,
                    state: CallState::Running,
                });
            }
            EventBody::PermissionRequested { call_id, .. } => self.set(call_id, CallState::Asked),
            EventBody::PermissionAnswered { call_id, .. } => self.set(call_id, CallState::Running),
            EventBody::ToolFinished { result, .. } => self.set(&result.call_id, CallState::Finished),
            _ => {}
        }
    }
}
