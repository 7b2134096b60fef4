//! The durable event: binary and JSON forms.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::{prop_assert, prop_assert_eq, proptest};
use tau_proto::buffa::bytes::Bytes;
use tau_proto::buffa::{Message, MessageField};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

use crate::strategies::{events, unknown_fields};

fn sample() -> Event {
    Event {
        session_id: "s-1".into(),
        seq: 300,
        epoch: 2,
        event_id: "e-300".into(),
        kind: "model.replied".into(),
        schema_version: 1,
        cause_event_id: Some("e-299".into()),
        time: MessageField::some(Timestamp { seconds: 1, nanos: 500_000_000, ..Default::default() }),
        body: Bytes::from_static(&[0xff, 0x00]),
        prev_hash: Bytes::from_static(&[0xab; 32]),
        ..Default::default()
    }
}

/// Written by hand from the protobuf specification: journals outlive programs, so these bytes may never change.
#[test]
fn wire_bytes_are_as_specified() {
    let mut expected = Vec::new();
    expected.extend(b"\x0a\x03s-1"); // 1, session_id
    expected.extend(b"\x10\xac\x02"); // 2, seq
    expected.extend(b"\x18\x02"); // 3, epoch
    expected.extend(b"\x22\x05e-300"); // 4, event_id
    expected.extend(b"\x2a\x0dmodel.replied"); // 5, kind
    expected.extend(b"\x30\x01"); // 6, schema_version
    expected.extend(b"\x3a\x05e-299"); // 7, cause_event_id
    expected.extend(b"\x42\x08\x08\x01\x10\x80\xca\xb5\xee\x01"); // 8, time
    expected.extend(b"\x4a\x02\xff\x00"); // 9, body
    expected.extend(b"\x52\x20"); // 10, prev_hash
    expected.extend([0xab; 32]);

    assert_eq!(sample().encode_to_vec(), expected);
    assert_eq!(Event::decode_from_slice(&expected).unwrap(), sample());
}

#[test]
fn cause_that_is_empty_differs_from_none() {
    let event = Event { cause_event_id: Some(String::new()), ..Default::default() };
    assert_eq!(event.encode_to_vec(), b"\x3a\x00");
    assert_eq!(Event::decode_from_slice(b"\x3a\x00").unwrap().cause_event_id.as_deref(), Some(""));
    assert_eq!(Event::decode_from_slice(b"").unwrap().cause_event_id, None);
}

#[test]
fn decoding_shared_bytes_does_not_copy_the_body() {
    let body = vec![7; 100_000];
    let encoded = Event { body: body.clone().into(), ..sample() }.encode_to_bytes();
    let event = Event::decode(&mut encoded.clone()).unwrap();

    assert_eq!(event.body, body);
    assert!(encoded.as_ptr_range().contains(&event.body.as_ptr()), "the body lies outside of the input");
}

#[test]
fn malformed_bytes_are_refused() {
    for (bytes, what) in [
        (&b"\x0a\x05s-1"[..], "length beyond the end"),
        (b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "varint of 11 bytes"),
        (b"\x0a\x02\xff\xfe", "string that is not UTF-8"),
        (b"\x08\x01", "session_id as a varint"),
        (b"\x00\x01", "field number 0"),
        (b"\x0f", "wire type 7"),
    ] {
        assert!(Event::decode_from_slice(bytes).is_err(), "accepted: {what}");
    }
}

proptest! {
    #[test]
    fn survives_the_binary_form(event in events()) {
        let bytes = event.encode_to_vec();
        prop_assert_eq!(bytes.len(), event.encoded_len() as usize);
        prop_assert_eq!(Event::decode_from_slice(&bytes).unwrap(), event);
    }

    #[test]
    fn unknown_fields_are_passed_on(event in events(), unknown in vec(unknown_fields(), 0..5)) {
        let mut newer = event.clone();
        for field in &unknown {
            newer.__buffa_unknown_fields.push(field.clone());
        }
        let bytes = newer.encode_to_vec();
        let decoded = Event::decode_from_slice(&bytes).unwrap();

        let kept: Vec<_> = decoded.__buffa_unknown_fields.iter().cloned().collect();
        prop_assert_eq!(kept, unknown);
        prop_assert_eq!(decoded.encode_to_vec(), bytes);
    }

    #[test]
    fn a_torn_event_is_never_taken_for_the_whole(event in events(), part in 0.0..1.0_f64) {
        let bytes = event.encode_to_vec();
        proptest::prop_assume!(!bytes.is_empty());
        let torn = &bytes[..(bytes.len() as f64 * part) as usize];
        prop_assert!(Event::decode_from_slice(torn).map_or(true, |decoded| decoded != event));
    }

    #[test]
    fn arbitrary_bytes_give_an_error_or_a_stable_event(bytes in vec(any::<u8>(), 0..256)) {
        if let Ok(event) = Event::decode_from_slice(&bytes) {
            prop_assert_eq!(Event::decode_from_slice(&event.encode_to_vec()).unwrap(), event);
        }
    }
}

#[cfg(feature = "json")]
mod json {
    use serde_json::json;

    use super::{Event, events, sample};
    use proptest::{prop_assert_eq, proptest};

    #[test]
    fn follows_the_protobuf_mapping() {
        let expected = json!({
            "sessionId": "s-1",
            "seq": "300",
            "epoch": "2",
            "eventId": "e-300",
            "kind": "model.replied",
            "schemaVersion": 1,
            "causeEventId": "e-299",
            "time": "1970-01-01T00:00:01.500Z",
            "body": "/wA=",
            "prevHash": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=",
        });
        assert_eq!(serde_json::to_value(sample()).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Event>(expected).unwrap(), sample());
    }

    #[test]
    fn reads_what_other_writers_may_write() {
        let text = r#"{"session_id": "s", "seq": 9007199254740993, "body": "_wA", "kind": null, "fromTheFuture": {}}"#;
        let event: Event = serde_json::from_str(text).unwrap();
        let expected = Event {
            session_id: "s".into(),
            seq: 9_007_199_254_740_993,
            body: vec![0xff, 0x00].into(),
            ..Default::default()
        };
        assert_eq!(event, expected);
    }

    #[test]
    fn refuses_wrong_types() {
        for text in [
            r#"{"seq": -1}"#,
            r#"{"seq": "18446744073709551616"}"#,
            r#"{"seq": 1.5}"#,
            r#"{"schemaVersion": "many"}"#,
            r#"{"body": "%%%"}"#,
            r#"{"time": "yesterday"}"#,
            r#"{"kind": 5}"#,
            r#"{"kind": "a", "kind": "b"}"#,
            "null",
            "\"event\"",
        ] {
            assert!(serde_json::from_str::<Event>(text).is_err(), "accepted {text}");
        }
    }

    proptest! {
        #[test]
        fn survives_json(event in events()) {
            let text = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
    }
}
