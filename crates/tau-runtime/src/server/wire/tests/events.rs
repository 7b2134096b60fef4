//! Every kind of event on its way out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tau_core::event::{
    CompactionStrategy, Event, EventBody, EventHeader, RunOutcome, Seq, Timestamp, ToolOutcome,
};
use tau_core::{EventId, RunId, SessionId, TokenUsage, ToolCallId, ToolResult};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::session_event::Body;

use super::messages::{any_message, any_text};
use super::{assert_travels, records};
use crate::journals::to_wire;
use crate::server::wire::event;

/// The name of the field that is set, as JSON has it.
fn field(message: &pb::SessionEvent) -> String {
    let json = serde_json::to_value(message).unwrap();
    let envelope = ["sessionId", "seq", "eventId", "epoch", "time", "causeEventId", "record"];
    let mut fields: Vec<&String> = json.as_object().unwrap().keys().collect();
    fields.retain(|field| !envelope.contains(&field.as_str()));
    assert_eq!(fields.len(), 1, "{json}");
    fields[0].clone()
}

/// `model_replied` as JSON names it.
fn camel(kind: &str) -> String {
    let mut words = kind.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

#[test]
fn every_kind_has_the_field_of_its_name() {
    let mut kinds = BTreeSet::new();
    for record in records() {
        let happened = record.open().unwrap();
        let told = event(&happened);
        assert_eq!(field(&told), camel(happened.body.kind()));
        assert_travels(&told);
        kinds.insert(happened.body.kind());
    }
    assert_eq!(kinds, EventBody::KINDS.into_iter().collect());
}

#[test]
fn a_word_of_the_kernel_is_never_told_as_unspecified() {
    for record in records() {
        let json = serde_json::to_string(&event(&record.open().unwrap())).unwrap();
        assert!(!json.contains("UNSPECIFIED"), "{json}");
        let happened = record.open().unwrap();
        match event(&happened).body {
            Some(Body::RunFinished(end)) => assert!(end.outcome.outcome.is_some(), "{json}"),
            Some(Body::CancelRequested(cancel)) => assert!(cancel.scope.scope.is_some(), "{json}"),
            Some(Body::ModelFailed(failed)) => assert_ne!(failed.failure.kind.to_i32(), 0, "{json}"),
            Some(Body::ToolFinished(finished)) => {
                assert_ne!(finished.outcome.to_i32(), 0, "{json}");
                let is_denied = finished.outcome == pb::ToolOutcome::Denied;
                assert_eq!(finished.denial_reason.to_i32() != 0, is_denied, "{json}");
            }
            Some(Body::Compacted(compacted)) => {
                assert_ne!(compacted.strategy.to_i32(), 0, "{json}");
                let is_other = compacted.strategy == pb::CompactionStrategy::Other;
                assert_eq!(!compacted.strategy_name.is_empty(), is_other, "{json}");
            }
            _ => {}
        }
    }
}

#[test]
fn an_event_carries_its_envelope() {
    let record = records().swap_remove(1);
    let happened = record.open().unwrap();
    let header = &record.header;
    let expected = pb::SessionEvent {
        session_id: header.session.to_string(),
        seq: 2,
        event_id: header.id.to_string(),
        epoch: 1,
        time: to_wire(record.clone()).time,
        cause_event_id: header.cause.unwrap().to_string(),
        body: event(&happened).body,
        ..Default::default()
    };
    assert_eq!(event(&happened), expected);
}

#[test]
fn the_end_of_a_run_says_how() {
    let run = RunId::from_u128(7);
    let told = told(EventBody::RunFinished { run, outcome: RunOutcome::TurnLimit { limit: 20 } });
    let outcome = pb::run_outcome::Outcome::TurnLimit(20);
    let expected = pb::RunFinished {
        run_id: run.to_string(),
        outcome: pb::RunOutcome { outcome: Some(outcome), ..Default::default() }.into(),
        ..Default::default()
    };
    assert_eq!(told.body, Some(Body::RunFinished(expected)));
}

fn told(body: EventBody) -> pb::SessionEvent {
    event(&at(Timestamp(1_790_000_000_000), body))
}

fn at(time: Timestamp, body: EventBody) -> Event {
    let (session, id) = (SessionId::from_u128(1), EventId::from_u128(2));
    Event { header: EventHeader { session, seq: Seq(3), epoch: 4, id, time, cause: None }, body }
}

fn any_body() -> impl Strategy<Value = EventBody> {
    let run = RunId::from_u128(5);
    let usage = any::<[u64; 5]>().prop_map(|[input, cached_input, cache_write, output, reasoning]| {
        TokenUsage { input, cached_input, cache_write, output, reasoning }
    });
    let messages = || proptest::collection::vec(any_message(), 0..4);
    prop_oneof![
        any_message()
            .prop_map(move |message| EventBody::PromptSubmitted { run, content: message.content.to_vec() }),
        messages().prop_map(|messages| EventBody::HistoryImported { messages }),
        (messages(), any_text(), proptest::option::of(usage)).prop_map(|(replacement, name, usage)| {
            let strategy = CompactionStrategy::Other(name);
            EventBody::Compacted { through: Seq(u64::MAX), strategy, replacement, usage }
        }),
        (any_message(), any_text(), any::<u32>()).prop_map(|(message, id, turn)| {
            let mut response = tau_core::ChatResponse::new(message.content.to_vec(), id.as_str().into());
            response.id = id;
            EventBody::ModelReplied { turn, response: Arc::new(response) }
        }),
        (any_text(), any::<u64>(), 0..1_000_000_000_u32).prop_map(|(text, seconds, nanos)| {
            let elapsed = Duration::new(seconds, nanos).into();
            let result = ToolResult::error(ToolCallId::new(text.clone()), text);
            EventBody::ToolFinished { outcome: ToolOutcome::Unknown, result, elapsed }
        }),
    ]
}

proptest! {
    #[test]
    fn any_event_can_be_told_in_both_encodings(body in any_body(), time in any::<u64>()) {
        let happened = at(Timestamp(time), body);
        let told = event(&happened);
        prop_assert_eq!(field(&told), camel(happened.body.kind()));
        assert_travels(&told);
    }
}
