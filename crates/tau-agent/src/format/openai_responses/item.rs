//! Items of the output, and the content blocks they become.

use serde_json::Value;
use tau_core::{ContentBlock, ToolArguments, ToolCall, ToolCallId};

use super::NAME;
use crate::format::echo;
use crate::format::json::{other_fields, words};

/// An item of the output, so far.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// Where it stands in the output.
    pub(super) index: Option<u64>,
    /// The item as it came: what it began with, and in the end the whole of it.
    pub(super) json: String,
    pub(super) value: Value,
    /// Whether `json` is the whole of it.
    pub(super) is_whole: bool,
    /// The words that were streamed, or the arguments.
    pub(super) streamed: String,
    /// The part of the summary that the last words belonged to.
    pub(super) part: Option<u64>,
    /// Which of the calls it is.
    pub(super) call: usize,
}

impl Item {
    pub(super) fn kind(&self) -> &str {
        self.value["type"].as_str().unwrap_or_default()
    }

    /// All that it says: words, thoughts or arguments.
    pub(super) fn said(&self) -> String {
        match self.kind() {
            "message" => texts(&self.value["content"]).collect(),
            "reasoning" => thoughts(&self.value),
            "function_call" => self.value["arguments"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        }
    }

    /// Adds the content blocks that it becomes.
    pub(super) fn finish(self, content: &mut Vec<ContentBlock>) {
        let whole = if self.is_whole { self.said() } else { String::new() };
        let text = if whole.is_empty() { self.streamed } else { whole };
        match self.value["type"].as_str().unwrap_or("message") {
            "message" => {
                // Fields of nothing would be those of the next item.
                if !text.is_empty() {
                    let named = ["type", "id", "status", "role", "content"];
                    let fields = other_fields(&self.json, &named);
                    content.extend(fields.map(|fields| echo::next(NAME, &fields)));
                    content.push(ContentBlock::text(text));
                }
            }
            "function_call" => {
                let named = ["type", "id", "status", "call_id", "name", "arguments"];
                if let Some(fields) = other_fields(&self.json, &named) {
                    content.push(echo::next(NAME, &fields));
                }
                let name = self.value["name"].as_str().unwrap_or_default();
                let id = words(&self.value["call_id"]).or(words(&self.value["id"])).unwrap_or_default();
                let call = ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(text));
                content.push(ContentBlock::ToolCall(call));
            }
            // One that broke off could not be read by anybody.
            "reasoning" if !self.is_whole => {
                content.push(ContentBlock::Reasoning(tau_core::Reasoning::text(text)));
            }
            _ => content.push(echo::whole(NAME, text, &self.json)),
        }
    }
}

/// The texts of content parts; a refusal is one.
fn texts(content: &Value) -> impl Iterator<Item = &str> {
    let parts = content.as_array().into_iter().flatten();
    let parts = parts.filter_map(|part| part["text"].as_str().or(part["refusal"].as_str()));
    content.as_str().into_iter().chain(parts)
}

/// The summary of reasoning, its parts as paragraphs; where there is none, the reasoning itself.
fn thoughts(item: &Value) -> String {
    let summary: Vec<&str> = texts(&item["summary"]).filter(|text| !text.is_empty()).collect();
    if summary.is_empty() { texts(&item["content"]).collect() } else { summary.join("\n\n") }
}
