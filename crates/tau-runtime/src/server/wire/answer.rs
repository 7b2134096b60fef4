//! Answers of people.

use tau_core::event::{PermissionAnswer, PlanAnswer, QuestionAnswer};
use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1::answer::Answer as OneAnswer;
use tau_proto::runtime::v1::question_answer::Answer as Words;
use tau_proto::runtime::v1::{self as pb, PermissionDecision, PlanDecision};

use super::error::{WireError, Within};

const NO_DECISION: &str = "not stated, or not known to this version";

/// What a person answers, to whichever was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// To a request for permission.
    Permission(PermissionAnswer),
    /// To a question.
    Question(QuestionAnswer),
    /// To a plan.
    Plan(PlanAnswer),
}

/// An answer, with its kind.
pub(crate) fn read_answer(wire: pb::Answer) -> Result<Reply, WireError> {
    match wire.answer {
        Some(OneAnswer::Permission(answer)) => {
            read_permission(answer).map(Reply::Permission).within("permission")
        }
        Some(OneAnswer::Question(answer)) => read_question(answer).map(Reply::Question).within("question"),
        Some(OneAnswer::Plan(answer)) => read_plan(answer).map(Reply::Plan).within("plan"),
        None => Err(WireError::invalid("", "an answer needs a kind that this version knows")),
    }
}

fn read_permission(wire: pb::PermissionAnswer) -> Result<PermissionAnswer, WireError> {
    Ok(match wire.decision.as_known() {
        Some(PermissionDecision::Allow) => PermissionAnswer::Allow,
        Some(PermissionDecision::AllowAlways) => PermissionAnswer::AllowAlways,
        Some(PermissionDecision::Deny) => PermissionAnswer::Deny { message: wire.message },
        Some(PermissionDecision::NobodyToAsk) => PermissionAnswer::NobodyToAsk,
        Some(PermissionDecision::Unspecified) | None => {
            return Err(WireError::invalid("decision", NO_DECISION));
        }
    })
}

fn read_question(wire: pb::QuestionAnswer) -> Result<QuestionAnswer, WireError> {
    match wire.answer {
        Some(Words::Text(text)) => Ok(QuestionAnswer::Answer { text }),
        Some(Words::NobodyToAsk(_)) => Ok(QuestionAnswer::NobodyToAsk),
        None => Err(WireError::invalid("", "a question needs an answer that this version knows")),
    }
}

fn read_plan(wire: pb::PlanAnswer) -> Result<PlanAnswer, WireError> {
    Ok(match wire.decision.as_known() {
        Some(PlanDecision::Approve) => PlanAnswer::Approve,
        Some(PlanDecision::Edit) => PlanAnswer::Edit { plan: wire.plan },
        Some(PlanDecision::Reject) => PlanAnswer::Reject { message: wire.message },
        Some(PlanDecision::NobodyToAsk) => PlanAnswer::NobodyToAsk,
        Some(PlanDecision::Unspecified) | None => return Err(WireError::invalid("decision", NO_DECISION)),
    })
}

pub(super) fn permission_answer(answer: &PermissionAnswer) -> pb::PermissionAnswer {
    let (decision, message) = match answer {
        PermissionAnswer::Allow => (PermissionDecision::Allow, ""),
        PermissionAnswer::AllowAlways => (PermissionDecision::AllowAlways, ""),
        PermissionAnswer::Deny { message } => (PermissionDecision::Deny, message.as_str()),
        PermissionAnswer::NobodyToAsk => (PermissionDecision::NobodyToAsk, ""),
        _ => (PermissionDecision::Unspecified, ""),
    };
    let decision = EnumValue::from(decision);
    pb::PermissionAnswer { decision, message: message.to_owned(), ..Default::default() }
}

pub(super) fn question_answer(answer: &QuestionAnswer) -> pb::QuestionAnswer {
    let answer = match answer {
        QuestionAnswer::Answer { text } => Some(Words::Text(text.clone())),
        QuestionAnswer::NobodyToAsk => Some(Words::NobodyToAsk(pb::NobodyToAsk::default())),
        _ => None,
    };
    pb::QuestionAnswer { answer, ..Default::default() }
}

pub(super) fn plan_answer(answer: &PlanAnswer) -> pb::PlanAnswer {
    let (decision, plan, message) = match answer {
        PlanAnswer::Approve => (PlanDecision::Approve, "", ""),
        PlanAnswer::Edit { plan } => (PlanDecision::Edit, plan.as_str(), ""),
        PlanAnswer::Reject { message } => (PlanDecision::Reject, "", message.as_str()),
        PlanAnswer::NobodyToAsk => (PlanDecision::NobodyToAsk, "", ""),
        _ => (PlanDecision::Unspecified, "", ""),
    };
    pb::PlanAnswer {
        decision: decision.into(),
        plan: plan.to_owned(),
        message: message.to_owned(),
        ..Default::default()
    }
}
