//! Steps of the output, and the content blocks they become.

use serde_json::Value;
use tau_core::{ContentBlock, Reasoning, ToolArguments, ToolCall, ToolCallId};

use super::NAME;
use crate::format::echo;
use crate::format::json::{ObjectWriter, other_fields};

/// A step of the output, so far.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) kind: String,
    /// The step as it began, or as it is where nothing is added.
    pub(super) json: String,
    pub(super) value: Value,
    /// Its words, or the text of its arguments.
    pub(super) text: String,
    pub(super) signature: String,
    /// Which of the calls it is.
    pub(super) call: usize,
}

impl Step {
    /// Adds the content blocks that it becomes.
    pub(super) fn finish(self, content: &mut Vec<ContentBlock>) {
        match self.kind.as_str() {
            // Pictures it made are kept beside its words.
            "model_output" if has_only_text(&self.value["content"]) => {
                // Fields of nothing would be those of the next step.
                if !self.text.is_empty() {
                    let fields = other_fields(&self.json, &["type", "content"]);
                    content.extend(fields.map(|fields| echo::next(NAME, &fields)));
                    content.push(ContentBlock::text(self.text));
                }
            }
            "thought" if self.signature.is_empty() => {
                content.push(ContentBlock::Reasoning(Reasoning::text(self.text)));
            }
            "thought" => {
                let mut fields = Vec::new();
                ObjectWriter::new(&mut fields).field("signature", &self.signature).end();
                let fields = String::from_utf8(fields).unwrap_or_default();
                content.push(echo::with(NAME, self.text, &fields));
            }
            "function_call" => {
                let named = ["type", "id", "name", "arguments"];
                content.extend(other_fields(&self.json, &named).map(|fields| echo::next(NAME, &fields)));
                let text = |key: &str| self.value[key].as_str().unwrap_or_default();
                let id = ToolCallId::new(text("id"));
                let call = ToolCall::new(id, text("name"), ToolArguments::parse(self.text.as_str()));
                content.push(ContentBlock::ToolCall(call));
            }
            _ => content.push(echo::whole(NAME, String::new(), &self.json)),
        }
    }
}

/// The texts of content parts.
pub(super) fn texts(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten();
    parts.filter_map(|part| part["text"].as_str()).collect()
}

fn has_only_text(content: &Value) -> bool {
    content.as_array().is_none_or(|parts| parts.iter().all(|part| part["type"] == "text"))
}
