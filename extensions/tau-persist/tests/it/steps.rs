//! A process that is aborted at each point of a write: what it was told is safe is there, and of what it was not told,
//! either all or nothing.

use std::fmt::Display;
use std::process::{Command, Stdio};

use futures::executor::block_on;
use tau_persist::{Append, OutboxMessage, Search, Sha256Hash, Step, Store, event_hash, verify_session};

use crate::support::{Folder, Writer, example, id, read_all};

/// What the process said before it ended: the last position that it sent, and the last that it was told is safe.
#[derive(Debug, Default)]
struct Said {
    sent: u64,
    acked: u64,
    hash: Option<Sha256Hash>,
}

impl Said {
    /// Whether that can be the last event, where `before` was the last when the process began.
    fn may_have_left(&self, head: u64, before: u64) -> bool {
        [self.acked, self.sent].into_iter().any(|seq| head == seq.max(before))
    }
}

/// How a process is to end.
struct Crash {
    step: Step,
    nth: u64,
    micros: u64,
    appends: u64,
    bytes: usize,
}

impl Crash {
    fn at(step: Step, nth: u64) -> Self {
        Self { step, nth, micros: 0, appends: 6, bytes: 70_000 }
    }

    fn run(&self, folder: &Folder) -> Said {
        let Self { step, nth, micros, appends, bytes } = self;
        let step = format!("{step:?}");
        let arguments: [&dyn Display; 5] = [&step, nth, micros, appends, bytes];
        let mut command = Command::new(example("append_steps"));
        command.arg(folder.path()).args(arguments.map(ToString::to_string)).stderr(Stdio::piped());
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "it never came to {step} {nth}: {error}");
        assert_eq!(error, "", "it failed before it came to {step} {nth}");
        let mut said = Said::default();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["sent", seq] => said.sent = seq.parse().unwrap(),
                ["acked", seq, hash] => {
                    said.acked = seq.parse().unwrap();
                    said.hash = Sha256Hash::from_hex(hash);
                }
                _ => panic!("{line}"),
            }
        }
        said
    }
}

/// Opens what a process left; the last event that is there. Everything is whole, and the session goes on.
fn look(folder: &Folder, said: &Said, before: u64) -> u64 {
    let store = folder.open();
    assert!(store.check().wait().unwrap().is_empty());
    let Some(head) = store.head(&id("s")).wait().unwrap() else {
        assert_eq!((said.acked, before), (0, 0), "the session is gone");
        return 0;
    };
    let verification = block_on(verify_session(&store, &id("s"))).unwrap();
    assert!(verification.damage.is_none(), "{verification:?}");
    let events = read_all(&store, &id("s"));
    assert_eq!(events.len() as u64, head.seq);
    assert!(head.seq >= said.acked.max(before), "{said:?}, {before} before, and now {}", head.seq);
    if let Some(hash) = said.hash {
        assert_eq!(event_hash(&events[said.acked as usize - 1]), hash);
    }
    // Each append is of two events, the first with text, and of a message.
    assert!(head.seq.is_multiple_of(2), "half an append is there: {}", head.seq);
    let appends = head.seq as usize / 2;
    assert_eq!(store.outbox(0, usize::MAX).wait().unwrap().len(), appends);
    assert_eq!(store.search(Search::new("needle").with_limit(10_000)).wait().unwrap().len(), appends);
    head.seq
}

/// Appends what the processes append, from here.
fn go_on(folder: &Folder) -> u64 {
    let store = folder.open_with(
        tau_persist::StoreOptions::default().with_text(std::sync::Arc::new(crate::support::BodyText)),
    );
    let mut writer = Writer::new("s");
    writer.at = store.head(&id("s")).wait().unwrap().unwrap_or_default();
    let events = vec![writer.event("needle"), writer.event(vec![0; 70_000])];
    let message = OutboxMessage::new("events", "ours");
    assert_eq!(store.append(Append::new(events).with_messages(vec![message])).wait().unwrap(), writer.at);
    writer.at.seq
}

