//! Events of an answer, folded into the reply.

use std::collections::VecDeque;

use serde_json::Value;
use tau_core::{ChatResponse, FinishReason, TokenUsage};

use super::item::Item;
use crate::format::FormatError;
use crate::format::decoder::{self, Part, Progress};
use crate::format::json::{keep_first, raw_at, raw_items, shown, words};
use crate::format::places::Places;
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    id: String,
    model: String,
    items: Vec<Item>,
    places: Places,
    calls: usize,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
}

impl decoder::Fold for Fold {
    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let event = part.value;
        match event["type"].as_str().unwrap_or_default() {
            "response.output_item.added" => self.begin(event, part.text, events),
            "response.output_item.done" => {
                let json = raw_at(part.text, &["item"]).unwrap_or("{}");
                let at = self.item(event);
                self.complete(at, &event["item"], json, events);
            }
            "response.output_text.delta" | "response.refusal.delta" => self.words(event, "message", events),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                self.words(event, "reasoning", events);
            }
            "response.function_call_arguments.delta" => self.words(event, "function_call", events),
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                let json = raw_at(part.text, &["response"]).unwrap_or("{}");
                self.end(&event["response"], json, events)?;
            }
            "response.created" | "response.in_progress" | "response.queued" => {
                keep_first(&mut self.id, &event["response"]["id"]);
                keep_first(&mut self.model, &event["response"]["model"]);
            }
            // Some servers answer a request to stream with the whole answer, as one event.
            _ if event["object"] == "response" => self.push_whole(part, events)?,
            _ => {}
        }
        Ok(())
    }

    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        if !part.value["output"].is_array() {
            return Err(FormatError::Malformed(format!("no output in `{}`", shown(part.text))));
        }
        self.end(part.value, part.text, events)
    }

    fn progress(&self) -> Progress {
        if self.finish.is_some() { Progress::Complete } else { Progress::Open }
    }

    fn finish(self) -> ChatResponse {
        let mut content = Vec::with_capacity(self.items.len());
        for item in self.items {
            item.finish(&mut content);
        }
        let mut response = ChatResponse::new(content, self.finish.unwrap_or(FinishReason::Stop));
        response.id = self.id;
        response.model = self.model;
        response.usage = self.usage;
        response
    }
}

impl Fold {
    /// The item that an event is about, which may begin with it.
    fn item(&mut self, event: &Value) -> usize {
        let index = event["output_index"].as_u64();
        let id = words(&event["item_id"]).or(words(&event["item"]["id"])).unwrap_or_default();
        let found = match index {
            Some(index) => self.places.of_index(index),
            None if id.is_empty() => self.items.len().checked_sub(1),
            None => self.places.of_id(id, None),
        };
        found.unwrap_or_else(|| {
            self.places.put(index, id, self.items.len());
            self.items.push(Item { index, json: "{}".to_owned(), ..Item::default() });
            self.items.len() - 1
        })
    }

    /// The streamed item that one of the whole answer is, where the server numbered none while it streamed, as llama.cpp:
    /// that of the same id, or, because some servers change ids, that of the same place and kind.
    fn unnumbered(&self, place: usize, value: &Value) -> Option<usize> {
        let id = words(&value["id"]);
        let by_id = id.and_then(|id| self.places.of_id(id, None));
        let is_same_kind = |item: &&Item| value["type"] == item.kind();
        by_id.or_else(|| self.items.get(place).filter(is_same_kind).map(|_| place))
    }

    fn begin(&mut self, event: &Value, text: &str, events: &mut VecDeque<StreamEvent>) {
        let json = raw_at(text, &["item"]).unwrap_or("{}");
        let at = self.item(event);
        self.name(at, &event["item"], json, events);
    }

    /// Takes in what is known of an item.
    fn name(&mut self, at: usize, value: &Value, json: &str, events: &mut VecDeque<StreamEvent>) {
        let item = &mut self.items[at];
        let is_new_call = value["type"] == "function_call" && item.kind() != "function_call";
        item.value = value.clone();
        json.clone_into(&mut item.json);
        if is_new_call {
            item.call = self.calls;
            self.calls += 1;
            let name = value["name"].as_str().unwrap_or_default().to_owned();
            events.push_back(StreamEvent::ToolCallStarted { index: item.call, name });
        }
    }

