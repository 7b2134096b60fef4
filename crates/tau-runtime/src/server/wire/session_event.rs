//! The vocabulary of a session: what can happen.

use tau_core::event::{CompactionStrategy, Event, EventBody, Seq, ToolOutcome};
use tau_core::{
    ChatResponse, EffectClass, EventId, HumanDuration, Message, TokenUsage, ToolCall, ToolResult,
};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::session_event::Body;

use super::answer::{permission_answer, plan_answer, question_answer};
use super::config::{budget, compaction_strategy, resolved_config};
use super::content::{content, tool_call, tool_result};
use super::hook::hooks_decided;
use super::message::{chat_response, message};
use super::names::Name;
use super::outcome::{cancel_scope, model_failure, run_outcome};
use super::tool::tool_outcome;
use super::usage::{spending, token_usage};
use super::well_known::{duration, timestamp};

/// Something that happened, without its record.
pub(crate) fn event(event: &Event) -> pb::SessionEvent {
    let header = &event.header;
    pb::SessionEvent {
        session_id: header.session.to_string(),
        seq: header.seq.0,
        event_id: header.id.to_string(),
        epoch: header.epoch,
        time: timestamp(header.time).into(),
        cause_event_id: header.cause.as_ref().map(EventId::to_string).unwrap_or_default(),
        body: Some(body(&event.body)),
        ..Default::default()
    }
}

/// One arm for each kind: a new kind of event has to be given a message here.
fn body(body: &EventBody) -> Body {
    use EventBody as Kernel;
    match body {
        Kernel::SessionCreated(config) => created(resolved_config(config)),
        Kernel::SessionForked { from, at } => forked(from.to_string(), *at),
        Kernel::SessionUpdated { metadata } => {
            pb::SessionUpdated { metadata: metadata.clone(), ..Default::default() }.into()
        }
        Kernel::SessionResumed => pb::SessionResumed::default().into(),
        Kernel::SessionClosed => pb::SessionClosed::default().into(),
        Kernel::HistoryImported { messages } => {
            pb::HistoryImported { messages: all(messages), ..Default::default() }.into()
        }
        Kernel::PromptSubmitted { run, content: said } => {
            pb::PromptSubmitted { run_id: run.to_string(), content: content(said), ..Default::default() }
                .into()
        }
        Kernel::ContextInjected { content: said } => {
            pb::ContextInjected { content: content(said), ..Default::default() }.into()
        }
        Kernel::RunStarted { run } => pb::RunStarted { run_id: run.to_string(), ..Default::default() }.into(),
        Kernel::ModelRequested { run, turn } => {
            pb::ModelRequested { run_id: run.to_string(), turn: *turn, ..Default::default() }.into()
        }
        Kernel::ModelReplied { turn, response } => replied(*turn, response),
        Kernel::ModelFailed { turn, failure } => {
            pb::ModelFailed { turn: *turn, failure: model_failure(failure).into(), ..Default::default() }
                .into()
        }
        Kernel::ToolRequested { call, arguments_hash, idempotency_key, effect } => {
            requested(call, arguments_hash, idempotency_key, *effect)
        }
        Kernel::ToolFinished { outcome, result, elapsed } => finished(*outcome, result, *elapsed),
        Kernel::PermissionRequested { call_id, reason } => {
            let (call_id, reason) = (call_id.to_string(), reason.clone());
            pb::PermissionRequested { call_id, reason, ..Default::default() }.into()
        }
        Kernel::PermissionAnswered { call_id, answer } => {
            let (call_id, answer) = (call_id.to_string(), permission_answer(answer).into());
            pb::PermissionAnswered { call_id, answer, ..Default::default() }.into()
        }
        Kernel::QuestionAsked { call_id, text, choices } => {
            let (call_id, text, choices) = (call_id.to_string(), text.clone(), choices.clone());
            pb::QuestionAsked { call_id, text, choices, ..Default::default() }.into()
        }
        Kernel::QuestionAnswered { call_id, answer } => {
            let (call_id, answer) = (call_id.to_string(), question_answer(answer).into());
            pb::QuestionAnswered { call_id, answer, ..Default::default() }.into()
        }
        Kernel::PlanProposed { call_id, plan } => {
            pb::PlanProposed { call_id: call_id.to_string(), plan: plan.clone(), ..Default::default() }.into()
        }
        Kernel::PlanAnswered { call_id, answer } => {
            let (call_id, answer) = (call_id.to_string(), plan_answer(answer).into());
            pb::PlanAnswered { call_id, answer, ..Default::default() }.into()
        }
        Kernel::SubagentStarted { call_id, child, budget: share, background } => {
            let (call_id, child_session_id) = (call_id.to_string(), child.to_string());
            let budget = budget(share).into();
            let background = *background;
            pb::SubagentStarted { call_id, child_session_id, budget, background, ..Default::default() }.into()
        }
        Kernel::SubagentFinished { child, outcome, spent } => {
            let (outcome, spent) = (run_outcome(outcome).into(), spending(spent).into());
            let child_session_id = child.to_string();
            pb::SubagentFinished { child_session_id, outcome, spent, ..Default::default() }.into()
        }
        Kernel::Compacted { through, strategy, replacement, usage } => {
            compacted(*through, strategy, replacement, *usage)
        }
        Kernel::Rewound { to } => pb::Rewound { to_seq: to.0, ..Default::default() }.into(),
        Kernel::CancelRequested { scope } => {
            pb::CancelRequested { scope: cancel_scope(scope).into(), ..Default::default() }.into()
        }
        Kernel::RunFinished { run, outcome } => {
            let (run_id, outcome) = (run.to_string(), run_outcome(outcome).into());
            pb::RunFinished { run_id, outcome, ..Default::default() }.into()
        }
        Kernel::HooksSet { points } => {
            let points = points.iter().map(|point| point.to_wire()).collect();
            pb::HooksSet { points, ..Default::default() }.into()
        }
        Kernel::HooksAsked { point, call_id } => {
            pb::HooksAsked { point: point.to_wire(), call_id: call_id.to_string(), ..Default::default() }
                .into()
        }
        Kernel::HooksDecided { point, about, decision } => hooks_decided(*point, about, decision),
    }
}

