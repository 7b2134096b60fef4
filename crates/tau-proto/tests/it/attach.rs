//! The messages of an attachment.

use proptest::collection::vec;
use proptest::{prop_assert_eq, proptest};
use tau_proto::buffa::{EnumValue, Message, MessageField};
use tau_proto::buffa_types::google::protobuf::Duration;
use tau_proto::runtime::v1::{
    Ack, Append, AttachRequest, AttachResponse, ExtensionRole, Fenced, FencedReason, Heartbeat, Hello,
    JournalRole, Nack, NackReason, SessionPosition, Welcome, attach_request, attach_response,
};

use crate::strategies::events;

fn position() -> SessionPosition {
    SessionPosition {
        session_id: "s-1".into(),
        seq: 7,
        epoch: 2,
        hash: vec![1; 32].into(),
        ..Default::default()
    }
}

fn nack() -> Nack {
    Nack {
        session_id: "s-1".into(),
        seq: 8,
        epoch: 2,
        reason: NackReason::Fenced.into(),
        held: MessageField::some(SessionPosition { epoch: 3, ..position() }),
        detail: "owned by epoch 3".into(),
        ..Default::default()
    }
}

fn requests() -> Vec<attach_request::Message> {
    let journal = JournalRole { positions: vec![position()], ..Default::default() };
    let hello = Hello {
        protocol_version: 1,
        client_name: "journal".into(),
        client_version: "0.1.0".into(),
        client_id: "store-1".into(),
        roles: vec![ExtensionRole { role: Some(journal.into()), ..Default::default() }],
        ..Default::default()
    };
    let ack = Ack { positions: vec![position(), position()], ..Default::default() };
    vec![hello.into(), Heartbeat::default().into(), ack.into(), nack().into()]
}

fn responses() -> Vec<attach_response::Message> {
    let welcome = Welcome {
        protocol_version: 1,
        server_name: "tau".into(),
        server_version: "0.1.0".into(),
        attachment_id: "a-1".into(),
        heartbeat_interval: MessageField::some(Duration { seconds: 10, ..Default::default() }),
        ..Default::default()
    };
    let fenced = Fenced {
        session_id: "s-1".into(),
        epoch: 2,
        reason: FencedReason::Diverged.into(),
        ..Default::default()
    };
    vec![welcome.into(), Heartbeat::default().into(), Append::default().into(), fenced.into()]
}

/// The first byte of a message that carries one field tells its number: the tag is `number << 3 | 2`.
fn field_numbers<M: Message>(messages: &[M]) -> Vec<u8> {
    messages.iter().map(|message| message.encode_to_vec()[0] >> 3).collect()
}

#[test]
fn every_message_survives_under_its_field_number() {
    let requests: Vec<_> = requests()
        .into_iter()
        .map(|message| AttachRequest { message: Some(message), ..Default::default() })
        .collect();
    assert_eq!(field_numbers(&requests), [1, 2, 10, 11]);
    for request in requests {
        assert_eq!(AttachRequest::decode_from_slice(&request.encode_to_vec()).unwrap(), request);
    }

    let responses: Vec<_> = responses()
        .into_iter()
        .map(|message| AttachResponse { message: Some(message), ..Default::default() })
        .collect();
    assert_eq!(field_numbers(&responses), [1, 2, 10, 11]);
    for response in responses {
        assert_eq!(AttachResponse::decode_from_slice(&response.encode_to_vec()).unwrap(), response);
    }
}

#[test]
fn a_message_from_a_newer_version_reads_as_not_set() {
    let request = AttachRequest::decode_from_slice(b"\xfa\x7f\x00").unwrap(); // field 2047, empty
    assert_eq!(request.message, None);
    assert_eq!(request.encode_to_vec(), b"\xfa\x7f\x00");
}

#[test]
fn a_reason_from_a_newer_version_is_kept() {
    let nack = Nack::decode_from_slice(b"\x20\x63").unwrap();
    assert_eq!(nack.reason, EnumValue::Unknown(99));
    assert_eq!(nack.encode_to_vec(), b"\x20\x63");
}

#[cfg(feature = "json")]
#[test]
fn json_names_the_message_and_the_reason() {
    use serde_json::json;

    let request = AttachRequest { message: Some(nack().into()), ..Default::default() };
    let hash = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let expected = json!({ "nack": {
        "sessionId": "s-1",
        "seq": "8",
        "epoch": "2",
        "reason": "NACK_REASON_FENCED",
        "held": { "sessionId": "s-1", "seq": "7", "epoch": "3", "hash": hash },
        "detail": "owned by epoch 3",
    }});
    assert_eq!(serde_json::to_value(&request).unwrap(), expected);
    assert_eq!(serde_json::from_value::<AttachRequest>(expected).unwrap(), request);

    let two = r#"{"heartbeat": {}, "ack": {}}"#;
    assert!(serde_json::from_str::<AttachRequest>(two).is_err(), "accepted two messages in one");
}

proptest! {
    #[test]
    fn an_append_keeps_its_events_in_order(events in vec(events(), 0..8)) {
        let append = Append { events, ..Default::default() };
        let response = AttachResponse { message: Some(append.into()), ..Default::default() };
        prop_assert_eq!(AttachResponse::decode_from_slice(&response.encode_to_vec()).unwrap(), response);
    }
}
