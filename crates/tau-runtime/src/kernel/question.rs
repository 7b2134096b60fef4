//! Questions: the model asks a person, and the answer is the result of the call.

use serde_json::Value;
use tau_core::event::{DenialReason, EventBody, QuestionAnswer, ToolOutcome};
use tau_core::{ToolCall, ToolCallId, ToolResult, ToolResultBlock};

use super::run::WaitsFor;
use super::step::Step;
use super::{Rejection, tools};

/// A call asks a question: `{"question": "...", "choices": ["..."]}`.
pub(super) fn ask(step: &mut Step<'_>, call: &ToolCall) {
    match question_of(call) {
        Ok((text, choices)) => {
            step.emit(EventBody::QuestionAsked { call_id: call.id.clone(), text, choices });
        }
        Err(problem) => tools::fail(step, &call.id, problem),
    }
}

/// Someone answered.
pub(super) fn answered(
    step: &mut Step<'_>,
    call_id: &ToolCallId,
    answer: QuestionAnswer,
) -> Result<(), Rejection> {
    let waited = tools::require_waiting(step, call_id, WaitsFor::Answer)?;
    step.emit(EventBody::QuestionAnswered { call_id: call_id.clone(), answer: answer.clone() });
    match answer {
        QuestionAnswer::Answer { text } => {
            let result = ToolResult::success(call_id.clone(), [ToolResultBlock::text(text)]);
            tools::end(step, ToolOutcome::Succeeded, result);
        }
        _ => {
            let text = "Not answered: nobody is there to ask. Decide yourself, and say what you assumed.";
            tools::refuse(step, call_id, DenialReason::NobodyToAsk, text);
        }
    }
    tools::run_released(step, &waited);
    tools::ask_when_ready(step);
    Ok(())
}

fn question_of(call: &ToolCall) -> Result<(String, Vec<String>), String> {
    let value = tools::arguments(call)?;
    let text = value.get("question").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err("There is no question: give it as text in `question`.".to_owned());
    }
    let choices = match value.get("choices") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(choices)) => {
            choices.iter().map(|choice| choice.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    };
    let choices = choices.ok_or("`choices` must be a list of texts, or be left out for a free answer.")?;
    Ok((text.to_owned(), choices))
}