fn created(config: pb::ResolvedSessionConfig) -> Body {
    pb::SessionCreated { config: config.into(), ..Default::default() }.into()
}

fn forked(from_session_id: String, at: Seq) -> Body {
    pb::SessionForked { from_session_id, at_seq: at.0, ..Default::default() }.into()
}

fn replied(turn: u32, response: &ChatResponse) -> Body {
    pb::ModelReplied { turn, response: chat_response(response).into(), ..Default::default() }.into()
}

fn requested(call: &ToolCall, arguments_hash: &str, idempotency_key: &str, effect: EffectClass) -> Body {
    pb::ToolRequested {
        call: tool_call(call).into(),
        arguments_hash: arguments_hash.to_owned(),
        idempotency_key: idempotency_key.to_owned(),
        effect: effect.to_wire(),
        ..Default::default()
    }
    .into()
}

fn finished(outcome: ToolOutcome, result: &ToolResult, elapsed: HumanDuration) -> Body {
    let (outcome, denial_reason) = tool_outcome(outcome);
    pb::ToolFinished {
        outcome,
        denial_reason,
        result: tool_result(result).into(),
        elapsed: duration(elapsed.get()).into(),
        ..Default::default()
    }
    .into()
}

fn compacted(
    through: Seq,
    strategy: &CompactionStrategy,
    replacement: &[Message],
    usage: Option<TokenUsage>,
) -> Body {
    let (strategy, name) = compaction_strategy(strategy);
    pb::Compacted {
        through_seq: through.0,
        strategy: strategy.into(),
        strategy_name: name.to_owned(),
        replacement: all(replacement),
        usage: usage.map(token_usage).into(),
        ..Default::default()
    }
    .into()
}

fn all(messages: &[Message]) -> Vec<pb::Message> {
    messages.iter().map(message).collect()
}
