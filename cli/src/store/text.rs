//! The words of an event that people may search for.

use serde_json::Value;
use tau_core::ContentBlock;
use tau_core::event::{EventBody, PlanAnswer, QuestionAnswer};
use tau_persist::TextExtractor;
use tau_proto::runtime::v1 as wire;

use super::entry::open;

/// Finds what people and the model said, what tools were asked and what they gave back.
#[derive(Debug)]
pub(super) struct SessionText;

impl TextExtractor for SessionText {
    fn text(&self, event: &wire::Event) -> Option<String> {
        let text = match open(event).ok()?.body {
            EventBody::PromptSubmitted { content, .. } | EventBody::ContextInjected { content } => {
                words(&content)
            }
            EventBody::HistoryImported { messages } => {
                messages.iter().map(|message| message.text()).collect::<Vec<_>>().join("\n")
            }
            EventBody::ModelReplied { response, .. } => words(&response.content),
            EventBody::ToolRequested { call, .. } => {
                let mut parts = vec![call.name.clone()];
                match call.arguments.value() {
                    Ok(value) => strings(&value, &mut parts),
                    Err(_) => parts.push(call.arguments.raw().to_owned()),
                }
                parts.join("\n")
            }
            EventBody::ToolFinished { result, .. } => result.text(),
            EventBody::QuestionAsked { text, .. } => text,
            EventBody::QuestionAnswered { answer: QuestionAnswer::Answer { text }, .. } => text,
            EventBody::PlanProposed { plan, .. } => plan,
            EventBody::PlanAnswered { answer: PlanAnswer::Edit { plan }, .. } => plan,
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}

fn words(content: &[ContentBlock]) -> String {
    content.iter().filter_map(ContentBlock::as_text).collect::<Vec<_>>().join("\n")
}

/// Every text in a value: the raw JSON would glue the letters of escapes to words.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}
