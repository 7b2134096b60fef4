//! The tools that the loop answers itself: no executor runs them.

use serde_json::json;
use tau_core::event::{ToolKind, ToolSpec};
use tau_core::{EffectClass, ToolDefinition};

/// `ask_user`: the model asks a person, and the answer is the result.
#[must_use]
pub fn ask_user() -> ToolSpec {
    let description = "Ask the user one question and wait for the answer. Use it when the task cannot be done well \
                       without knowing, not for what you can find out yourself. Example: {\"question\": \"Which \
                       database?\", \"choices\": [\"SQLite\", \"PostgreSQL\"]}";
    let parameters = json!({
        "type": "object",
        "properties": {
            "question": { "type": "string", "description": "The question, understandable on its own" },
            "choices": {
                "type": "array",
                "items": { "type": "string" },
                "description": "Answers to choose from; leave it out for a free answer"
            }
        },
        "required": ["question"]
    });
    spec("ask_user", description, parameters, ToolKind::AskUser)
}

/// `propose_plan`: the model proposes a plan, and a person approves, changes or rejects it.
#[must_use]
pub fn propose_plan() -> ToolSpec {
    let description = "Propose a plan to the user before you change anything, and wait for the decision. The answer says \
                       whether to carry it out, or another in its place.";
    let parameters = json!({
        "type": "object",
        "properties": { "plan": { "type": "string", "description": "The plan in Markdown: steps, files, risks" } },
        "required": ["plan"]
    });
    spec("propose_plan", description, parameters, ToolKind::ProposePlan)
}

/// `task`: the model gives work to a subagent, which has the same tools and a part of the budget.
#[must_use]
pub fn task() -> ToolSpec {
    let description = "Give a piece of work to a subagent and get its final answer. It starts without any of this \
                       conversation and has the same tools, so tell it everything it needs and what to report. Several \
                       calls in one reply work side by side.";
    let parameters = json!({
        "type": "object",
        "properties": { "prompt": { "type": "string", "description": "The work, complete in itself" } },
        "required": ["prompt"]
    });
    spec("task", description, parameters, ToolKind::Subagent)
}

/// What such a call does itself changes nothing; what a subagent does is judged in the subagent.
fn spec(name: &str, description: &str, parameters: serde_json::Value, kind: ToolKind) -> ToolSpec {
    ToolSpec::new(ToolDefinition::new(name, description, parameters), EffectClass::Pure).with_kind(kind)
}
