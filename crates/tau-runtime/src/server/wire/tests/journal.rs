//! Journals that callers bring.

use std::sync::Arc;

use tau_proto::runtime::v1 as pb;

use super::{records, seen};
use crate::journals::to_wire;
use crate::server::wire::{History, read_bootstrap};

fn wire() -> Vec<pb::Event> {
    records().into_iter().map(to_wire).collect()
}

fn bootstrap(events: Vec<pb::Event>) -> pb::Bootstrap {
    let history = pb::bootstrap::History::Events(pb::EventHistory { events, ..Default::default() });
    pb::Bootstrap { history: Some(history), ..Default::default() }
}

#[test]
fn a_journal_is_taken_as_it_was_written() {
    let records = records();
    let History::Events(journal) = read_bootstrap(bootstrap(wire())).unwrap().history else {
        panic!("no journal")
    };
    let events: Vec<_> = records.iter().map(|record| Arc::new(record.open().unwrap())).collect();

    assert_eq!(journal.past.events(), events);
    assert_eq!(journal.last_hash, records.last().unwrap().hash());
    assert_eq!(journal.epoch, records.last().unwrap().header.epoch + 1);
}

#[test]
fn a_prefix_of_a_journal_is_one() {
    for length in 1..8 {
        let mut events = wire();
        events.truncate(length);
        assert!(read_bootstrap(bootstrap(events)).is_ok(), "{length}");
    }
}

#[test]
fn what_is_no_journal_is_refused_by_event_and_field() {
    type Damage = fn(&mut Vec<pb::Event>);
    let other = "01920000-0000-7000-8000-0000000000ff";
    assert!(wire().iter().all(|event| event.session_id != other));
    let table: [(Damage, &str, &str); 11] = [
        (|events| events.clear(), "invalid_history", "events.events"),
        (|events| drop(events.remove(0)), "invalid_history", "events.events[0].seq"),
        (|events| drop(events.remove(2)), "invalid_history", "events.events[2].seq"),
        (|events| events.swap(1, 2), "invalid_history", "events.events[1].seq"),
        (
            |events| events[3].session_id = "01920000-0000-7000-8000-0000000000ff".to_owned(),
            "invalid_history",
            "events.events[3].session_id",
        ),
        (|events| events[3].epoch = 0, "invalid_history", "events.events[3].epoch"),
        (|events| events[0].prev_hash = vec![1; 32].into(), "invalid_history", "events.events[0].prev_hash"),
        // Seen by the next: its own hash is another now.
        (
            |events| events[0].event_id = events[1].event_id.clone(),
            "invalid_history",
            "events.events[1].prev_hash",
        ),
        (|events| events[2].event_id = "2".to_owned(), "invalid_history", "events.events[2]"),
        (|events| events[0].schema_version = 99, "newer_version", "events.events[0]"),
        (|events| events[0].body = b"{".to_vec().into(), "invalid_history", "events.events[0]"),
    ];
    for (damage, reason, field) in table {
        let mut events = wire();
        damage(&mut events);
        assert_eq!(seen(&read_bootstrap(bootstrap(events)).unwrap_err()), (reason, field));
    }
}

#[test]
fn no_epoch_comes_after_the_last_one() {
    let mut records = records();
    records.truncate(1);
    records[0].header.epoch = u64::MAX;
    let events = records.into_iter().map(to_wire).collect();
    let error = read_bootstrap(bootstrap(events)).unwrap_err();
    assert_eq!(seen(&error), ("invalid_history", "events.events"));
}
