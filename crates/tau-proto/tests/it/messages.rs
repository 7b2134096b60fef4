//! Messages of the services: binary and JSON forms.

use std::collections::BTreeMap;
use std::fmt::Debug;

use tau_proto::buffa::{EnumValue, Message, MessageField};
use tau_proto::buffa_types::google::protobuf::{Duration, FieldMask, Timestamp};
use tau_proto::runtime::v1::{
    CancelRequest, ContextEntry, CreateSessionRequest, EnvironmentConfig, FileEntry, ModelOptions,
    NoEnvironment, ReasoningEffort, RunRequest, RunResponse, Session, SessionConfig, SessionEvent,
    SessionForked, SessionState, UpdateSessionRequest, WholeSession, cancel_request, context_entry,
    environment_config, file_entry, run_response, session_event,
};

pub(crate) const SESSION: &str = "01936f2e-7b5a-7c3d-8e4f-a1b2c3d4e5f6";

fn metadata() -> BTreeMap<String, String> {
    [("team", "red"), ("area", "wire"), ("blank", "")].map(|(key, value)| (key.into(), value.into())).into()
}

fn create_session() -> CreateSessionRequest {
    let options = ModelOptions {
        temperature: Some(0.0),
        seed: Some(-1),
        reasoning_effort: ReasoningEffort::High.into(),
        ..Default::default()
    };
    let environment =
        EnvironmentConfig { environment: Some(NoEnvironment::default().into()), ..Default::default() };
    let config = SessionConfig {
        agent: "coder".into(),
        options: MessageField::some(options),
        tool_timeout: MessageField::some(Duration { seconds: 90, ..Default::default() }),
        metadata: metadata(),
        environment: MessageField::some(environment),
        ..Default::default()
    };
    CreateSessionRequest { config: MessageField::some(config), ..Default::default() }
}

fn run() -> RunRequest {
    let file = FileEntry {
        media_type: "application/pdf".into(),
        source: Some(file_entry::Source::Data(vec![0xfb, 0xff].into())),
        ..Default::default()
    };
    let entry = |entry| ContextEntry { entry: Some(entry), ..Default::default() };
    RunRequest {
        session_id: SESSION.into(),
        prompt: vec![entry(context_entry::Entry::Text("read it".into())), entry(file.into())],
        expected_seq: Some(0),
        ..Default::default()
    }
}

fn event() -> RunResponse {
    let event = SessionEvent {
        session_id: SESSION.into(),
        seq: 9_007_199_254_740_993, // more than a JSON number of most readers can hold
        time: MessageField::some(Timestamp {
            seconds: 1_700_000_000,
            nanos: 7_000_000,
            ..Default::default()
        }),
        body: Some(session_event::Body::from(SessionForked::default())),
        ..Default::default()
    };
    RunResponse { message: Some(run_response::Message::from(event)), ..Default::default() }
}

fn update() -> UpdateSessionRequest {
    let session = Session {
        session_id: SESSION.into(),
        state: SessionState::Waiting.into(),
        metadata: metadata(),
        ..Default::default()
    };
    let mask = FieldMask { paths: vec!["metadata".into()], ..Default::default() };
    UpdateSessionRequest {
        session: MessageField::some(session),
        update_mask: MessageField::some(mask),
        ..Default::default()
    }
}

fn survives<M: Message + PartialEq + Debug>(message: &M) {
    let bytes = message.encode_to_vec();
    assert!(!bytes.is_empty());
    assert_eq!(&M::decode_from_slice(&bytes).unwrap(), message);
}

#[test]
fn messages_survive_the_binary_form() {
    survives(&create_session());
    survives(&run());
    survives(&event());
    survives(&update());
}

#[test]
fn order_of_a_map_is_the_order_of_its_keys() {
    let config = SessionConfig { metadata: metadata(), ..Default::default() };
    let mut expected = Vec::new();
    for (key, value) in [("area", "wire"), ("blank", ""), ("team", "red")] {
        let mut entry = vec![0x0a, key.len() as u8];
        entry.extend(key.as_bytes());
        entry.extend([0x12, value.len() as u8]);
        entry.extend(value.as_bytes());
        expected.extend([0x62, entry.len() as u8]); // field 12, a message
        expected.extend(entry);
    }
    assert_eq!(config.encode_to_vec(), expected);
}

#[test]
fn of_a_oneof_the_last_on_the_wire_counts() {
    let one =
        CancelRequest { target: Some(cancel_request::Target::CallId("c-1".into())), ..Default::default() };
    let other = CancelRequest { target: Some(WholeSession::default().into()), ..Default::default() };
    let bytes = [one.encode_to_vec(), other.encode_to_vec()].concat();
    assert_eq!(CancelRequest::decode_from_slice(&bytes).unwrap(), other);
}

#[test]
fn a_oneof_that_is_set_to_nothing_differs_from_none() {
    let nothing = EnvironmentConfig {
        environment: Some(environment_config::Environment::Provider(String::new())),
        ..Default::default()
    };
    survives(&nothing);
    assert_eq!(EnvironmentConfig::decode_from_slice(b"").unwrap().environment, None);
}

#[test]
fn a_state_from_a_newer_version_is_kept() {
    let session = Session { state: EnumValue::Unknown(77), ..Default::default() };
    survives(&session);
}

#[cfg(feature = "json")]
mod json {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn reads_and_writes<M>(message: &M, expected: serde_json::Value)
    where
        M: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
    {
        assert_eq!(serde_json::to_value(message).unwrap(), expected);
        assert_eq!(&serde_json::from_value::<M>(expected).unwrap(), message);
    }

    #[test]
    fn of_a_session_to_create() {
        let expected = json!({ "config": {
            "agent": "coder",
            "options": { "temperature": 0.0, "seed": "-1", "reasoningEffort": "REASONING_EFFORT_HIGH" },
            "toolTimeout": "90s",
            "metadata": { "area": "wire", "blank": "", "team": "red" },
            "environment": { "none": {} },
        }});
        reads_and_writes(&create_session(), expected);
    }

    #[test]
    fn of_a_prompt() {
        let expected = json!({
            "sessionId": SESSION,
            "prompt": [
                { "text": "read it" },
                { "file": { "mediaType": "application/pdf", "data": "+/8=" } },
            ],
            "expectedSeq": "0",
        });
        reads_and_writes(&run(), expected);
    }

    #[test]
    fn of_an_event() {
        let expected = json!({ "event": {
            "sessionId": SESSION,
            "seq": "9007199254740993",
            "time": "2023-11-14T22:13:20.007Z",
            "sessionForked": {},
        }});
        reads_and_writes(&event(), expected);
    }

    #[test]
    fn of_a_field_mask() {
        let expected = json!({
            "session": {
                "sessionId": SESSION,
                "state": "SESSION_STATE_WAITING",
                "metadata": { "area": "wire", "blank": "", "team": "red" },
            },
            "updateMask": "metadata",
        });
        reads_and_writes(&update(), expected);
    }

    #[test]
    fn two_of_a_oneof_are_refused() {
        let two = json!({ "sessionId": SESSION, "callId": "c-1", "session": {} });
        assert!(serde_json::from_value::<CancelRequest>(two).is_err());
    }
}
