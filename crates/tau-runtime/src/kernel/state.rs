//! The state of a session: the fold of its journal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tau_core::event::{EventBody, HookPoint, Seq, SessionConfig};
use tau_core::{EffectClass, RunId, SessionId, ToolCall, ToolCallId};
use tau_session::History;

use super::control::{Control, FinishedRun};

/// Everything a session is: the fold of its journal. Serialisable, so that it can be kept as a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(super) seq: Seq,
    pub(super) control: Control,
    pub(super) history: History,
    /// Every run that was ever submitted, so that a repeated prompt can be told.
    pub(super) runs: BTreeSet<RunId>,
}

impl State {
    /// The state that a journal makes. Events that a rewind took back are left out, but keep their places.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a EventBody>) -> Self {
        let events: Vec<&EventBody> = events.into_iter().collect();
        let mut state = Self::default();
        for place in counted(&events) {
            state.seq = place;
            let index = usize::try_from(place.0 - 1).unwrap_or_default();
            state.take(events[index]);
        }
        state.seq = Seq(events.len() as u64);
        events.iter().for_each(|event| state.remember(event));
        state
    }

    /// Takes the next event in. Total: an event that cannot have happened changes nothing but the count.
    ///
    /// [`EventBody::Rewound`] needs the events before it: it is taken in by [`State::rewind`] or [`State::fold`].
    pub fn apply(&mut self, event: &EventBody) {
        self.seq = self.seq.next();
        self.take(event);
        self.remember(event);
    }

    /// Takes [`EventBody::Rewound`] in, where `past` is the fold of the events up to its place.
    pub fn rewind(&mut self, past: Self, event: &EventBody) {
        let now = std::mem::replace(self, past);
        self.seq = now.seq.next();
        self.runs = now.runs;
        self.history.remember_calls_of(&now.history);
        self.take(event);
    }

    /// Keeps the ids in mind that must not be used again, whatever a rewind takes back.
    fn remember(&mut self, event: &EventBody) {
        match event {
            EventBody::PromptSubmitted { run, .. } => drop(self.runs.insert(*run)),
            EventBody::ModelReplied { response, .. } => self.history.remember_calls(&response.content),
            EventBody::HistoryImported { messages } => {
                messages.iter().for_each(|message| self.history.remember_calls(&message.content));
            }
            _ => {}
        }
    }

    fn take(&mut self, event: &EventBody) {
        self.control.apply(event);
        self.history.apply(self.seq, event);
    }

    /// The place of the newest event; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// The conversation.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// What the session was created with; `None` before it was.
    #[must_use]
    pub fn config(&self) -> Option<&SessionConfig> {
        self.control.config()
    }

    /// Whether the session was closed, so that nothing more happens.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.control.is_closed()
    }

    /// The run that is on.
    #[must_use]
    pub fn active_run(&self) -> Option<RunId> {
        self.control.run().map(|run| run.id)
    }

    /// Runs that wait for the one that is on, in order.
    pub fn queued_runs(&self) -> impl Iterator<Item = RunId> {
        self.control.queue().iter().copied()
    }

    /// The run that ended last.
    #[must_use]
    pub fn last_run(&self) -> Option<&FinishedRun> {
        self.control.finished()
    }

    /// Where hooks are asked and told.
    #[must_use]
    pub const fn hook_points(&self) -> &BTreeSet<HookPoint> {
        self.control.hooked()
    }

    /// A call of the newest reply, with the arguments that hooks gave it, and what may be repeated after a crash.
    #[must_use]
    pub fn call(&self, id: &ToolCallId) -> Option<(&ToolCall, EffectClass)> {
        let call = self.control.run()?.call(id)?;
        Some((&call.call, call.effect))
    }

    /// The plan that a person approved, until the next one.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.control.plan()
    }

    /// Names and texts of the skills in use, the latest last: what a compaction must not lose.
    pub fn skills_in_use(&self) -> impl Iterator<Item = (&str, &str)> {
        self.control.skills_in_use()
    }

    /// Subagents that have not reported their end.
    pub fn subagents(&self) -> impl Iterator<Item = SessionId> {
        self.control.children().keys().copied()
    }
}

/// The places of the events that count, in order. A rewind goes back to what counted at its place, be that behind
/// another.
pub(super) fn counted(events: &[&EventBody]) -> Vec<Seq> {
    let before = |place: &Seq| {
        let last = Seq(place.0.checked_sub(1)?);
        Some(match events.get(usize::try_from(last.0).ok()?) {
            // A place that is none cannot have been gone back to.
            Some(EventBody::Rewound { to }) if *to > Seq(0) && to < place => *to,
            _ => last,
        })
    };
    let newest = Seq(events.len() as u64);
    let mut counted: Vec<Seq> =
        std::iter::successors(Some(newest), before).take_while(|place| *place > Seq(0)).collect();
    counted.reverse();
    counted
}

/// The place before the last so many prompts that count.
///
/// # Errors
/// When there are fewer, or none is asked for: how many there are.
pub fn before_prompts(events: &[&EventBody], prompts: usize) -> Result<Seq, usize> {
    let is_prompt = |place: &Seq| {
        let event = usize::try_from(place.0 - 1).ok().and_then(|index| events.get(index));
        matches!(event, Some(EventBody::PromptSubmitted { .. }))
    };
    let places: Vec<Seq> = counted(events).into_iter().filter(is_prompt).collect();
    let first = prompts.checked_sub(1).and_then(|back| places.iter().rev().nth(back));
    first.map(|first| Seq(first.0 - 1)).ok_or(places.len())
}