    fn words(&mut self, event: &Value, kind: &str, events: &mut VecDeque<StreamEvent>) {
        let Some(delta) = words(&event["delta"]) else { return };
        let at = self.item(event);
        if self.items[at].kind().is_empty() {
            self.name(at, &serde_json::json!({ "type": kind }), "{}", events);
        }
        let item = &mut self.items[at];
        let part = event["summary_index"].as_u64();
        let mut delta = delta.to_owned();
        if part != item.part && !item.streamed.is_empty() && kind == "reasoning" {
            delta.insert_str(0, "\n\n");
        }
        item.part = part;
        item.streamed.push_str(&delta);
        events.push_back(said(item, delta));
    }

    /// Takes in the whole of an item, and says what of it was not streamed.
    fn complete(&mut self, at: usize, value: &Value, json: &str, events: &mut VecDeque<StreamEvent>) {
        self.name(at, value, json, events);
        let item = &mut self.items[at];
        item.is_whole = true;
        let whole = item.said();
        if let Some(rest) = whole.strip_prefix(item.streamed.as_str()).filter(|rest| !rest.is_empty()) {
            events.push_back(said(item, rest.to_owned()));
        }
        if !whole.is_empty() {
            item.streamed = whole;
        }
    }

    /// Takes in the whole answer: as it comes without a stream, and at the end of one.
    fn end(
        &mut self,
        response: &Value,
        json: &str,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), FormatError> {
        let status = response["status"].as_str().unwrap_or("completed");
        if matches!(status, "failed" | "cancelled") {
            return Err(FormatError::Server(json.to_owned()));
        }
        if matches!(status, "queued" | "in_progress") {
            return Err(FormatError::Malformed(format!("the answer is `{status}`, not complete")));
        }
        keep_first(&mut self.id, &response["id"]);
        if let Some(model) = words(&response["model"]) {
            model.clone_into(&mut self.model);
        }
        let output = response["output"].as_array().map_or(&[][..], Vec::as_slice);
        let raws = raw_items(raw_at(json, &["output"]).unwrap_or("[]"));
        let is_unnumbered = self.items.iter().all(|item| item.index.is_none());
        // Items that were not streamed, or not to their end.
        for (index, (value, raw)) in output.iter().zip(raws).enumerate() {
            let held = if is_unnumbered { self.unnumbered(index, value) } else { None };
            let at = held.unwrap_or_else(|| {
                self.item(&serde_json::json!({ "output_index": index, "item": { "id": value["id"] } }))
            });
            if !self.items[at].is_whole {
                self.complete(at, value, raw.get(), events);
            }
        }
        self.usage = read_usage(&response["usage"]);
        let reason = response["incomplete_details"]["reason"].as_str().unwrap_or_default();
        self.finish = Some(match (status, reason) {
            ("incomplete", "max_output_tokens" | "max_tokens" | "length") => FinishReason::Length,
            ("incomplete", "content_filter") => FinishReason::ContentFilter,
            ("incomplete", "") => FinishReason::Other(status.to_owned()),
            ("incomplete", reason) => FinishReason::Other(reason.to_owned()),
            _ if self.calls > 0 => FinishReason::ToolCalls,
            _ => FinishReason::Stop,
        });
        Ok(())
    }
}

fn said(item: &Item, words: String) -> StreamEvent {
    match item.kind() {
        "reasoning" => StreamEvent::ReasoningDelta(words),
        "function_call" => StreamEvent::ToolCallDelta { index: item.call, arguments: words },
        _ => StreamEvent::TextDelta(words),
    }
}

fn read_usage(usage: &Value) -> Option<TokenUsage> {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let input = usage["input_tokens"].as_u64()?;
    let details = &usage["input_tokens_details"];
    let reasoning = number(&usage["output_tokens_details"]["reasoning_tokens"]);
    let mut output = number(&usage["output_tokens"]);
    // Some do not count reasoning as output; the total shows it.
    let with_reasoning = input.saturating_add(output).saturating_add(reasoning);
    if reasoning > 0 && Some(with_reasoning) == usage["total_tokens"].as_u64() {
        output = output.saturating_add(reasoning);
    }
    Some(TokenUsage {
        input,
        cached_input: number(&details["cached_tokens"]),
        cache_write: number(&details["cache_write_tokens"]),
        output,
        reasoning,
    })
}
