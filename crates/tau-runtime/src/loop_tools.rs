//! The tools that the loop answers itself: no executor runs them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;
use tau_core::event::{AgentProfile, ToolKind, ToolSpec};
use tau_core::{EffectClass, ToolDefinition};

use crate::names;

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

/// The most bytes of the description with what kinds of subagents say of themselves, and of what one does. The names of
/// those that had no room have one of their own.
const AGENTS: (usize, usize) = (12_000, 1_200);

/// `task`: the model gives work to a subagent, which has the same tools or those of its kind, and a part of the budget.
/// The kinds are those of the session's [`agents`](tau_core::event::SessionConfig::agents).
#[must_use]
pub fn task(agents: &BTreeMap<String, AgentProfile>) -> ToolSpec {
    let mut description = "Give a piece of work to a subagent and get its final answer. It starts without any of this \
                           conversation, so tell it everything it needs and what to report. Several calls in one reply \
                           work side by side."
        .to_owned();
    let prompt = json!({ "type": "string", "description": "The work, complete in itself" });
    let about = "Go on without waiting for it: its report comes by itself. Default: false";
    let mut properties =
        json!({ "prompt": prompt, "background": { "type": "boolean", "description": about } });
    if !agents.is_empty() {
        description.push_str(" The kinds of subagents:\n");
        list(agents, &mut description);
        let about = "The kind of subagent; without it, one with your own instructions and tools";
        properties["agent"] = json!({ "type": "string", "description": about });
    }
    let parameters = json!({ "type": "object", "properties": properties, "required": ["prompt"] });
    spec("task", &description, parameters, ToolKind::Subagent)
}

/// A line for each kind, as far as there is room; then names of others, which can be asked for all the same.
fn list(agents: &BTreeMap<String, AgentProfile>, text: &mut String) {
    let (most, most_of_one) = AGENTS;
    let mut others: Vec<&str> = Vec::new();
    for (name, profile) in agents {
        let about = profile.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let about = &about[..about.floor_char_boundary(most_of_one)];
        if text.len() + name.len() + about.len() > most {
            others.push(name);
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {name}: {about}");
    }
    if !others.is_empty() {
        let _ = writeln!(text, "- and {}", names::list(others));
    }
}

/// What such a call does itself changes nothing; what a subagent does is judged in the subagent.
fn spec(name: &str, description: &str, parameters: serde_json::Value, kind: ToolKind) -> ToolSpec {
    ToolSpec::new(ToolDefinition::new(name, description, parameters), EffectClass::Pure).with_kind(kind)
}
