//! Lines of an answer, folded into the reply.

use std::collections::VecDeque;

use serde_json::Value;
use tau_core::{ChatResponse, ContentBlock, FinishReason, TokenUsage, ToolArguments, ToolCall, ToolCallId};

use super::NAME;
use crate::format::decoder::{self, Framing, Part, Progress};
use crate::format::json::{keep_first, raw_at, raw_items, shown, words};
use crate::format::{FormatError, echo};
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    model: String,
    text: String,
    thinking: String,
    calls: Vec<ToolCall>,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
}

impl decoder::Fold for Fold {
    const FRAMING: Framing = Framing::Lines;

    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let line = part.value;
        keep_first(&mut self.model, &line["model"]);
        let message = &line["message"];
        if let Some(text) = words(&message["thinking"]) {
            self.thinking.push_str(text);
            events.push_back(StreamEvent::ReasoningDelta(text.to_owned()));
        }
        if let Some(text) = words(&message["content"]) {
            self.text.push_str(text);
            events.push_back(StreamEvent::TextDelta(text.to_owned()));
        }
        let calls = message["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
        if !calls.is_empty() {
            let raws = raw_items(raw_at(part.text, &["message", "tool_calls"]).unwrap_or("[]"));
            for (call, raw) in calls.iter().zip(raws) {
                self.push_call(call, raw.get(), events);
            }
        }
        if line["done"] == true {
            self.end(line);
        }
        Ok(())
    }

    /// A server that does not stream sends one line.
    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        if !part.value["message"].is_object() {
            return Err(FormatError::Malformed(format!("no message in `{}`", shown(part.text))));
        }
        self.push(part, events)
    }

    fn progress(&self) -> Progress {
        if self.finish.is_some() { Progress::Complete } else { Progress::Open }
    }

    fn finish(mut self) -> ChatResponse {
        // They grew piece by piece, and are kept for as long as their session lives.
        self.text.shrink_to_fit();
        self.thinking.shrink_to_fit();
        let finish = match self.finish.unwrap_or(FinishReason::Stop) {
            FinishReason::Stop if !self.calls.is_empty() => FinishReason::ToolCalls,
            other => other,
        };
        let mut content = Vec::new();
        if !self.thinking.is_empty() {
            content.push(echo::with(NAME, self.thinking, "{}"));
        }
        if !self.text.is_empty() {
            content.push(ContentBlock::text(self.text));
        }
        content.extend(self.calls.into_iter().map(ContentBlock::ToolCall));
        let mut response = ChatResponse::new(content, finish);
        response.model = self.model;
        response.usage = self.usage;
        response
    }
}

impl Fold {
    /// A call comes whole. One without an id is given one where requests are made.
    fn push_call(&mut self, call: &Value, raw: &str, events: &mut VecDeque<StreamEvent>) {
        let function = &call["function"];
        let index = self.calls.len();
        let name = function["name"].as_str().unwrap_or_default().to_owned();
        let arguments = match &function["arguments"] {
            Value::String(text) => text.as_str(),
            Value::Null => "",
            _ => raw_at(raw, &["function", "arguments"]).unwrap_or_default(),
        };
        events.push_back(StreamEvent::ToolCallStarted { index, name: name.clone() });
        if !arguments.is_empty() {
            events.push_back(StreamEvent::ToolCallDelta { index, arguments: arguments.to_owned() });
        }
        let id = call["id"].as_str().unwrap_or_default();
        self.calls.push(ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(arguments)));
    }

    fn end(&mut self, line: &Value) {
        // Older versions give no reason.
        self.finish = Some(match words(&line["done_reason"]) {
            None => FinishReason::Stop,
            Some(reason) => FinishReason::from(reason),
        });
        let number = |key: &str| line[key].as_u64();
        let (input, output) = (number("prompt_eval_count"), number("eval_count"));
        if input.is_some() || output.is_some() {
            self.usage = Some(TokenUsage {
                // It is missing when the cache held the whole prompt.
                input: input.unwrap_or(0),
                output: output.unwrap_or(0),
                ..TokenUsage::default()
            });
        }
    }
}
