//! Answers to what sessions ask of people.

use tau_proto::runtime::v1::{
    Answer, NobodyToAsk, PermissionAnswer, PermissionDecision, PlanAnswer, PlanDecision, QuestionAnswer,
    question_answer,
};

fn permission(decision: PermissionDecision, message: String) -> Answer {
    let answer = PermissionAnswer { decision: decision.into(), message, ..Default::default() };
    Answer { answer: Some(answer.into()), ..Default::default() }
}

/// To a request for permission: this call may run.
#[must_use]
pub fn allow() -> Answer {
    permission(PermissionDecision::Allow, String::new())
}

/// To a request for permission: this call may run, and every later one of the same tool in this session.
#[must_use]
pub fn allow_always() -> Answer {
    permission(PermissionDecision::AllowAlways, String::new())
}

/// To a request for permission: no, with words for the model, or none.
pub fn deny(message: impl Into<String>) -> Answer {
    permission(PermissionDecision::Deny, message.into())
}

/// To a request for permission: nobody is there to answer.
#[must_use]
pub fn nobody_to_permit() -> Answer {
    permission(PermissionDecision::NobodyToAsk, String::new())
}

fn question(answer: question_answer::Answer) -> Answer {
    let answer = QuestionAnswer { answer: Some(answer), ..Default::default() };
    Answer { answer: Some(answer.into()), ..Default::default() }
}

/// To a question: what the person said.
pub fn text(text: impl Into<String>) -> Answer {
    question(question_answer::Answer::Text(text.into()))
}

/// To a question: nobody is there to answer.
#[must_use]
pub fn nobody_to_answer() -> Answer {
    question(NobodyToAsk::default().into())
}

fn plan(decision: PlanDecision, plan: String, message: String) -> Answer {
    let answer = PlanAnswer { decision: decision.into(), plan, message, ..Default::default() };
    Answer { answer: Some(answer.into()), ..Default::default() }
}

/// To a plan: carry it out.
#[must_use]
pub fn approve() -> Answer {
    plan(PlanDecision::Approve, String::new(), String::new())
}

/// To a plan: carry out this one instead.
pub fn edit(changed: impl Into<String>) -> Answer {
    plan(PlanDecision::Edit, changed.into(), String::new())
}

/// To a plan: do not carry it out, with words for the model, or none.
pub fn reject(message: impl Into<String>) -> Answer {
    plan(PlanDecision::Reject, String::new(), message.into())
}

/// To a plan: nobody is there to decide.
#[must_use]
pub fn nobody_to_decide() -> Answer {
    plan(PlanDecision::NobodyToAsk, String::new(), String::new())
}
