//! Events of an answer, folded into the reply. Each event is an object of one field, which is its name.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tau_core::{
    ChatResponse, ContentBlock, FinishReason, Reasoning, TokenUsage, ToolArguments, ToolCall, ToolCallId,
};

use super::NAME;
use crate::format::decoder::{self, Framing, Part, Progress};
use crate::format::json::{keep_first, raw_at, raw_items, shown, words};
use crate::format::places::Places;
use crate::format::{FormatError, echo};
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    blocks: Vec<Block>,
    places: Places,
    calls: usize,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
    is_over: bool,
}

#[derive(Debug)]
enum Block {
    Text(String),
    Thought {
        text: String,
        signature: String,
    },
    Call {
        index: usize,
        id: String,
        name: String,
        input: String,
    },
    /// What goes back as it came.
    Whole(String),
}

impl decoder::Fold for Fold {
    const FRAMING: Framing = Framing::Binary;

    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let event = part.value;
        if let Some(start) = event.get("contentBlockStart") {
            self.start(start, events);
        } else if let Some(delta) = event.get("contentBlockDelta") {
            self.delta(delta, events);
        } else if let Some(stop) = event.get("messageStop") {
            self.finish = Some(self.reason(&stop["stopReason"]));
        } else if let Some(metadata) = event.get("metadata") {
            self.usage = read_usage(&metadata["usage"]).or(self.usage);
            // It comes last.
            self.is_over = self.finish.is_some();
        }
        Ok(())
    }

    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let answer = part.value;
        let Some(content) = answer["output"]["message"]["content"].as_array() else {
            return Err(FormatError::Malformed(format!("no content in `{}`", shown(part.text))));
        };
        let raws = raw_items(raw_at(part.text, &["output", "message", "content"]).unwrap_or("[]"));
        for (block, raw) in content.iter().zip(raws) {
            let at = self.blocks.len() as u64;
            if let Some(call) = block.get("toolUse") {
                self.start(&json!({ "contentBlockIndex": at, "start": { "toolUse": call } }), events);
                let input = raw_at(raw.get(), &["toolUse", "input"]).unwrap_or_default();
                self.delta(
                    &json!({ "contentBlockIndex": at, "delta": { "toolUse": { "input": input } } }),
                    events,
                );
            } else if let Some(thought) = block["reasoningContent"].get("reasoningText") {
                self.delta(
                    &json!({ "contentBlockIndex": at, "delta": { "reasoningContent": thought } }),
                    events,
                );
            } else if block["text"].is_string() {
                self.delta(&json!({ "contentBlockIndex": at, "delta": block }), events);
            } else {
                self.blocks.push(Block::Whole(raw.get().to_owned()));
            }
        }
        self.usage = read_usage(&answer["usage"]);
        self.finish = Some(self.reason(&answer["stopReason"]));
        self.is_over = true;
        Ok(())
    }

    /// Usage follows the reason in an event of its own.
    fn progress(&self) -> Progress {
        match (self.is_over, &self.finish) {
            (true, _) => Progress::Complete,
            (false, Some(_)) => Progress::Ending,
            (false, None) => Progress::Open,
        }
    }

    fn finish(self) -> ChatResponse {
        let mut content = Vec::with_capacity(self.blocks.len());
        for block in self.blocks {
            content.extend(block.finish());
        }
        let mut response = ChatResponse::new(content, self.finish.unwrap_or(FinishReason::Stop));
        response.usage = self.usage;
        response
    }
}

impl Fold {
    fn start(&mut self, event: &Value, events: &mut VecDeque<StreamEvent>) {
        let call = &event["start"]["toolUse"];
        if call.is_object() {
            let name = call["name"].as_str().unwrap_or_default().to_owned();
            events.push_back(StreamEvent::ToolCallStarted { index: self.calls, name: name.clone() });
            let mut id = String::new();
            keep_first(&mut id, &call["toolUseId"]);
            self.put(event, Block::Call { index: self.calls, id, name, input: String::new() });
            self.calls += 1;
        }
    }

