//! One session of the world: its journal, its writer and what that has under way.

use std::sync::Arc;

use tau_core::event::{EventBody, HookPoint, HookSubject, SessionConfig};
use tau_core::{RunId, SessionId, ToolCall, ToolCallId};
use tau_runtime::kernel::gate::Gate;
use tau_runtime::kernel::{Effect, State};

use super::wire::Wire;
use crate::audit::Audit;
use crate::journal::Stores;
use crate::kernel::Kernel;

/// A session.
pub(crate) struct Session {
    pub(super) id: SessionId,
    pub(super) kin: Kin,
    pub(super) config: Arc<SessionConfig>,
    /// What the writer committed.
    pub(super) log: Vec<Arc<EventBody>>,
    /// Where appends end.
    pub(super) ends: Vec<usize>,
    pub(super) audit: Audit,
    pub(super) stores: Stores,
    pub(super) epoch: u64,
    /// `None` when nobody took the session up.
    pub(super) writer: Option<Writer>,
    /// The writer before, which does not know that it was replaced.
    pub(super) old: Option<Old>,
    pub(super) wire: Wire,
    /// Every run that was ever submitted, also those that a rewind took back.
    pub(super) submitted: Vec<RunId>,
}

/// Where a session comes from.
#[derive(Debug, Clone)]
pub(super) enum Kin {
    Root,
    Child { parent: usize, prompt: String, run: RunId, depth: u32 },
}

/// Who writes a session.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) kernel: Kernel,
    pub(super) state: State,
    pub(super) gate: Gate,
    pub(super) jobs: Vec<Job>,
    /// Whether a subagent's end was told to its parent.
    pub(super) has_reported: bool,
}

/// A writer that was replaced.
pub(super) struct Old {
    pub(super) writer: Writer,
    pub(super) epoch: u64,
    pub(super) committed: usize,
}

/// Something the kernel asked for, and how far it is.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) what: What,
    pub(super) state: JobState,
    /// The event that must be durable before it begins, unless it may begin at once.
    pub(super) after: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Model { run: RunId, turn: u32 },
    Compact { run: RunId, turn: u32 },
    Tool { call: ToolCall, key: String },
    Child { child: SessionId, call_id: ToolCallId },
    Timer { run: RunId },
    Hooks { point: HookPoint, about: HookSubject },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobState {
    /// It waits in the gate.
    Waiting,
    On,
    /// Told to stop; its answer may come all the same.
    Stopped,
    Ended,
}

impl Job {
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.state, JobState::Waiting | JobState::On)
    }
}

impl What {
    /// What an effect begins; `None` when it stops something.
    pub(super) fn of(effect: &Effect) -> Option<Self> {
        match effect {
            Effect::CallModel { run, turn } => Some(Self::Model { run: *run, turn: *turn }),
            Effect::Compact { run, turn, .. } => Some(Self::Compact { run: *run, turn: *turn }),
            Effect::AskHooks { point, about } => Some(Self::Hooks { point: *point, about: about.clone() }),
            Effect::SetTimer { run, .. } => Some(Self::Timer { run: *run }),
            Effect::RunTool { call, idempotency_key, .. } => {
                Some(Self::Tool { call: call.clone(), key: idempotency_key.clone() })
            }
            Effect::StartSubagent { child, call_id, .. } => {
                Some(Self::Child { child: *child, call_id: call_id.clone() })
            }
            _ => None,
        }
    }

    /// Whether an effect stops it.
    pub(super) fn is_stopped_by(&self, effect: &Effect) -> bool {
        match (self, effect) {
            (Self::Model { .. } | Self::Compact { .. }, Effect::StopModel) => true,
            (Self::Tool { call, .. }, Effect::StopTool { call_id }) => call.id == *call_id,
            (Self::Child { child, .. }, Effect::StopSubagent { child: stopped }) => child == stopped,
            (Self::Timer { .. }, Effect::SetTimer { .. }) => true,
            (Self::Hooks { about, .. }, Effect::StopHooks { about: stopped }) => match (stopped, about) {
                (HookSubject::Session, _) | (HookSubject::Run { .. }, HookSubject::Call { .. }) => true,
                (HookSubject::Run { run }, HookSubject::Turn { run: of, .. }) => run == of,
                _ => stopped == about,
            },
            _ => false,
        }
    }
}

/// The name of an effect.
pub(super) const fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::CallModel { .. } => "call_model",
        Effect::StopModel => "stop_model",
        Effect::Compact { .. } => "compact",
        Effect::SetTimer { .. } => "set_timer",
        Effect::RunTool { .. } => "run_tool",
        Effect::StartSubagent { .. } => "start_subagent",
        Effect::StopSubagent { .. } => "stop_subagent",
        Effect::StopTool { .. } => "stop_tool",
        Effect::AskHooks { .. } => "ask_hooks",
        Effect::StopHooks { .. } => "stop_hooks",
        Effect::TellHooks { .. } => "tell_hooks",
        _ => "unknown",
    }
}
