//! Rewind: a session goes back to an earlier place.

use tau_core::event::{EventBody, HookSubject, Seq};

use super::step::Step;
use super::{Decision, Rejection, State, cancel, fork, hooks};

/// Goes back to `to`, where the session was `past`. The journal keeps what came after; it no longer counts.
pub(super) fn rewind(state: &State, to: Seq, past: &State) -> Result<Decision, Rejection> {
    let mut step = Step::new(state);
    step.require_open()?;
    if past.seq != to || to >= state.seq || past.config().is_none() {
        return Err(Rejection::NoSuchPlace(to));
    }
    cancel::stop_effects(&mut step);
    hooks::stop(&mut step, HookSubject::Session);
    step.emit(EventBody::Rewound { to });
    let mut decision = step.into_decision();
    let mut settled = Step::new(past);
    fork::settle(&mut settled, "The session went back to when this call was under way.");
    decision.events.extend(settled.into_decision().events);
    Ok(decision)
}
