//! A second opinion: what a session is, judged from its events alone, by code that shares nothing with the kernel.

mod calls;
mod effects;
mod hooks;
mod import;
mod runs;
mod spending;
mod transcript;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tau_core::event::{
    CancelScope, EventBody, HookPoint, HookSubject, PermissionAnswer, PlanAnswer, RunOutcome, SessionConfig,
    Spending, ToolOutcome,
};
use tau_core::{ContentBlock, RunId, SessionId, ToolCall, ToolCallId};

use crate::invariant::{Checked, ensure};

pub(crate) use calls::{CallAudit, Waits};
pub(crate) use spending::ChildAudit;
pub(crate) use transcript::{Transcript, check_paired};

/// What made the kernel decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing did: the event is read from a journal.
    Journal,
    Resume,
    Fork,
    Rewind,
    Other,
}

/// What a session is.
// tidy: struct-fields: what a session is, all of it
#[derive(Debug, Clone, Default)]
pub(crate) struct Audit {
    pub(crate) config: Option<Arc<SessionConfig>>,
    pub(crate) is_closed: bool,
    pub(crate) granted: BTreeSet<String>,
    pub(crate) submitted: Vec<RunId>,
    /// Runs that wait, in order.
    pub(crate) waiting: VecDeque<RunId>,
    /// A run that waits and that somebody just cancelled: its end comes with the cancel.
    cancelled: Option<RunId>,
    pub(crate) finished: BTreeMap<RunId, Finished>,
    pub(crate) on: Option<RunAudit>,
    /// Calls of the newest reply that are not announced yet.
    unannounced: VecDeque<ToolCall>,
    /// Whether the journal ended inside an append, so that what belongs together may stand apart.
    is_torn: bool,
    /// Whether the newest event takes the session up.
    is_taken_up: bool,
    /// A call that somebody just answered, and whose result comes with the answer.
    answered: Option<ToolCallId>,
    /// Calls that had not run when the session was taken up, copied or went back.
    idle: BTreeSet<ToolCallId>,
    /// Whether it was copied or went back, and nothing was asked for since: nothing is on.
    pub(crate) is_settled: bool,
    /// Calls of the newest reply, in order.
    pub(crate) calls: Vec<CallAudit>,
    seen: BTreeSet<ToolCallId>,
    pub(crate) children: BTreeMap<SessionId, ChildAudit>,
    pub(crate) plan: Option<String>,
    proposed: BTreeMap<ToolCallId, Proposal>,
    pub(crate) transcript: Transcript,
    /// Where hooks are asked and told.
    pub(crate) hooked: BTreeSet<HookPoint>,
    /// Where hooks were, at any time.
    ever_hooked: BTreeSet<HookPoint>,
    /// Whether the session has started, and no run has begun since.
    starting: bool,
    /// The run whose prompt hooks let in, until it begins.
    admitted: Option<RunId>,
    /// What hooks decide just now, as the world knows.
    pub(crate) deciding: Option<(HookPoint, HookSubject)>,
    /// Whether the event is read from a journal.
    is_replayed: bool,
}

/// A plan, and what a person made of it.
#[derive(Debug, Clone)]
struct Proposal {
    plan: String,
    accepted: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) outcome: RunOutcome,
    pub(crate) at: u64,
    pub(crate) spent: Spending,
}

/// The run that is on.
// tidy: struct-fields: each is a thing that one rule or another looks at.
#[derive(Debug, Clone)]
pub(crate) struct RunAudit {
    pub(crate) id: RunId,
    pub(crate) turn: u32,
    /// How often the turn that is on was asked.
    tries: u32,
    pub(crate) is_asking: bool,
    may_ask_again: bool,
    /// Whether its newest request failed.
    has_failed: bool,
    pub(crate) is_answered: bool,
    /// Whether a subagent that nobody waited for has reported since the newest request.
    has_news: bool,
    /// The event that announced the newest request.
    pub(crate) requested_at: u64,
    /// What it spent itself.
    pub(crate) own: Spending,
    /// What of it its newest reply or summary took.
    pub(crate) newest: Spending,
    /// What its subagents reported.
    pub(crate) reported: Spending,
    is_out_of_calls: bool,
}

impl Audit {
    /// The session of a journal, whose events were all judged when they happened.
    pub(crate) fn replay(log: &[Arc<EventBody>]) -> Checked<Self> {
        let mut audit = Self::default();
        for place in effective(log, log.len()) {
            audit.event(place as u64 + 1, &log[place], Cause::Journal)?;
        }
        // Also those that a rewind took back: their results may still come.
        audit.seen.extend(
            log.iter()
                .flat_map(|event| match &**event {
                    EventBody::ModelReplied { response, .. } => calls_of(&response.content),
                    EventBody::HistoryImported { messages } => {
                        messages.iter().flat_map(|message| calls_of(&message.content)).collect()
                    }
                    _ => VecDeque::new(),
                })
                .map(|call| call.id),
        );
        Ok(audit)
    }

