use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tau_core::event::{
    Event, EventBody, EventHash, EventHeader, Record, RecordErrorKind, SCHEMA_VERSION, Seq, Timestamp,
};
use tau_core::{EventId, RunId, SessionId};

use crate::{samples, strategies};

fn first(kind: &str) -> Record {
    samples::records().into_iter().find(|record| record.kind == kind).unwrap()
}

fn open_error(record: &Record) -> RecordErrorKind {
    record.open().unwrap_err().kind()
}

#[test]
fn kinds_lists_every_kind_that_serde_knows() {
    let error = serde_json::from_str::<EventBody>(r#"{"kind": "?"}"#).unwrap_err().to_string();
    let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert_eq!(names, EventBody::KINDS);
}

#[test]
fn the_samples_have_every_kind() {
    let kinds: Vec<&str> = samples::bodies().iter().map(EventBody::kind).collect();
    assert_eq!(kinds.iter().copied().collect::<BTreeSet<_>>(), EventBody::KINDS.into_iter().collect());
}

#[test]
fn the_kind_is_the_tag_and_the_record_holds_the_rest() {
    for event in samples::events() {
        let tagged = serde_json::to_value(&event.body).unwrap();
        let record = Record::seal(&event, EventHash::ZERO).unwrap();
        assert_eq!(tagged["kind"], event.body.kind());
        assert_eq!(record.kind, event.body.kind());
        assert_eq!(record.schema_version, SCHEMA_VERSION);
        assert_eq!(serde_json::from_str::<Value>(&record.body).unwrap(), tagged["body"]);
        assert_eq!(record.header, event.header);
    }
}

#[test]
fn every_event_seals_and_opens_again() {
    let records = samples::records();
    let opened: Vec<Event> = records.iter().map(|record| record.open().unwrap()).collect();
    assert_eq!(opened, samples::events());
}

#[test]
fn every_event_reads_back_through_json() {
    for event in samples::events() {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
    }
}

#[test]
fn every_record_reads_back_through_json() {
    for record in samples::records() {
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{text}");
    }
}

#[test]
fn an_event_is_one_flat_object() {
    let event = samples::events().into_iter().find(|event| event.body.kind() == "session_forked").unwrap();
    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        json!({
            "session": "01920000-0000-7000-8000-000000000001",
            "seq": 5,
            "epoch": 1,
            "id": "01920000-0001-7000-8000-000000000005",
            "time": 1_790_000_000_005_u64,
            "cause": "01920000-0001-7000-8000-000000000004",
            "kind": "session_forked",
            "body": {"from": "01920000-0000-7000-8000-000000000005", "at": 7},
        }),
    );
}

#[test]
fn a_newer_version_is_not_guessed_at() {
    let mut record = first("rewound");
    record.schema_version = SCHEMA_VERSION + 1;
    // The version is looked at first: a newer one may have new kinds and new bodies.
    record.kind = "teleported".to_owned();
    record.body = "not even JSON".to_owned();
    let error = record.open().unwrap_err();
    assert_eq!(error.kind(), RecordErrorKind::NewerVersion);
    assert_eq!(
        error.to_string(),
        format!(
            "event {} (teleported) of session 01920000-0000-7000-8000-000000000001: written by a newer version; use a \
             tau at least that new to read it",
            record.header.seq,
        ),
    );
}

#[test]
fn a_kind_that_this_version_does_not_have_is_unknown() {
    for kind in ["teleported", "", "Rewound", "rewound "] {
        let mut record = first("rewound");
        record.kind = kind.to_owned();
        let error = record.open().unwrap_err();
        assert_eq!(error.kind(), RecordErrorKind::UnknownKind, "{kind:?}");
        assert!(error.to_string().ends_with(": not a kind of event that its version has"), "{error}");
    }
}

#[test]
fn a_damaged_body_is_malformed() {
    for body in ["", "{", "{\"to\":3}}", "{\"to\":\"3\"}", "{}", "[3]", "3", "null", "{\"to\":3},\"x\":{}"] {
        let mut record = first("rewound");
        record.body = body.to_owned();
        let error = record.open().unwrap_err();
        assert_eq!(error.kind(), RecordErrorKind::Malformed, "{body:?}");
        assert!(error.to_string().ends_with(": its body is damaged"), "{error}");
        assert!(error.source().is_some());
    }
    let mut record = first("session_closed");
    for body in ["3", "[]", "\"x\""] {
        record.body = body.to_owned();
        assert_eq!(open_error(&record), RecordErrorKind::Malformed, "{body:?}");
    }
}

#[test]
fn an_unknown_variant_inside_a_body_is_no_unknown_kind() {
    let mut record = first("tool_requested");
    record.body = record.body.replace("\"pure\"", "\"quantum\"");
    assert_eq!(open_error(&record), RecordErrorKind::Malformed);

    let mut record = first("prompt_submitted");
    record.body = record.body.replacen("\"text\"", "\"video\"", 1);
    assert_eq!(open_error(&record), RecordErrorKind::Malformed);
}

#[test]
fn a_moment_before_1970_is_zero() {
    assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500)), Timestamp(1_500));
    assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), Timestamp(0));
    assert_eq!(Seq::default().next(), Seq(1));
}

proptest! {
    #[test]
    fn any_content_seals_opens_and_is_sealed_the_same_again(
        content in vec(strategies::block(), 0..4), seq in any::<u64>(), time in any::<u64>(), cause in any::<Option<u128>>(),
    ) {
        let event = Event {
            header: EventHeader {
                session: SessionId::from_u128(1),
                seq: Seq(seq),
                epoch: u64::MAX,
                id: EventId::from_u128(2),
                time: Timestamp(time),
                cause: cause.map(EventId::from_u128),
            },
            body: EventBody::PromptSubmitted { run: RunId::from_u128(3), content },
        };
        let record = Record::seal(&event, EventHash::ZERO).unwrap();
        let opened = record.open().unwrap();
        prop_assert_eq!(&opened, &event);
        prop_assert_eq!(Record::seal(&opened, EventHash::ZERO).unwrap(), record);
        let text = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }

    #[test]
    fn no_body_crashes_the_reader(kind in 0usize..EventBody::KINDS.len(), body in any::<String>()) {
        let mut record = first("rewound");
        record.kind = EventBody::KINDS[kind].to_owned();
        record.body = body;
        if let Err(error) = record.open() {
            prop_assert_eq!(error.kind(), RecordErrorKind::Malformed);
        }
    }
}