#[test]
fn aborted_at_each_step_of_an_append() {
    let folder = Folder::new();
    let mut before = 0;
    // `Begin` is reached first when the session is opened.
    for (step, nths) in [
        (Step::Begin, [1, 5]),
        (Step::Event, [1, 6]),
        (Step::Text, [1, 6]),
        (Step::Blob, [1, 6]),
        (Step::Message, [1, 6]),
        (Step::Head, [1, 6]),
        (Step::Commit, [2, 7]),
        (Step::Committed, [2, 7]),
    ] {
        for nth in nths {
            let said = Crash::at(step, nth).run(&folder);
            let head = look(&folder, &said, before);
            // Until the commit nothing of it is there, and from there all of it.
            let expected = if step < Step::Committed { said.acked } else { said.sent };
            assert_eq!(head, expected.max(before), "{step:?} {nth}: {said:?}");
            before = go_on(&folder);
        }
    }
    look(&folder, &Said::default(), before);
}

#[test]
fn aborted_in_the_middle_of_a_commit() {
    let folder = Folder::new();
    let (mut before, mut lost, mut kept) = (0, 0, 0);
    for round in 0..15 {
        let crash = Crash { micros: 1 + 80 * round, appends: 1_000, ..Crash::at(Step::Commit, 3) };
        let said = crash.run(&folder);
        let head = look(&folder, &said, before);
        assert!(said.may_have_left(head, before), "{said:?}, and {head} is there");
        if head == said.acked.max(before) {
            lost += 1
        } else {
            kept += 1
        }
        before = go_on(&folder);
    }
    println!("{lost} ended before their commit was there, {kept} after");
}

#[test]
fn aborted_before_in_and_after_a_checkpoint() {
    let folder = Folder::new();
    let mut before = 0;
    let crash = |step, micros| Crash { micros, appends: 3_000, bytes: 6_000, ..Crash::at(step, 1) };
    let during = (0..3).map(|round| crash(Step::Checkpoint, 1 + round * 4_000));
    for crash in [crash(Step::Checkpoint, 0), crash(Step::Checkpointed, 0)].into_iter().chain(during) {
        let said = crash.run(&folder);
        let head = look(&folder, &said, before);
        // It is done after the answer, which may not have been heard.
        assert!(said.may_have_left(head, before), "{said:?}, and {head} is there");
        before = go_on(&folder);
    }
}

#[test]
fn aborted_while_the_schema_is_brought_up_to_date() {
    let versions = [None, Some(include_str!("../fixtures/schema_v1.sql"))];
    for (version, migrations) in versions.into_iter().zip([2, 1]) {
        let steps = (1..=migrations).map(|nth| (Step::Migrating, nth)).chain([(Step::Migrated, 1)]);
        for (step, nth) in steps {
            let folder = Folder::new();
            if let Some(version) = version {
                rusqlite::Connection::open(folder.path()).unwrap().execute_batch(version).unwrap();
            }
            let said = Crash::at(step, nth).run(&folder);
            assert_eq!((said.sent, said.acked), (0, 0));
            let store = folder.open();
            assert!(store.check().wait().unwrap().is_empty());
            let head = store.head(&id("s")).wait().unwrap();
            assert_eq!(head.map(|head| head.seq), version.map(|_| 3));
            drop(store);
            go_on(&folder);
        }
    }
}

#[test]
fn aborted_when_a_session_begins() {
    for (step, nth) in [(Step::Begin, 1), (Step::Commit, 1), (Step::Committed, 1)] {
        let folder = Folder::new();
        let said = Crash::at(step, nth).run(&folder);
        assert_eq!(look(&folder, &said, 0), 0);
        let exists = folder.open().head(&id("s")).wait().unwrap().is_some();
        assert_eq!(exists, step == Step::Committed, "{step:?}");
        go_on(&folder);
    }
}
