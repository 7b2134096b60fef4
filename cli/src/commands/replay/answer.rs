//! What a person answered, out of what the model was told of it: a recording holds the results of calls and nothing else.

use tau_core::ToolResult;
use tau_core::event::{PlanAnswer, QuestionAnswer};

/// How the kernel tells the model of a plan that was changed, and of one that was rejected.
const EDITED: &str = "The user changed the plan. Carry this one out:\n\n";
const REJECTED: &str = "The user rejects the plan.";
const SAID: &str = " They said: ";

/// The answer to a question; nobody's, where there is no result or one that says so.
pub(super) fn question(result: Option<&ToolResult>) -> QuestionAnswer {
    match result.filter(|result| !result.is_error) {
        Some(result) => QuestionAnswer::Answer { text: result.text() },
        None => QuestionAnswer::NobodyToAsk,
    }
}

/// The decision about a plan; nobody's, where there is no result or one that says so.
pub(super) fn plan(result: Option<&ToolResult>) -> PlanAnswer {
    let Some(result) = result else { return PlanAnswer::NobodyToAsk };
    let text = result.text();
    if !result.is_error {
        let edited = text.strip_prefix(EDITED).map(str::to_owned);
        return edited.map_or(PlanAnswer::Approve, |plan| PlanAnswer::Edit { plan });
    }
    match text.strip_prefix(REJECTED) {
        Some(rest) => PlanAnswer::Reject { message: rest.strip_prefix(SAID).unwrap_or(rest).to_owned() },
        None => PlanAnswer::NobodyToAsk,
    }
}
