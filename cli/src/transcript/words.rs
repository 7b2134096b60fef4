//! Words for how things ended, the same in every form of a transcript.

use tau_core::event::{BudgetLimit, CancelScope, CompactionStrategy, PermissionAnswer, RunOutcome};
use tau_core::{Message, Role, ToolArguments, ToolCall, ToolCallId, ToolResultBlock};

use super::item::{Call, Permission, What};
use crate::output::{describe, in_full};

/// How a run ended, and what there is to say about it.
pub(super) fn outcome(outcome: &RunOutcome) -> (&'static str, Option<String>) {
    match outcome {
        RunOutcome::Completed => ("completed", None),
        RunOutcome::TurnLimit { limit } => ("turn_limit", Some(format!("{limit} turns"))),
        RunOutcome::BudgetExceeded { limit } => ("budget_exceeded", Some(budget(*limit).to_owned())),
        RunOutcome::Cancelled => ("cancelled", None),
        RunOutcome::Failed { failure } => ("failed", Some(failure.message.clone())),
        RunOutcome::Denied { message } => ("denied", Some(message.clone())),
        _ => ("unknown", None),
    }
}

const fn budget(limit: BudgetLimit) -> &'static str {
    match limit {
        BudgetLimit::Tokens => "tokens",
        BudgetLimit::Cost => "cost",
        BudgetLimit::ToolCalls => "tool calls",
        BudgetLimit::WallTime => "time",
        _ => "unknown",
    }
}

pub(super) fn scope(scope: &CancelScope) -> String {
    match scope {
        CancelScope::Run => "run".to_owned(),
        CancelScope::QueuedRun { run } => format!("run {run}, which had not started"),
        CancelScope::Session => "session".to_owned(),
        CancelScope::ToolCall { call_id } => call_id.to_string(),
        _ => "unknown".to_owned(),
    }
}

pub(super) fn strategy(strategy: &CompactionStrategy) -> String {
    match strategy {
        CompactionStrategy::Truncation => "truncation".to_owned(),
        CompactionStrategy::SlidingWindow => "sliding_window".to_owned(),
        CompactionStrategy::Summary => "summary".to_owned(),
        CompactionStrategy::Other(name) => name.clone(),
        _ => "unknown".to_owned(),
    }
}

/// The answer to a request for permission, and what was said with it.
pub(super) fn permission(answer: &PermissionAnswer) -> (&'static str, Option<String>) {
    match answer {
        PermissionAnswer::Allow => ("allow", None),
        PermissionAnswer::AllowAlways => ("allow_always", None),
        PermissionAnswer::Deny { message } => {
            ("deny", Some(message.clone()).filter(|message| !message.is_empty()))
        }
        PermissionAnswer::NobodyToAsk => ("nobody_to_ask", None),
        _ => ("unknown", None),
    }
}

/// What was asked before a call ran, and the answer, in one line.
pub(crate) fn permission_line(permission: &Permission) -> String {
    let answer = permission.answer.unwrap_or("no answer yet").replace('_', " ");
    let message = permission.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{}: {answer}{message}", permission.reason)
}

/// How far a call got.
pub(crate) fn call_state(call: &Call) -> &'static str {
    let waits = call.permission.as_ref().is_some_and(|permission| permission.answer.is_none());
    match call.outcome {
        Some(outcome) => outcome,
        None if !call.announced => "not begun",
        None if waits => "waits for permission",
        None => "not ended",
    }
}

/// Why a reply is not whole, if it is not.
pub(crate) fn cut_word(finish: &str) -> Option<&'static str> {
    match finish {
        "length" => Some("cut: it met the limit of output tokens"),
        "content_filter" => Some("cut: the provider's filter stopped it"),
        _ => None,
    }
}

/// A message of a conversation that was held elsewhere.
pub(crate) fn message(message: &Message) -> String {
    let who = match message.role {
        Role::Assistant => "assistant",
        Role::Tool => "tools",
        _ => "user",
    };
    let calls = message.tool_calls().map(|call| format!("[calls {}]", call.name));
    let results = message.tool_results().flat_map(|result| result.content.iter()).map(|block| match block {
        ToolResultBlock::Text { text } => text.clone(),
        _ => "[picture]".to_owned(),
    });
    let said = [message.text()].into_iter().filter(|text| !text.is_empty());
    let parts: Vec<String> = said.chain(calls).chain(results).collect();
    format!("{who}: {}", parts.join("\n"))
}

/// What is said in one line.
pub(crate) fn remark(what: &What) -> String {
    match what {
        What::ReplyFailed { error, .. } => format!("the model did not answer: {error}"),
        What::Subagent { session, outcome } => {
            format!("subagent, session {session}: {}", outcome.as_deref().unwrap_or("not ended"))
        }
        What::Rewound { to, taken_back } => {
            let noun = if *taken_back == 1 { "entry was" } else { "entries were" };
            format!("went back to {to}: {taken_back} {noun} taken back")
        }
        What::Forked { from, at } => format!("all before is a copy of session {from}, up to its event {at}"),
        What::Resumed => "taken up again".to_owned(),
        What::CancelRequested { scope } => format!("cancelled: {scope}"),
        What::RunFinished { outcome, detail } => {
            let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("run ended: {}{detail}", outcome.replace('_', " "))
        }
        What::Closed => "closed".to_owned(),
        _ => String::new(),
    }
}

/// What a call is about, in one line.
pub(crate) fn main_argument(call: &Call) -> String {
    describe(&as_call(call))
}

/// What a call would do, whole.
pub(crate) fn arguments_in_full(call: &Call) -> String {
    in_full(&as_call(call))
}

fn as_call(call: &Call) -> ToolCall {
    let arguments = ToolArguments::parse(call.arguments.as_str());
    ToolCall::new(ToolCallId::new(call.id.as_str()), &call.name, arguments)
}
