//! A session as a list tells it.

use tau_core::event::{Event, EventBody, EventHeader, Seq, SessionConfig, Timestamp};
use tau_core::{ContentBlock, EventId, RunId, SessionId, ToolArguments, ToolCall, ToolCallId};
use tau_proto::runtime::v1::pending_request::Request;
use tau_proto::runtime::v1::{self as pb, SessionState};
use tau_session::SessionOverview;

use super::assert_travels;
use crate::runtime::AGENT_KEY;
use crate::server::wire::{Liveness, session};

const ID: SessionId = SessionId::from_u128(1);
const PARENT: SessionId = SessionId::from_u128(2);
const RUN: RunId = RunId::from_u128(3);

fn fold(bodies: Vec<EventBody>) -> SessionOverview {
    let event = |(seq, body)| Event {
        header: EventHeader {
            session: ID,
            seq: Seq(seq),
            epoch: 4,
            id: EventId::from_u128(seq.into()),
            time: Timestamp(seq * 1_500),
            cause: None,
        },
        body,
    };
    SessionOverview::fold((1..).zip(bodies).map(event).collect::<Vec<_>>().iter())
}

fn created() -> EventBody {
    let mut config = SessionConfig::new("local/qwen3");
    config.parent = Some(PARENT);
    config.metadata.insert(AGENT_KEY.to_owned(), "reviewer".to_owned());
    EventBody::SessionCreated(Box::new(config))
}

fn prompted() -> EventBody {
    EventBody::PromptSubmitted { run: RUN, content: vec![ContentBlock::text("Mend it")] }
}

fn call() -> ToolCall {
    ToolCall::new(ToolCallId::new("call_1"), "write", ToolArguments::parse("{}"))
}

fn announced() -> EventBody {
    EventBody::ToolRequested {
        call: call(),
        arguments_hash: String::new(),
        idempotency_key: String::new(),
        effect: tau_core::EffectClass::AtMostOnce,
    }
}

fn asked() -> EventBody {
    EventBody::PermissionRequested { call_id: call().id, reason: "It writes.".to_owned() }
}

#[test]
fn the_state_is_what_a_caller_can_expect_of_it() {
    use Liveness::{Absent, Held, Live, Paused};
    let idle = fold(vec![created()]);
    let queued = fold(vec![created(), prompted()]);
    let started = EventBody::RunStarted { run: RUN };
    let running = fold(vec![created(), prompted(), started.clone()]);
    let waiting = fold(vec![created(), prompted(), started, announced(), asked()]);
    let closed = fold(vec![created(), EventBody::SessionClosed]);
    let held = || Held("tau 0.1 on host".to_owned());
    let table = [
        (&idle, Live, SessionState::Idle),
        (&idle, Paused, SessionState::Paused),
        (&idle, held(), SessionState::Idle),
        (&idle, Absent, SessionState::Idle),
        (&queued, Live, SessionState::Running),
        (&queued, Absent, SessionState::Interrupted),
        (&running, Live, SessionState::Running),
        (&running, Paused, SessionState::Paused),
        (&running, held(), SessionState::Running),
        (&running, Absent, SessionState::Interrupted),
        (&waiting, Live, SessionState::Waiting),
        (&waiting, held(), SessionState::Waiting),
        (&waiting, Absent, SessionState::Interrupted),
        (&closed, Live, SessionState::Closed),
        (&closed, Absent, SessionState::Closed),
    ];
    for (overview, liveness, state) in table {
        let told = session(overview, ID, liveness.clone());
        assert_eq!(told.state, state, "{liveness:?} {overview:?}");
        assert_eq!(told.is_live, matches!(liveness, Live | Paused));
        assert_eq!(told.holder.is_set(), matches!(liveness, Held(_)));
        assert_travels(&told);
    }
}

#[test]
fn a_session_says_what_its_events_say() {
    let started = EventBody::RunStarted { run: RUN };
    let overview = fold(vec![created(), prompted(), started, announced(), asked()]);
    let told = session(&overview, ID, Liveness::Live);
    assert_eq!(told.session_id, ID.to_string());
    assert_eq!((told.head.seq, told.head.epoch, told.head.session_id.as_str()), (5, 4, &*ID.to_string()));
    assert_eq!((told.created.seconds, told.created.nanos), (1, 500_000_000));
    assert_eq!((told.updated.seconds, told.updated.nanos), (7, 500_000_000));
    assert_eq!((told.agent.as_str(), told.model.as_str()), ("reviewer", "local/qwen3"));
    assert_eq!(told.parent_session_id, PARENT.to_string());
    assert_eq!((told.prompt.as_str(), told.run_id), ("Mend it", RUN.to_string()));
    assert_eq!(told.spent.tool_calls, 1);
    let request = Request::Permission(pb::PermissionRequested {
        call_id: "call_1".to_owned(),
        reason: "It writes.".to_owned(),
        ..Default::default()
    });
    let pending = &told.pending[0];
    assert_eq!((pending.call.name.as_str(), pending.seq, &pending.request), ("write", 5, &Some(request)));
}

#[test]
fn every_kind_of_request_is_told() {
    let question = EventBody::QuestionAsked {
        call_id: call().id,
        text: "Which?".to_owned(),
        choices: vec!["a".to_owned(), "b".to_owned()],
    };
    let plan = EventBody::PlanProposed { call_id: call().id, plan: "1. Mend".to_owned() };
    let request = |body| {
        let overview = fold(vec![created(), prompted(), announced(), body]);
        session(&overview, ID, Liveness::Live).pending.remove(0).request
    };
    let Some(Request::Question(told)) = request(question) else { panic!("no question") };
    assert_eq!((told.text.as_str(), told.choices.len()), ("Which?", 2));
    let Some(Request::Plan(told)) = request(plan) else { panic!("no plan") };
    assert_eq!(told.plan, "1. Mend");
}
