//! Chunks of an answer, folded into the reply.

use serde_json::{Map, Value};
use tau_core::{
    ChatResponse, ContentBlock, FinishReason, Opaque, Reasoning, TokenUsage, ToolArguments, ToolCall,
    ToolCallId,
};

use super::NAME;
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    id: String,
    model: String,
    text: String,
    reasoning: String,
    /// Provider data to echo, by field: lists are joined, texts appended.
    echo: Map<String, Value>,
    calls: Vec<PartialCall>,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
}

#[derive(Debug, Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Fold {
    /// Whether the server said that the reply is complete.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether anything of a reply came.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.calls.is_empty()
    }

    /// Takes a chunk in and gives the events it makes.
    pub(super) fn push(&mut self, chunk: &Value) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        keep_first(&mut self.id, &chunk["id"]);
        keep_first(&mut self.model, &chunk["model"]);
        if let Some(usage) = read_usage(&chunk["usage"]) {
            self.usage = Some(usage);
        }
        // Only the first choice was asked for.
        let Some(choice) = chunk["choices"].get(0) else { return events };
        if let Some(usage) = read_usage(&choice["usage"]) {
            self.usage = Some(usage);
        }
        // A server that does not stream sends the whole message where the delta would be.
        let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        self.push_reasoning(delta, &mut events);
        for part in texts(&delta["content"]).chain(texts(&delta["refusal"])) {
            self.text.push_str(part);
            events.push(StreamEvent::TextDelta(part.to_owned()));
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.push_call(call, &mut events);
        }
        if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
            self.finish = Some(match reason {
                "function_call" => FinishReason::ToolCalls,
                other => FinishReason::from(other),
            });
        }
        events
    }

    fn push_reasoning(&mut self, delta: &Value, events: &mut Vec<StreamEvent>) {
        // DeepSeek, vLLM, llama.cpp and xAI say `reasoning_content`; OpenRouter, Groq and Ollama `reasoning`.
        // A server that sends both sends the same words twice.
        let words = ["reasoning_content", "reasoning"].iter().find_map(|key| delta[*key].as_str());
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            self.reasoning.push_str(words);
            events.push(StreamEvent::ReasoningDelta(words.to_owned()));
        }
        if let Some(details) = delta["reasoning_details"].as_array() {
            let held = self.echo.entry("reasoning_details").or_insert_with(|| Value::Array(Vec::new()));
            if let Some(held) = held.as_array_mut() {
                held.extend(details.iter().cloned());
            }
        }
    }

    fn push_call(&mut self, call: &Value, events: &mut Vec<StreamEvent>) {
        let at = self.position(call);
        let slot = &mut self.calls[at];
        keep_first(&mut slot.id, &call["id"]);
        let function = &call["function"];
        if let Some(name) = function["name"].as_str().filter(|name| !name.is_empty())
            && slot.name.is_empty()
        {
            slot.name = name.to_owned();
            events.push(StreamEvent::ToolCallStarted { index: at, name: name.to_owned() });
        }
        // Most stream the text of the arguments; some send the object itself.
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            value @ (Value::Object(_) | Value::Array(_)) => value.to_string(),
            _ => String::new(),
        };
        if !arguments.is_empty() {
            slot.arguments.push_str(&arguments);
            events.push(StreamEvent::ToolCallDelta { index: at, arguments });
        }
    }

    /// Which call a fragment belongs to. Servers disagree: some give every call the same index and tell them
    /// apart by id, some give no index, some give each fragment a new id.
    fn position(&mut self, call: &Value) -> usize {
        let index = call["index"].as_u64();
        let id = call["id"].as_str().filter(|id| !id.is_empty());
        let names_tool = call["function"]["name"].as_str().is_some_and(|name| !name.is_empty());
        let same_index = |held: &PartialCall| index.is_some() && held.index == index;
        let found = match id {
            Some(id) => self
                .calls
                .iter()
                .rposition(|held| held.id == id && (index.is_none() || same_index(held)))
                // The same index under another id, naming a tool, is another call; not naming one, it goes on.
                .or_else(|| {
                    self.calls
                        .iter()
                        .rposition(|held| same_index(held) && (held.id.is_empty() || !names_tool))
                }),
            None => self.calls.iter().rposition(same_index),
        };
        let fallback = if index.is_none() && id.is_none() && !names_tool {
            self.calls.len().checked_sub(1)
        } else {
            None
        };
        found.or(fallback).unwrap_or_else(|| {
            self.calls.push(PartialCall { index, ..PartialCall::default() });
            self.calls.len() - 1
        })
    }

    /// The whole reply.
    pub(super) fn finish(self) -> ChatResponse {
        let mut content = Vec::new();
        if !self.reasoning.is_empty() || !self.echo.is_empty() {
            let data =
                (!self.echo.is_empty()).then(|| Opaque::new(NAME, Value::Object(self.echo).to_string()));
            content.push(ContentBlock::Reasoning(match data {
                Some(data) => Reasoning::with_data(self.reasoning, data),
                None => Reasoning::text(self.reasoning),
            }));
        }
        if !self.text.is_empty() {
            content.push(ContentBlock::text(self.text));
        }
        let called = !self.calls.is_empty();
        content.extend(self.calls.into_iter().map(|call| {
            ContentBlock::ToolCall(ToolCall::new(
                ToolCallId::new(call.id),
                call.name,
                ToolArguments::parse(call.arguments),
            ))
        }));
        let finish = self.finish.unwrap_or(if called { FinishReason::ToolCalls } else { FinishReason::Stop });
        let mut response = ChatResponse::new(content, finish);
        response.id = self.id;
        response.model = self.model;
        response.usage = self.usage;
        response
    }
}

fn keep_first(held: &mut String, value: &Value) {
    if let Some(text) = value.as_str()
        && held.is_empty()
    {
        text.clone_into(held);
    }
}

/// The texts of a content field: a string, or parts with a `text` each.
fn texts(content: &Value) -> impl Iterator<Item = &str> {
    let parts = content.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    content.as_str().into_iter().chain(parts).filter(|text| !text.is_empty())
}

/// Reads token counts, in the several places servers put the parts of them.
fn read_usage(usage: &Value) -> Option<TokenUsage> {
    let input = usage["prompt_tokens"].as_u64()?;
    let first = |paths: &[&str]| paths.iter().find_map(|path| usage.pointer(path)?.as_u64()).unwrap_or(0);
    Some(TokenUsage {
        input,
        cached_input: first(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"]),
        cache_write: first(&["/prompt_tokens_details/cache_write_tokens"]),
        output: first(&["/completion_tokens"]),
        reasoning: first(&["/completion_tokens_details/reasoning_tokens"]),
    })
}