    /// Takes an event in.
    pub(crate) fn event(&mut self, seq: u64, event: &EventBody, cause: Cause) -> Checked {
        self.is_replayed = cause == Cause::Journal;
        self.check_together(event)?;
        match event {
            EventBody::SessionCreated(config) => {
                ensure!(self.config.is_none(), Grammar, "created twice");
                self.config = Some(Arc::new((**config).clone()));
                self.starting = true;
            }
            EventBody::SessionForked { .. } => {
                self.is_closed = false;
                (self.is_settled, self.starting) = (true, true);
            }
            EventBody::Rewound { .. } => (self.is_settled, self.starting) = (true, false),
            EventBody::HistoryImported { messages } => self.imported(messages)?,
            EventBody::SessionUpdated { .. } => {
                ensure!(self.config.is_some() && !self.is_closed, Grammar, "described, and not open");
            }
            EventBody::SessionClosed => {
                ensure!(self.on.is_none() && self.waiting.is_empty(), Cancel, "closed with work on");
                self.is_closed = true;
            }
            EventBody::PromptSubmitted { run, .. } => {
                ensure!(!self.submitted.contains(run), Prompt, "{run} was submitted before");
                self.submitted.push(*run);
                self.waiting.push_back(*run);
                self.is_settled = false;
            }
            EventBody::RunStarted { run } => self.run_started(*run)?,
            EventBody::RunFinished { run, outcome } => self.run_finished(seq, *run, outcome)?,
            EventBody::ModelRequested { run, turn } => self.model_requested(seq, *run, *turn)?,
            EventBody::ModelReplied { turn, response } => self.model_replied(*turn, response)?,
            EventBody::ModelFailed { turn, failure } => self.model_failed(*turn, failure)?,
            EventBody::Compacted { usage, .. } => {
                ensure!(self.open_calls().next().is_none(), Pairing, "compacted while calls are open");
                self.spend(usage.unwrap_or_default());
            }
            EventBody::SubagentStarted { call_id, child, budget, background } => {
                self.child_started(call_id, *child, *budget, *background)?;
            }
            EventBody::SubagentFinished { child, spent, .. } => self.child_finished(*child, *spent)?,
            EventBody::CancelRequested { scope: CancelScope::QueuedRun { run } } => {
                ensure!(self.waiting.contains(run), Cancel, "{run} is cancelled, and does not wait");
                self.cancelled = Some(*run);
            }
            EventBody::HooksSet { .. } | EventBody::HooksAsked { .. } | EventBody::HooksDecided { .. } => {
                self.hook_event(seq, event, cause)?;
            }
            EventBody::SessionResumed => self.starting = true,
            EventBody::ContextInjected { .. } | EventBody::CancelRequested { .. } => {}
            _ => self.call_event(seq, event, cause)?,
        }
        self.is_taken_up = matches!(event, EventBody::SessionResumed);
        self.transcript.event(seq, event, self.plan.as_deref())
    }

    /// A reply and its calls are one append, and so are an answer and its result, and the cancel of a run that waits
    /// and its end: nothing comes between, unless the journal ended there.
    fn check_together(&mut self, event: &EventBody) -> Checked {
        let is_torn = matches!(
            event,
            EventBody::SessionResumed | EventBody::SessionForked { .. } | EventBody::Rewound { .. }
        );
        if let Some(id) = self.answered.take() {
            let is_result = matches!(event, EventBody::ToolFinished { result, .. } if result.call_id == id);
            ensure!(
                is_result || is_torn,
                Grammar,
                "{} comes between the answer to {id} and its result",
                event.kind()
            );
        }
        if let Some(run) = self.cancelled {
            let is_end = matches!(event, EventBody::RunFinished { run: ended, .. } if *ended == run);
            ensure!(
                is_end || is_torn,
                Cancel,
                "{} comes between the cancel of {run} and its end",
                event.kind()
            );
            self.cancelled = self.cancelled.filter(|_| !is_torn);
        }
        if self.unannounced.is_empty() && !matches!(event, EventBody::ToolRequested { .. }) {
            self.is_torn = false;
        }
        if is_torn {
            self.is_torn = true;
            let idle = self.open_calls().filter(|call| call.waits.is_some() || self.is_held(call));
            self.idle = idle.map(|call| call.call.id.clone()).collect();
        }
        let is_fine =
            self.unannounced.is_empty() || self.is_torn || matches!(event, EventBody::ToolRequested { .. });
        ensure!(is_fine, Grammar, "{} comes between a reply and its calls", event.kind());
        Ok(())
    }

    fn decide_plan(&mut self, call_id: &ToolCallId, answer: &PlanAnswer) {
        let Some(proposal) = self.proposed.get_mut(call_id) else { return };
        proposal.accepted = match answer {
            PlanAnswer::Approve => Some(proposal.plan.clone()),
            PlanAnswer::Edit { plan } => Some(plan.clone()),
            _ => None,
        };
    }

    /// A plan is in force once its call has succeeded: until then the answer may change, after a crash.
    fn end_plan(&mut self, call_id: &ToolCallId, outcome: ToolOutcome) {
        let proposal = self.proposed.remove(call_id);
        let accepted = proposal.and_then(|proposal| proposal.accepted);
        if let Some(plan) = accepted.filter(|_| outcome == ToolOutcome::Succeeded) {
            self.plan = Some(plan);
        }
    }

    fn grant(&mut self, tool: String, answer: &PermissionAnswer) {
        if *answer == PermissionAnswer::AllowAlways {
            self.granted.insert(tool);
        }
    }
}

/// The calls of a message.
fn calls_of(content: &[ContentBlock]) -> VecDeque<ToolCall> {
    let calls = content.iter().filter_map(|block| match block {
        ContentBlock::ToolCall(call) => Some(call.clone()),
        _ => None,
    });
    calls.collect()
}

/// The places of the events that count, of the first `end`: a rewind goes back to what counted at its place.
pub(crate) fn effective(log: &[Arc<EventBody>], end: usize) -> Vec<usize> {
    let rewind = log[..end].iter().enumerate().rev().find_map(|(place, event)| match **event {
        EventBody::Rewound { to } => Some((place, usize::try_from(to.0).unwrap_or(usize::MAX))),
        _ => None,
    });
    match rewind {
        Some((place, to)) => {
            let mut places = effective(log, to.min(place));
            places.extend(place..end);
            places
        }
        None => (0..end).collect(),
    }
}
