//! Events on their way through the interface.

use std::collections::BTreeSet;
use std::path::Path;

use tau_core::event::{EventBody, Record, SCHEMA_VERSION, Seq, Timestamp};
use tau_proto::buffa::Message as _;
use tau_proto::runtime::v1::Event;
use tau_runtime::journals::{FromWireErrorKind, event_time, from_wire, to_wire};

/// Records of every kind and variant: those by which tau-core keeps its written form.
fn records() -> Vec<Record> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tau-core/tests/it");
    let text = std::fs::read_to_string(tests.join(format!("data/events-v{SCHEMA_VERSION}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn message() -> Event {
    to_wire(records().into_iter().find(|record| record.header.cause.is_some()).unwrap())
}

#[test]
fn every_kind_of_event_comes_back_as_it_was() {
    let records = records();
    let kinds: BTreeSet<&str> = records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds, EventBody::KINDS.into_iter().collect());
    for record in records {
        let sent = to_wire(record.clone());
        assert_eq!(event_time(&sent), record.header.time);
        let received = Event::decode_from_slice(&sent.encode_to_vec()).unwrap();
        let back = from_wire(received).unwrap();
        assert_eq!((back.hash(), back.open().unwrap()), (record.hash(), record.open().unwrap()));
        assert_eq!(back, record);
    }
}

#[test]
fn what_no_runtime_wrote_is_refused_by_the_field() {
    type Damage = fn(&mut Event);
    let damages: [(Damage, FromWireErrorKind, &str); 7] = [
        (|event| event.session_id.clear(), FromWireErrorKind::Session, "its session's id is no UUID"),
        (|event| event.event_id.push('0'), FromWireErrorKind::Id, "its id is no UUID"),
        (
            |event| event.cause_event_id = Some(String::new()),
            FromWireErrorKind::Cause,
            "its cause's id is no UUID",
        ),
        (|event| event.body = b"\xff".to_vec().into(), FromWireErrorKind::Body, "its body is not UTF-8"),
        (
            |event| event.prev_hash = Vec::new().into(),
            FromWireErrorKind::PrevHash,
            "what it names as the hash before is none",
        ),
        (
            |event| event.prev_hash = vec![0; 31].into(),
            FromWireErrorKind::PrevHash,
            "what it names as the hash before is none",
        ),
        (
            |event| event.prev_hash = vec![0; 33].into(),
            FromWireErrorKind::PrevHash,
            "what it names as the hash before is none",
        ),
    ];
    for (damage, kind, why) in damages {
        let mut event = message();
        damage(&mut event);
        let error = from_wire(event).unwrap_err();
        let seq = Seq(message().seq);
        assert_eq!(
            (error.kind(), error.to_string()),
            (kind, format!("event {seq} was not written by tau: {why}"))
        );
    }
}

#[test]
fn what_can_be_read_though_no_runtime_writes_it_so() {
    let mut event = message();
    let record = from_wire(event.clone()).unwrap();
    event.event_id.make_ascii_uppercase();
    event.schema_version = 1 << 16;
    event.time.get_or_insert_default().nanos += 999_999;
    let read = from_wire(event.clone()).unwrap();
    assert_eq!((&read.header, read.schema_version), (&record.header, u16::MAX));
    event.time.get_or_insert_default().seconds = -1;
    event.time.get_or_insert_default().nanos = 0;
    assert_eq!(event_time(&event), Timestamp(0));
    event.time = None.into();
    assert_eq!(event_time(&event), Timestamp(0));
}
