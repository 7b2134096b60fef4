//! Answers of people, cancels and claims.

use tau_core::event::{EventBody, PermissionAnswer, PlanAnswer, QuestionAnswer};
use tau_core::{RunId, SessionId, ToolCallId};
use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::answer::Answer;
use tau_proto::runtime::v1::cancel_request::Target;
use tau_proto::runtime::v1::session_event::Body;

use super::{records, seen};
use crate::runtime::Claim;
use crate::server::wire::{CancelTarget, Reply, event, read_answer, read_cancel_target, read_claim};

fn one(answer: Answer) -> pb::Answer {
    pb::Answer { answer: Some(answer), ..Default::default() }
}

/// Every answer that an event tells can be given.
#[test]
fn what_events_tell_of_answers_is_what_is_answered() {
    let mut answers = 0;
    for record in records() {
        let happened = record.open().unwrap();
        let expected = match &happened.body {
            EventBody::PermissionAnswered { answer, .. } => Reply::Permission(answer.clone()),
            EventBody::QuestionAnswered { answer, .. } => Reply::Question(answer.clone()),
            EventBody::PlanAnswered { answer, .. } => Reply::Plan(answer.clone()),
            _ => continue,
        };
        let told = match event(&happened).body {
            Some(Body::PermissionAnswered(told)) => Answer::Permission(told.answer.into_option().unwrap()),
            Some(Body::QuestionAnswered(told)) => Answer::Question(told.answer.into_option().unwrap()),
            Some(Body::PlanAnswered(told)) => Answer::Plan(told.answer.into_option().unwrap()),
            other => panic!("{other:?}"),
        };
        assert_eq!(read_answer(one(told)).unwrap(), expected);
        answers += 1;
    }
    assert_eq!(answers, 10, "every variant of the three answers");
}

#[test]
fn words_that_do_not_belong_to_an_answer_are_not_taken() {
    let permission = pb::PermissionAnswer {
        decision: pb::PermissionDecision::Allow.into(),
        message: "fine".to_owned(),
        ..Default::default()
    };
    let read = read_answer(one(Answer::Permission(permission))).unwrap();
    assert_eq!(read, Reply::Permission(PermissionAnswer::Allow));
    let plan = pb::PlanAnswer {
        decision: pb::PlanDecision::Edit.into(),
        plan: "1. Mend".to_owned(),
        message: "so".to_owned(),
        ..Default::default()
    };
    let read = read_answer(one(Answer::Plan(plan))).unwrap();
    assert_eq!(read, Reply::Plan(PlanAnswer::Edit { plan: "1. Mend".to_owned() }));
    let text = pb::question_answer::Answer::Text(" b\n".to_owned());
    let question = pb::QuestionAnswer { answer: Some(text), ..Default::default() };
    let read = read_answer(one(Answer::Question(question))).unwrap();
    assert_eq!(read, Reply::Question(QuestionAnswer::Answer { text: " b\n".to_owned() }));
}

#[test]
fn an_answer_that_is_none_is_refused() {
    let unknown = |value| pb::PermissionAnswer { decision: EnumValue::from(value), ..Default::default() };
    let table = [
        (pb::Answer::default(), ""),
        (one(Answer::Permission(unknown(0))), "permission.decision"),
        (one(Answer::Permission(unknown(99))), "permission.decision"),
        (one(Answer::Question(pb::QuestionAnswer::default())), "question"),
        (one(Answer::Plan(pb::PlanAnswer::default())), "plan.decision"),
    ];
    for (answer, field) in table {
        let error = read_answer(answer.clone()).unwrap_err();
        assert_eq!(seen(&error), ("invalid_request", field), "{answer:?}");
    }
}

#[test]
fn a_cancel_says_what_it_is_meant_for() {
    let (run, child) = (RunId::from_u128(1), SessionId::from_u128(2));
    let table = [
        (Target::RunId(run.to_string()), CancelTarget::Run(run)),
        (Target::CurrentRun(pb::CurrentRun::default()), CancelTarget::CurrentRun),
        (Target::CallId("call_1".to_owned()), CancelTarget::Call(ToolCallId::new("call_1"))),
        (Target::SubagentSessionId(child.to_string()), CancelTarget::Subagent(child)),
        (Target::Session(pb::WholeSession::default()), CancelTarget::Session),
    ];
    let request = |target| pb::CancelRequest { target, ..Default::default() };
    for (target, expected) in table {
        assert_eq!(read_cancel_target(request(Some(target))).unwrap(), expected);
    }
    let error = read_cancel_target(request(None)).unwrap_err();
    assert_eq!(seen(&error), ("invalid_request", ""));
    let error = read_cancel_target(request(Some(Target::RunId("1".to_owned())))).unwrap_err();
    assert_eq!(seen(&error), ("invalid_request", "run_id"));
}

#[test]
fn a_claim_is_careful_unless_it_says_otherwise() {
    assert_eq!(read_claim(pb::Claim::Unspecified.into()).unwrap(), Claim::IfFree);
    assert_eq!(read_claim(pb::Claim::IfFree.into()).unwrap(), Claim::IfFree);
    assert_eq!(read_claim(pb::Claim::TakeOver.into()).unwrap(), Claim::TakeOver);
    assert_eq!(seen(&read_claim(9.into()).unwrap_err()), ("invalid_request", "claim"));
}
