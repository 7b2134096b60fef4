//! What holds for every journal that can happen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use tau_core::event::EventBody;
use tau_core::{Message, Role};
use tau_session::History;

use crate::support::{Fold, announced, asked, finished, inject, prompt, reply, started};

/// What may come at any moment, between any two events.
#[derive(Debug, Clone)]
enum Aside {
    Nothing,
    Inject,
    Prompt,
    /// A result of a call that has its result already, or never was.
    Stray(Index),
}

/// A turn: how often it breaks off first, and the calls with the order their results come in.
#[derive(Debug, Clone)]
struct Turn {
    broken_off: usize,
    arrival: Vec<usize>,
    usage: Option<(u64, u64)>,
    has_words: bool,
}

fn aside() -> impl Strategy<Value = Aside> {
    prop_oneof![
        5 => Just(Aside::Nothing),
        1 => Just(Aside::Inject),
        1 => Just(Aside::Prompt),
        1 => any::<Index>().prop_map(Aside::Stray),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    let arrival = (0..4_usize).prop_flat_map(|calls| Just((0..calls).collect::<Vec<_>>()).prop_shuffle());
    let usage = proptest::option::of((0..1_000_u64, 0..100_u64));
    (0..2_usize, arrival, usage, any::<bool>()).prop_map(|(broken_off, arrival, usage, has_words)| Turn {
        broken_off,
        arrival,
        usage,
        has_words,
    })
}

/// Writes a journal that keeps to the grammar: runs one after the other, in them turns, and asides anywhere.
struct Writer {
    events: Vec<EventBody>,
    asides: std::vec::IntoIter<Aside>,
    waiting: VecDeque<u128>,
    runs: u128,
    calls: usize,
    /// Calls that have their result.
    answered: Vec<String>,
}

impl Writer {
    fn journal(runs: Vec<Vec<Turn>>, asides: Vec<Aside>) -> Vec<EventBody> {
        let mut writer = Self {
            events: Vec::new(),
            asides: asides.into_iter(),
            waiting: VecDeque::new(),
            runs: 0,
            calls: 0,
            answered: Vec::new(),
        };
        for turns in runs {
            writer.submit();
            while let Some(run) = writer.waiting.pop_front() {
                writer.run(run, &turns);
            }
        }
        writer.events
    }

    fn emit(&mut self, event: EventBody) {
        self.events.push(event);
        match self.asides.next() {
            Some(Aside::Inject) => self.events.push(inject(&format!("context {}", self.events.len()))),
            Some(Aside::Prompt) => self.submit(),
            Some(Aside::Stray(index)) => {
                let id = if self.answered.is_empty() { "stranger" } else { index.get(&self.answered) };
                self.events.push(finished(id, "stray"));
            }
            Some(Aside::Nothing) | None => {}
        }
    }

    fn submit(&mut self) {
        self.runs += 1;
        self.waiting.push_back(self.runs);
        self.events.push(prompt(self.runs, &format!("prompt {}", self.runs)));
    }

    fn run(&mut self, run: u128, turns: &[Turn]) {
        self.emit(started(run));
        for (number, turn) in (1..).zip(turns) {
            for _ in 0..=turn.broken_off {
                self.emit(asked(run, number));
            }
            let ids: Vec<String> = turn.arrival.iter().map(|_| self.call_id()).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            self.emit(reply(if turn.has_words { "words" } else { "" }, &ids, turn.usage));
            for id in &ids {
                self.emit(announced(id));
            }
            for position in &turn.arrival {
                self.emit(finished(ids[*position], &format!("result of {}", ids[*position])));
                self.answered.push(ids[*position].to_owned());
            }
        }
    }

    fn call_id(&mut self) -> String {
        self.calls += 1;
        format!("c{}", self.calls)
    }
}

pub(crate) fn journal() -> impl Strategy<Value = Vec<EventBody>> {
    let runs = proptest::collection::vec(proptest::collection::vec(turn(), 0..4), 1..4);
    (runs, proptest::collection::vec(aside(), 0..40)).prop_map(|(runs, asides)| Writer::journal(runs, asides))
}

/// Every reply's calls have one result each, in order, in the very next message; only the newest may still wait.
pub(crate) fn assert_paired(messages: &[Arc<Message>], is_ready: bool) {
    for (position, message) in messages.iter().enumerate() {
        let calls: Vec<_> = message.tool_calls().map(|call| &call.id).collect();
        let next = messages.get(position + 1);
        match next {
            None if !calls.is_empty() => assert!(!is_ready, "a call without its result"),
            None => {}
            Some(next) => {
                let results: Vec<_> = next.tool_results().map(|result| &result.call_id).collect();
                assert_eq!(results, calls, "after message {position}");
                assert_eq!(next.role == Role::Tool, !calls.is_empty());
            }
        }
        assert!(!message.content.is_empty(), "providers refuse empty messages");
    }
}

fn starts_with(messages: &[Arc<Message>], prefix: &[Arc<Message>]) -> bool {
    messages.len() >= prefix.len() && messages.iter().zip(prefix).all(|(a, b)| Arc::ptr_eq(a, b))
}

fn round_trip(history: &History) -> History {
    serde_json::from_str(&serde_json::to_string(history).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn messages_are_only_added_and_every_call_is_paired(journal in journal()) {
        let mut fold = Fold::default();
        for event in journal {
            let before = fold.history.messages().to_vec();
            let may_add = matches!(
                event,
                EventBody::RunStarted { .. }
                    | EventBody::ModelRequested { .. }
                    | EventBody::ModelReplied { .. }
                    | EventBody::ToolFinished { .. }
            );
            let is_request = matches!(event, EventBody::ModelRequested { .. });
            fold.feed([event]);
            let messages = fold.history.messages();
            prop_assert!(starts_with(messages, &before));
            prop_assert!(may_add || messages.len() == before.len());
            assert_paired(messages, fold.history.is_ready());
            prop_assert!(!is_request || fold.history.is_ready());
        }
    }

    #[test]
    fn what_was_said_is_there_once(journal in journal()) {
        // Context that no request followed still waits.
        let last_landing = journal.iter().rposition(|event| {
            matches!(event, EventBody::ModelRequested { .. } | EventBody::RunStarted { .. })
        });
        let said = journal.iter().enumerate().filter_map(|(position, event)| match event {
            EventBody::PromptSubmitted { content, .. } => content[0].as_text(),
            EventBody::ContextInjected { content } if Some(position) < last_landing => content[0].as_text(),
            _ => None,
        });
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        said.for_each(|text| *expected.entry(text).or_default() += 1);

        let fold = Fold::of(journal.clone());
        let mut heard: BTreeMap<&str, usize> = BTreeMap::new();
        let users = fold.history.messages().iter().filter(|message| message.role == Role::User);
        for text in users.flat_map(|message| message.content.iter()).filter_map(|block| block.as_text()) {
            *heard.entry(text).or_default() += 1;
        }
        prop_assert_eq!(heard, expected);
        let results = fold.history.messages().iter().flat_map(|message| message.tool_results());
        for result in results {
            prop_assert_eq!(result.text(), format!("result of {}", result.call_id));
        }
    }

    #[test]
    fn a_stored_history_goes_on_as_if_it_had_not_been(journal in journal(), cut in any::<Index>()) {
        let cut = cut.index(journal.len() + 1);
        let mut lived = Fold::of(journal[..cut].to_vec());
        let mut stored = Fold { history: round_trip(&lived.history), seq: lived.seq };
        prop_assert_eq!(&stored.history, &lived.history);
        lived.feed(journal[cut..].to_vec());
        stored.feed(journal[cut..].to_vec());
        prop_assert_eq!(stored.history, lived.history);
    }
}