    /// Adds a block where an event says.
    fn put(&mut self, event: &Value, block: Block) -> usize {
        let at = self.blocks.len();
        self.places.put(event["contentBlockIndex"].as_u64(), "", at);
        self.blocks.push(block);
        at
    }

    fn delta(&mut self, event: &Value, events: &mut VecDeque<StreamEvent>) {
        let delta = &event["delta"];
        let thought = &delta["reasoningContent"];
        let found = match event["contentBlockIndex"].as_u64() {
            Some(index) => self.places.of_index(index),
            None => self.blocks.len().checked_sub(1),
        };
        if let Some(said) = words(&delta["text"]) {
            let is_text = |at: &usize| matches!(self.blocks[*at], Block::Text(_));
            let at = found.filter(is_text).unwrap_or_else(|| self.put(event, Block::Text(String::new())));
            if let Block::Text(text) = &mut self.blocks[at] {
                text.push_str(said);
            }
            events.push_back(StreamEvent::TextDelta(said.to_owned()));
        } else if let Some(more) = words(&delta["toolUse"]["input"]) {
            if let Some(Block::Call { index, input, .. }) = found.map(|at| &mut self.blocks[at]) {
                input.push_str(more);
                events.push_back(StreamEvent::ToolCallDelta { index: *index, arguments: more.to_owned() });
            }
        } else if words(&thought["text"]).or(words(&thought["signature"])).is_some() {
            let is_thought = |at: &usize| matches!(self.blocks[*at], Block::Thought { .. });
            let none = || Block::Thought { text: String::new(), signature: String::new() };
            let at = found.filter(is_thought).unwrap_or_else(|| self.put(event, none()));
            if let Block::Thought { text, signature } = &mut self.blocks[at] {
                signature.push_str(thought["signature"].as_str().unwrap_or_default());
                if let Some(said) = words(&thought["text"]) {
                    text.push_str(said);
                    events.push_back(StreamEvent::ReasoningDelta(said.to_owned()));
                }
            }
        } else if let Some(redacted) = words(&thought["redactedContent"]) {
            let whole = json!({ "reasoningContent": { "redactedContent": redacted } });
            self.put(event, Block::Whole(whole.to_string()));
        }
    }

    fn reason(&self, reason: &Value) -> FinishReason {
        match reason.as_str().unwrap_or_default() {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "tool_use" => FinishReason::ToolCalls,
            "" if self.calls > 0 => FinishReason::ToolCalls,
            "" => FinishReason::Stop,
            "max_tokens" => FinishReason::Length,
            "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
            // `model_context_window_exceeded`, `malformed_tool_use`, and what is to come.
            other => FinishReason::Other(other.to_owned()),
        }
    }
}

impl Block {
    fn finish(self) -> Option<ContentBlock> {
        Some(match self {
            Self::Text(text) if text.is_empty() => return None,
            Self::Text(text) => ContentBlock::text(text),
            Self::Thought { text, signature } if signature.is_empty() => {
                ContentBlock::Reasoning(Reasoning::text(text))
            }
            Self::Thought { text, signature } => {
                echo::with(NAME, text, &json!({ "signature": signature }).to_string())
            }
            Self::Call { id, name, input, .. } => {
                ContentBlock::ToolCall(ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(input)))
            }
            Self::Whole(block) => echo::whole(NAME, String::new(), &block),
        })
    }
}

/// What the cache held or took is counted apart from the input.
fn read_usage(usage: &Value) -> Option<TokenUsage> {
    let number = |key: &str| usage[key].as_u64().unwrap_or(0);
    usage.is_object().then(|| {
        let (cached_input, cache_write) = (number("cacheReadInputTokens"), number("cacheWriteInputTokens"));
        TokenUsage {
            input: number("inputTokens").saturating_add(cached_input).saturating_add(cache_write),
            cached_input,
            cache_write,
            output: number("outputTokens"),
            reasoning: 0,
        }
    })
}
