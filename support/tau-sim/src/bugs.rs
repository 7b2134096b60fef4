//! Deliberate mistakes, each of which the simulation must catch: a check that never fails proves nothing.
//!
//! A mistake stands around the kernel, not in it: it changes what goes in or comes out, or how a journal is folded.

mod hooks;
mod memory;
mod people;

use std::fmt;
use std::sync::Arc;

use tau_core::event::EventBody;
use tau_runtime::kernel::State;

pub(crate) use memory::Memory;

macro_rules! bugs {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// A deliberate mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Bug {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, as `--bug` takes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

bugs! {
    /// An at-most-once call that may have run runs again after a crash.
    RunsAgain = "runs-again",
    /// A call that was cancelled has no result.
    ForgetsCancelled = "forgets-cancelled",
    /// Effects start before they are acknowledged.
    StartsBeforeAck = "starts-before-ack",
    /// A late result of a tool is taken.
    TakesLate = "takes-late",
    /// Context that is injected while a run is on is lost.
    LosesInjected = "loses-injected",
    /// A queued prompt runs twice.
    RunsPromptTwice = "runs-prompt-twice",
    /// One turn more than the budget allows.
    OneTurnMore = "one-turn-more",
    /// A subagent goes on when its call is cancelled.
    LeavesSubagent = "leaves-subagent",
    /// A subagent gets the whole budget of its parent.
    WholeBudget = "whole-budget",
    /// A subagent is not bound by its parent's permissions.
    WiderChild = "wider-child",
    /// A compaction cuts between a call and its result.
    TornCompaction = "torn-compaction",
    /// A compaction drops the plan.
    DropsPlan = "drops-plan",
    /// Calls that were held start out of order.
    OutOfOrder = "out-of-order",
    /// A writer that was fenced goes on.
    FencedGoesOn = "fenced-goes-on",
    /// Ids that a model uses again stay as they are.
    ReusesIds = "reuses-ids",
    /// A rewind keeps what it took back.
    KeepsUndone = "keeps-undone",
    /// A fork runs the open calls of its source.
    ForkRuns = "fork-runs",
    /// A call that was denied runs.
    RunsDenied = "runs-denied",
    /// A call has two results.
    AnswersTwice = "answers-twice",
    /// A call that is repeated has another key.
    NewKey = "new-key",
    /// The instructions change when a session is taken up.
    ChangesInstructions = "changes-instructions",
    /// The live state overlooks an event.
    Overlooks = "overlooks",
    /// The model is asked before the last result is in.
    AsksEarly = "asks-early",
    /// A prompt that waits is lost when the session is taken up.
    LosesQueued = "loses-queued",
    /// The model is not asked when a session is taken up.
    NeverAsks = "never-asks",
    /// A tool goes on when its run is cancelled.
    LeavesTool = "leaves-tool",
    /// What a session has under way when it is taken up runs without being judged.
    RunsUnjudged = "runs-unjudged",
    /// What a rewind or fork left under way is not ended when its session is taken up.
    ForgetsToSettle = "forgets-to-settle",
    /// A run that was cancelled while it waited starts all the same.
    StartsCancelled = "starts-cancelled",
    /// The prompt of a run that was cancelled while it waited is told the model.
    TellsCancelled = "tells-cancelled",
    /// Another run that waits is cancelled in place of the one that was named.
    CancelsOther = "cancels-other",
    /// A conversation is taken after the session has begun.
    ImportsLate = "imports-late",
    /// A conversation is taken that is none.
    ImportsFlawed = "imports-flawed",
    /// The end of an imported conversation is lost.
    ShortensImported = "shortens-imported",
    /// The ids of imported calls are used again.
    ForgetsImported = "forgets-imported",
    /// What the session is found by is told the model.
    TellsMetadata = "tells-metadata",
    /// The end of a subagent is told before the result of its call.
    ReportsFirst = "reports-first",
    /// A call runs while hooks are asked about it.
    RunsUndecided = "runs-undecided",
    /// A call that a hook denied runs.
    RunsHookDenied = "runs-hook-denied",
    /// A call runs with other arguments than a hook gave it.
    LosesChange = "loses-change",
    /// A prompt that a hook denied is told the model.
    TellsDenied = "tells-denied",
    /// A call that changes things does not wait for its events.
    BeginsAtOnce = "begins-at-once",
    /// Hooks are not asked again when a session is taken up.
    SkipsHooks = "skips-hooks",
}

/// Changes nothing, and keeps the count.
const NOTHING: EventBody = EventBody::SessionResumed;

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Bug {
    /// The mistake of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }

    /// Whether the live state overlooks an event.
    pub(crate) const fn overlooks(self, event: &EventBody) -> bool {
        matches!((self, event), (Self::Overlooks, EventBody::CancelRequested { .. }))
    }

    /// What the live state takes an event for.
    pub(crate) fn heard<'a>(self, state: &State, event: &'a EventBody) -> &'a EventBody {
        match event {
            EventBody::RunFinished { run, .. }
                if self == Self::StartsCancelled && state.queued_runs().any(|queued| queued == *run) =>
            {
                &NOTHING
            }
            _ => event,
        }
    }

    /// How a journal is folded.
    pub(crate) fn fold(self, log: &[Arc<EventBody>]) -> State {
        match self {
            Self::KeepsUndone => log.iter().fold(State::default(), |mut state, event| {
                state.apply(event);
                state
            }),
            Self::LosesQueued => {
                let has_begun = |run| {
                    log.iter()
                        .any(|event| matches!(**event, EventBody::RunStarted { run: begun } if begun == run))
                };
                let is_kept = |event: &EventBody| match event {
                    EventBody::PromptSubmitted { run, .. } => has_begun(*run),
                    _ => true,
                };
                log.iter().fold(State::default(), |mut state, event| {
                    state.apply(if is_kept(event) { event } else { &NOTHING });
                    state
                })
            }
            Self::StartsCancelled => {
                let has_begun = |run, place: usize| {
                    log[..place]
                        .iter()
                        .any(|event| matches!(**event, EventBody::RunStarted { run: begun } if begun == run))
                };
                State::fold(log.iter().enumerate().map(|(place, event)| match **event {
                    EventBody::RunFinished { run, .. } if !has_begun(run, place) => &NOTHING,
                    _ => &**event,
                }))
            }
            _ => State::fold(log.iter().map(Arc::as_ref)),
        }
    }
}
