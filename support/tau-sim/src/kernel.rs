//! The kernel under test: the real one, or one with a deliberate mistake.

use std::borrow::Cow;
use std::sync::Arc;

use tau_core::event::{EventBody, Seq};
use tau_runtime::kernel::gate::{
    BeyondCommitted, Gate, Position, Refusal, RefusalReason, StopReason, Verdict,
};
use tau_runtime::kernel::{Decision, Effect, Input, Rejection, State, decide};

use crate::bugs::{Bug, Memory};

/// The kernel as one writer of a session uses it.
#[derive(Debug)]
pub(crate) struct Kernel {
    bug: Option<Bug>,
    memory: Memory,
}

impl Kernel {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, memory: Memory::default() }
    }

    pub(crate) fn decide(&mut self, state: &State, input: Input) -> Result<Decision, Rejection> {
        match self.bug {
            None => decide(state, input),
            Some(bug) => self.memory.decide(bug, state, input),
        }
    }

    pub(crate) fn apply(&self, state: &mut State, event: &EventBody) {
        match self.bug {
            Some(bug) if bug.overlooks(event) => {}
            Some(bug) => {
                let heard = bug.heard(state, event);
                state.apply(heard);
            }
            None => state.apply(event),
        }
    }

    pub(crate) fn fold(&self, log: &[Arc<EventBody>]) -> State {
        match self.bug {
            Some(bug) => bug.fold(log),
            None => State::fold(log.iter().map(Arc::as_ref)),
        }
    }

    /// Takes a rewind in, which needs the events before it.
    pub(crate) fn rewind(&self, state: &mut State, log: &[Arc<EventBody>], to: Seq) {
        let end = usize::try_from(to.0).unwrap_or(usize::MAX).min(log.len());
        let event = EventBody::Rewound { to };
        if self.bug == Some(Bug::KeepsUndone) {
            state.apply(&event);
        } else {
            state.rewind(self.fold(&log[..end]), &event);
        }
    }

    pub(crate) fn commit(&self, gate: &mut Gate, last: Seq, effects: Vec<Effect>) -> Vec<Effect> {
        if self.bug == Some(Bug::StartsBeforeAck) {
            let _ = gate.commit(last, Vec::new());
            return effects;
        }
        gate.commit(last, effects)
    }

    pub(crate) fn refused(
        &self,
        gate: &mut Gate,
        name: &str,
        at: Position,
        reason: RefusalReason,
    ) -> (Result<Verdict, BeyondCommitted>, Vec<Effect>) {
        if self.bug == Some(Bug::FencedGoesOn) && reason == RefusalReason::Final(StopReason::Fenced) {
            let released = gate.ack(name, at).unwrap_or_default();
            return (Ok(Verdict::Ignore), released);
        }
        (gate.nack(name, Refusal { at, reason }), Vec::new())
    }

    /// The instructions as they are sent.
    pub(crate) fn instructions<'a>(&self, system: &'a str, epoch: u64) -> Cow<'a, str> {
        if self.bug == Some(Bug::ChangesInstructions) {
            Cow::Owned(format!("{system} (since {epoch})"))
        } else {
            Cow::Borrowed(system)
        }
    }
}
