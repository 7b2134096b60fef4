//! A journal at its worst, from many seeds: it answers late, out of order or not at all, refuses, crashes and comes back.

use std::time::Duration;

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{collection::vec, prop_assert, prop_assert_eq, proptest};
use tau_core::ContentBlock;
use tau_core::event::{EventHash, Seq};
use tau_proto::runtime::v1::{Event, NackReason, attach_response};
use tau_runtime::Journals;

use super::journal::{Journal, hash, hello, hello_at, position, refusal, waits_for};
use super::support::{Running, look};

/// What the journal does with an append.
#[derive(Debug, Clone, Copy)]
enum Mood {
    /// Stores it and says so.
    Reliable,
    /// Stores it, and says so with a later one.
    Silent,
    /// Stores it, and says what it said before once more.
    Repeating,
    /// Has no room for it.
    Full,
    /// Loses it.
    Deaf,
    /// Stores it or not, and is gone.
    Crash { stores: bool, tells: bool },
}

fn moods() -> impl Strategy<Value = Vec<Mood>> {
    let crash = (any::<bool>(), any::<bool>()).prop_map(|(stores, tells)| Mood::Crash { stores, tells });
    let mood = prop_oneof![
        3 => proptest::strategy::Just(Mood::Reliable),
        1 => proptest::strategy::Just(Mood::Silent),
        1 => proptest::strategy::Just(Mood::Repeating),
        1 => proptest::strategy::Just(Mood::Full),
        1 => proptest::strategy::Just(Mood::Deaf),
        1 => crash,
    ];
    // Each may cost a second and a half of the clock, and the test gives up after thirty.
    vec(mood, 0..16)
}

/// A store that keeps what continues it.
#[derive(Default)]
struct Store {
    held: Vec<Event>,
}

impl Store {
    /// Stores an append, or gives the refusal of a journal that lacks what comes before.
    fn put(&mut self, events: &[Event]) -> Result<(), Box<tau_proto::runtime::v1::Nack>> {
        for event in events {
            match self.held.get(event.seq as usize - 1) {
                Some(held) => assert_eq!(held, event, "what is sent again is the same"),
                None if event.seq as usize == self.held.len() + 1 => {
                    let before = self.held.last().map_or(EventHash::ZERO, hash);
                    assert_eq!(*event.prev_hash, before.0);
                    self.held.push(event.clone());
                }
                None => {
                    let mut nack = refusal(event, NackReason::Gap);
                    nack.held = self.held.last().map(position).into();
                    return Err(Box::new(nack));
                }
            }
        }
        Ok(())
    }

    fn count(&self, kind: &str) -> usize {
        self.held.iter().filter(|event| event.kind == kind).count()
    }
}

/// Serves a journal until its moods are used up, and reliably from then on.
async fn serve(journals: Journals, moods: Vec<Mood>, store: &std::sync::Mutex<Store>) {
    let mut moods = moods.into_iter();
    let mut journal = Journal::attach(&journals, "store").await;
    loop {
        let Some(message) = journal.next().await else { return };
        let attach_response::Message::Append(append) = message else { continue };
        let mood = moods.next().unwrap_or(Mood::Reliable);
        if matches!(mood, Mood::Full) {
            journal.say(refusal(&append.events[0], NackReason::StorageFull)).await;
            continue;
        }
        let keeps = !matches!(mood, Mood::Deaf | Mood::Crash { stores: false, .. });
        let put = if keeps { store.lock().unwrap().put(&append.events) } else { Ok(()) };
        let last = store.lock().unwrap().held.last().cloned();
        match (mood, put, last) {
            (Mood::Crash { tells, .. }, _, last) => {
                journal.crash().await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                let positions = last.iter().filter(|_| tells).map(position).collect();
                let hello = if tells { hello_at("store", positions) } else { hello("store") };
                journal = Journal::attach_with(&journals, hello).await;
            }
            (_, Err(nack), _) => journal.say(*nack).await,
            (Mood::Reliable, Ok(()), Some(last)) => journal.ack(&last).await,
            (Mood::Repeating, Ok(()), _) => {
                let first = store.lock().unwrap().held.first().cloned();
                if let Some(first) = first {
                    journal.ack(&first).await;
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn nothing_is_lost_and_nothing_comes_early(moods in moods()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (asked, told, held) = runtime.block_on(async {
            let journals = Journals::default();
            let store = std::sync::Mutex::new(Store::default());
            let mut session = Running::with([look()], waits_for(1, &journals));
            let handle = session.handle.clone();
            let fidgeting = session.handle.clone();
            let mut asked = Vec::new();
            let work = async {
                for _ in 0..3 {
                    let handle = handle.clone();
                    tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
                    for turn in 0..2 {
                        let exchange = session.model.asked().await;
                        asked.push((asked.len() + 1, store.lock().unwrap().count("model_requested")));
                        if turn == 0 { exchange.call(&[("a", "look", "{}")]) } else { exchange.text("Well.") }
                    }
                    session.until("run_finished").await;
                }
            };
            // What was lost without a word is found by what comes after it.
            let fidget = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    let handle = fidgeting.clone();
                    tokio::spawn(async move { handle.inject([ContentBlock::text("Still there?")]).await });
                }
            };
            tokio::select! {
                () = work => {}
                () = serve(journals.clone(), moods, &store) => {}
                () = fidget => {}
            }
            let told: Vec<String> =
                handle.events(Seq::default()).iter().map(|event| event.header.id.to_string()).collect();
            let held: Vec<String> = store.lock().unwrap().held.iter().map(|event| event.event_id.clone()).collect();
            (asked, told, held)
        });
        prop_assert_eq!(asked.len(), 6);
        for (asked, stored) in asked {
            prop_assert!(stored >= asked, "request {} was made when {} were stored", asked, stored);
        }
        prop_assert!(held.starts_with(&told), "what was told is held");
    }
}
