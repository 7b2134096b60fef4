//! One decision in the making.

use tau_core::event::{EventBody, Seq};

use super::control::Control;
use super::run::Run;
use super::{Decision, Effect, Rejection, State, hooks};

/// One decision in the making: what was said so far, and the control state as it then is.
pub(super) struct Step<'a> {
    pub(super) control: Control,
    /// As before the decision.
    pub(super) state: &'a State,
    decision: Decision,
}

impl<'a> Step<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self { control: state.control.clone(), state, decision: Decision::default() }
    }

    /// Says that something happens.
    pub(super) fn emit(&mut self, event: EventBody) {
        self.control.apply(&event);
        let told = hooks::told_at(&event).filter(|point| self.control.is_hooked(*point));
        self.decision.events.push(event);
        if let Some(point) = told {
            let seq = Seq(self.state.seq.0 + self.decision.events.len() as u64);
            self.effect(hooks::tell(point, seq));
        }
    }

    /// Asks for something to be done.
    pub(super) fn effect(&mut self, effect: Effect) {
        self.decision.effects.push(effect);
    }

    pub(super) fn require_open(&self) -> Result<(), Rejection> {
        if self.control.is_open() { Ok(()) } else { Err(Rejection::NotOpen) }
    }

    /// The run that is on, or [`Rejection::Stale`]: answers that come when none is are late.
    pub(super) fn run(&self) -> Result<&Run, Rejection> {
        self.control.run().ok_or(Rejection::Stale)
    }

    pub(super) fn into_decision(self) -> Decision {
        self.decision
    }
}
