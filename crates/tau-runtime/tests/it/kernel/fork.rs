//! Copies of sessions, and going back.

use std::sync::Arc;

use tau_core::SessionId;
use tau_core::event::{EventBody, Seq};
use tau_runtime::kernel::{Decision, Input, Rejection, State, decide};

use super::support::{Kernel, calls_of, config, done, inject, prompt, show_event, text, with_people};

/// A kernel that keeps its journal.
#[derive(Default)]
struct Journaled {
    journal: Vec<EventBody>,
}

impl Journaled {
    fn of(inputs: impl IntoIterator<Item = Input>) -> Self {
        let mut journaled = Self::default();
        inputs.into_iter().for_each(|input| drop(journaled.give(input)));
        journaled
    }

    fn state(&self) -> State {
        State::fold(&self.journal)
    }

    /// The state that is kept up event by event is the fold of them all.
    fn give(&mut self, input: Input) -> Decision {
        let mut state = self.state();
        let past = if let Input::Rewind { past, .. } = &input { Some(State::clone(past)) } else { None };
        let decision = decide(&state, input).unwrap();
        for event in &decision.events {
            match (event, &past) {
                (EventBody::Rewound { .. }, Some(past)) => state.rewind(past.clone(), event),
                _ => state.apply(event),
            }
            self.journal.push(event.clone());
        }
        assert_eq!(state, self.state());
        decision
    }

    fn rewind(&self, to: u64) -> Input {
        let past = Arc::new(State::fold(&self.journal[..usize::try_from(to).unwrap()]));
        Input::Rewind { to: Seq(to), past }
    }
}

fn texts(state: &State) -> Vec<String> {
    state.history().messages().iter().map(|message| message.text()).collect()
}

fn two_runs() -> Journaled {
    Journaled::of([
        Input::Create(Box::new(config())),
        prompt(1, "First"),
        text(1, 1, "One"),
        prompt(2, "Second"),
        text(2, 1, "Two"),
    ])
}

#[test]
fn a_fork_goes_its_own_way_from_wherever_it_was_copied() {
    let whole = Journaled::of([
        Input::Create(Box::new(with_people())),
        prompt(1, "First"),
        calls_of(1, 1, &["a free", "b change", r#"c task {"prompt":"Look"}"#]),
        prompt(2, "Later"),
        inject("By the way"),
        done("a"),
        Input::Cancel { scope: tau_core::event::CancelScope::Session },
    ]);
    for at in 1..=whole.journal.len() {
        let mut copy = Journaled { journal: whole.journal[..at].to_vec() };
        let from = SessionId::from_u128(7);
        let decision = copy.give(Input::Fork { from, at: Seq(at as u64) });
        assert_eq!(decision.effects, [], "what the other session has under way is not touched");
        let state = copy.state();
        assert!(!state.is_closed() && state.active_run().is_none() && state.subagents().next().is_none());
        assert!(state.history().is_ready(), "at {at}");
        copy.give(prompt(9, "Go on"));
        copy.give(text(9, 1, "Gladly"));
        assert_eq!(texts(&copy.state()).last().unwrap(), "Gladly", "at {at}");
    }
}

#[test]
fn a_fork_says_what_is_known_of_calls() {
    let mut kernel = Kernel::calling(config(), &["a free", "b change"]);
    let fork = Input::Fork { from: SessionId::from_u128(7), at: Seq(6) };
    assert_eq!(
        kernel.lines(fork),
        [
            "forked at 6",
            "call a unknown: The session was copied while this call was under way. It may have done all, a part or nothing of its work.",
            "call b cancelled: The session was copied while this call was under way. It had not run by then.",
            "run 1 finished: Cancelled",
        ]
    );
    let nothing = decide(&State::default(), Input::Fork { from: SessionId::from_u128(7), at: Seq(0) });
    assert_eq!(nothing, Err(Rejection::NotOpen));
}

#[test]
fn after_a_rewind_it_is_as_if_the_rest_had_not_been() {
    for to in 1..10 {
        let mut journaled = two_runs();
        assert_eq!(journaled.journal.len(), 11);
        let past = State::fold(&journaled.journal[..usize::try_from(to).unwrap()]);
        journaled.give(journaled.rewind(to));
        let state = journaled.state();
        assert!(state.active_run().is_none() && state.history().is_ready());
        // A prompt that waited there is part of what was said.
        let queued = usize::from(matches!(to, 2 | 7));
        let kept = past.history().messages().len();
        assert_eq!(state.history().messages()[..kept], *past.history().messages(), "to {to}");
        journaled.give(prompt(3, "Third"));
        journaled.give(text(3, 1, "Three"));
        assert_eq!(texts(&journaled.state())[kept + queued..], ["Third", "Three"], "to {to}");
    }
}

#[test]
fn a_rewind_stops_what_is_on() {
    let mut journaled = two_runs();
    let place = journaled.journal.len() as u64;
    journaled.give(prompt(3, "Third"));
    journaled.give(calls_of(3, 1, &["a free", "b change", "c look"]));
    let decision = journaled.give(journaled.rewind(place));
    assert_eq!(format!("{:?}", decision.effects).matches("StopTool").count(), 2, "`b` has not run");
    assert_eq!(decision.events.iter().map(show_event).collect::<Vec<_>>(), ["rewound to 11"]);
    let again = decide(&journaled.state(), prompt(3, "Third"));
    assert_eq!(again, Err(Rejection::DuplicateRun(super::support::run_id(3))), "a run is known for ever");
}

#[test]
fn a_rewind_into_a_run_ends_it() {
    let mut journaled = two_runs();
    journaled.give(prompt(3, "Third"));
    journaled.give(calls_of(3, 1, &["a free"]));
    let inside = journaled.journal.len() as u64;
    journaled.give(done("a"));
    let decision = journaled.give(journaled.rewind(inside));
    let lines: Vec<_> = decision.events.iter().map(show_event).collect();
    assert_eq!(lines, [
        format!("rewound to {inside}"),
        "call a unknown: The session went back to when this call was under way. It may have done all, a part or nothing of its work.".to_owned(),
        "run 3 finished: Cancelled".to_owned(),
    ]);
}

#[test]
fn one_can_go_back_behind_a_rewind_and_only_to_what_was() {
    let mut journaled = two_runs();
    journaled.give(journaled.rewind(6));
    journaled.give(prompt(3, "Third"));
    journaled.give(text(3, 1, "Three"));
    journaled.give(journaled.rewind(11));
    assert_eq!(
        texts(&journaled.state()),
        ["First", "One", "Second", "Two"],
        "what had been taken back is back"
    );

    let refuses = |to: u64, past: State| {
        decide(&journaled.state(), Input::Rewind { to: Seq(to), past: Arc::new(past) }).unwrap_err()
    };
    let newest = journaled.journal.len() as u64;
    assert_eq!(refuses(newest, journaled.state()), Rejection::NoSuchPlace(Seq(newest)));
    assert_eq!(refuses(0, State::default()), Rejection::NoSuchPlace(Seq(0)));
    assert_eq!(refuses(3, State::fold(&journaled.journal[..2])), Rejection::NoSuchPlace(Seq(3)));
}
