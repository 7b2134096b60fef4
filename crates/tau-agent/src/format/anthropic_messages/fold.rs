//! Events of an answer, folded into the reply.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use tau_core::{ChatResponse, ContentBlock, FinishReason, TokenUsage, ToolArguments, ToolCall, ToolCallId};

use super::NAME;
use crate::format::decoder::{self, Part, Progress};
use crate::format::json::{
    ObjectWriter, keep_first, other_fields, raw_at, raw_fields, raw_items, shown, words,
};
use crate::format::places::Places;
use crate::format::{FormatError, echo};
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    id: String,
    model: String,
    blocks: Vec<Block>,
    places: Places,
    /// How many of the blocks are calls of our tools.
    calls: usize,
    stop_reason: String,
    usage: Usage,
    is_over: bool,
}

/// A block of the reply so far.
#[derive(Debug, Default)]
struct Block {
    index: Option<u64>,
    kind: String,
    /// The block as it began, or as it is where nothing is added.
    start: String,
    /// Its words, or the text of its input.
    text: String,
    signature: String,
    citations: Vec<String>,
    /// Fields that were added and are of no known kind.
    added: BTreeMap<String, String>,
    /// Which of the calls it is.
    call: usize,
}

impl decoder::Fold for Fold {
    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let event = part.value;
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.begin(&event["message"]),
            "content_block_start" => {
                let raw = raw_at(part.text, &["content_block"]).unwrap_or("{}");
                self.start(event["index"].as_u64(), &event["content_block"], raw, events);
            }
            "content_block_delta" => self.delta(event, part.text, events),
            "message_delta" => {
                if let Some(reason) = words(&event["delta"]["stop_reason"]) {
                    reason.clone_into(&mut self.stop_reason);
                }
                self.usage.read(&event["usage"]);
            }
            "message_stop" => self.is_over = true,
            // Some servers answer a request to stream with the whole message, as one event.
            "message" => self.push_whole(part, events)?,
            _ => {}
        }
        Ok(())
    }

    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let message = part.value;
        let Some(content) = message["content"].as_array() else {
            return Err(FormatError::Malformed(format!("no content in `{}`", shown(part.text))));
        };
        self.begin(message);
        let raws = raw_items(raw_at(part.text, &["content"]).unwrap_or("[]"));
        for (index, (block, raw)) in content.iter().zip(raws).enumerate() {
            self.start(Some(index as u64), block, raw.get(), events);
        }
        self.is_over = true;
        Ok(())
    }

    /// Proxies that speak other formats too end with their marker; it counts when a reason was given.
    fn push_end(&mut self) {
        self.is_over |= !self.stop_reason.is_empty();
    }

    fn progress(&self) -> Progress {
        if self.is_over { Progress::Complete } else { Progress::Open }
    }

    fn finish(self) -> ChatResponse {
        let finish = finish_reason(&self.stop_reason, self.calls > 0);
        let mut content = Vec::with_capacity(self.blocks.len());
        for block in self.blocks {
            block.finish(&mut content);
        }
        let mut response = ChatResponse::new(content, finish);
        response.id = self.id;
        response.model = self.model;
        response.usage = self.usage.total();
        response
    }
}

impl Fold {
    fn begin(&mut self, message: &Value) {
        keep_first(&mut self.id, &message["id"]);
        keep_first(&mut self.model, &message["model"]);
        keep_first(&mut self.stop_reason, &message["stop_reason"]);
        self.usage.read(&message["usage"]);
    }

    fn start(&mut self, index: Option<u64>, value: &Value, raw: &str, events: &mut VecDeque<StreamEvent>) {
        let kind = value["type"].as_str().unwrap_or("text");
        let mut block = Block {
            index,
            kind: kind.to_owned(),
            start: raw.to_owned(),
            call: self.calls,
            ..Block::default()
        };
        match kind {
            "text" => {
                if let Some(text) = words(&value["text"]) {
                    text.clone_into(&mut block.text);
                    events.push_back(StreamEvent::TextDelta(text.to_owned()));
                }
                let citations = raw_items(raw_at(raw, &["citations"]).unwrap_or("[]"));
                block.citations = citations.iter().map(|citation| citation.get().to_owned()).collect();
            }
            "thinking" => {
                if let Some(text) = words(&value["thinking"]) {
                    text.clone_into(&mut block.text);
                    events.push_back(StreamEvent::ReasoningDelta(text.to_owned()));
                }
                keep_first(&mut block.signature, &value["signature"]);
            }
            "tool_use" => {
                let name = value["name"].as_str().unwrap_or_default().to_owned();
                events.push_back(StreamEvent::ToolCallStarted { index: self.calls, name });
                // A stream begins with an empty input, and its text follows.
                let input = raw_at(raw, &["input"]).filter(|input| !matches!(*input, "{}" | "null" | "\"\""));
                if let Some(input) = input {
                    input.clone_into(&mut block.text);
                    events.push_back(StreamEvent::ToolCallDelta {
                        index: self.calls,
                        arguments: input.to_owned(),
                    });
                }
                self.calls += 1;
            }
            _ => {}
        }
        self.places.put(index, "", self.blocks.len());
        self.blocks.push(block);
    }

    fn delta(&mut self, event: &Value, raw: &str, events: &mut VecDeque<StreamEvent>) {
        let (index, delta) = (event["index"].as_u64(), &event["delta"]);
        let kind = delta["type"].as_str().unwrap_or_default();
        let found = match index {
            Some(index) => self.places.of_index(index),
            None => self.blocks.len().checked_sub(1),
        };
        // Some servers say words on a call that they began, as sgl-project/sglang#24293 tells.
        let may_be_said = |at: &usize| kind != "text_delta" || self.blocks[*at].kind != "tool_use";
        let at = match found.filter(may_be_said) {
            Some(at) => at,
            None => self.begin_unasked(found.map_or(index, |_| None), kind),
        };
        let block = &mut self.blocks[at];
        match (kind, block.kind.as_str()) {
            ("text_delta", "text") => {
                if let Some(text) = words(&delta["text"]) {
                    block.text.push_str(text);
                    events.push_back(StreamEvent::TextDelta(text.to_owned()));
                }
            }
            ("thinking_delta", "thinking") => {
                if let Some(text) = words(&delta["thinking"]) {
                    block.text.push_str(text);
                    events.push_back(StreamEvent::ReasoningDelta(text.to_owned()));
                }
            }
            ("signature_delta", "thinking") => {
                block.signature.push_str(delta["signature"].as_str().unwrap_or_default());
            }
            ("citations_delta", "text") => {
                let citation = raw_at(raw, &["delta", "citation"]);
                block.citations.extend(citation.map(str::to_owned));
            }
            // Input of what has none.
            ("input_json_delta", "text" | "thinking") => {}
            ("input_json_delta", of) => {
                if let Some(text) = words(&delta["partial_json"]) {
                    block.text.push_str(text);
                    if of == "tool_use" {
                        let arguments = text.to_owned();
                        events.push_back(StreamEvent::ToolCallDelta { index: block.call, arguments });
                    }
                }
            }
            _ => block.add(raw_at(raw, &["delta"]).unwrap_or("{}")),
        }
    }

    /// A block for a delta that has none.
    fn begin_unasked(&mut self, index: Option<u64>, delta: &str) -> usize {
        let is_thought = delta.starts_with("thinking") || delta.starts_with("signature");
        let kind = if is_thought { "thinking" } else { "text" };
        if let Some(last) = self.blocks.last().filter(|_| index.is_none())
            && last.index.is_none()
            && last.kind == kind
        {
            return self.blocks.len() - 1;
        }
        self.places.put(index, "", self.blocks.len());
        self.blocks.push(Block { index, kind: kind.to_owned(), start: "{}".to_owned(), ..Block::default() });
        self.blocks.len() - 1
    }
}

impl Block {
    /// Keeps the fields of a delta that is not known.
    fn add(&mut self, delta: &str) {
        for (key, value) in raw_fields(delta) {
            if key == "type" {
                continue;
            }
            let value = value.get();
            match self.added.get_mut(&*key) {
                // Texts come in pieces.
                Some(held) if held.ends_with('"') && value.starts_with('"') => {
                    held.pop();
                    held.push_str(&value[1..]);
                }
                Some(held) => value.clone_into(held),
                None => {
                    self.added.insert(key.into_owned(), value.to_owned());
                }
            }
        }
    }

    /// Adds the content blocks that it becomes.
    fn finish(mut self, content: &mut Vec<ContentBlock>) {
        // It grew piece by piece, and is kept for as long as its session lives.
        self.text.shrink_to_fit();
        match self.kind.as_str() {
            "text" => self.finish_text(content),
            "thinking" if self.signature.is_empty() && self.added.is_empty() => {
                content.push(ContentBlock::Reasoning(tau_core::Reasoning::text(self.text)));
            }
            "thinking" => {
                let fields = self.object(&["type", "thinking", "signature"], |fields| {
                    fields.field("signature", &self.signature);
                });
                content.push(echo::with(NAME, self.text, &fields));
            }
            "tool_use" => self.finish_call(content),
            _ => {
                let input = serde_json::from_str::<&serde_json::value::RawValue>(&self.text).ok();
                let whole = if input.is_none() && self.added.is_empty() {
                    self.start
                } else {
                    let replaced: &[&str] = if input.is_some() { &["input"] } else { &[] };
                    self.object(replaced, |fields| {
                        if let Some(input) = input {
                            fields.raw("input", input.get());
                        }
                    })
                };
                content.push(echo::whole(NAME, String::new(), &whole));
            }
        }
    }

    fn finish_text(self, content: &mut Vec<ContentBlock>) {
        if self.text.is_empty() {
            // Fields of nothing would be those of the next block.
            return;
        }
        let others = other_fields(&self.start, &["type", "text", "citations"]);
        if !self.citations.is_empty() || others.is_some() || !self.added.is_empty() {
            let fields = self.object(&["type", "text", "citations"], |fields| {
                if !self.citations.is_empty() {
                    fields.raw("citations", &format!("[{}]", self.citations.join(",")));
                }
            });
            content.push(echo::next(NAME, &fields));
        }
        content.push(ContentBlock::text(self.text));
    }

    fn finish_call(self, content: &mut Vec<ContentBlock>) {
        /// Who calls where nobody says otherwise.
        const DIRECT: &str = r#"{"caller":{"type":"direct"}}"#;
        if let Some(fields) = other_fields(&self.start, &["type", "id", "name", "input"])
            && fields != DIRECT
        {
            content.push(echo::next(NAME, &fields));
        }
        let fields: Value = serde_json::from_str(&self.start).unwrap_or_default();
        let text = |key: &str| fields[key].as_str().unwrap_or_default().to_owned();
        let call = ToolCall::new(ToolCallId::new(text("id")), text("name"), ToolArguments::parse(self.text));
        content.push(ContentBlock::ToolCall(call));
    }

    /// The object of what is written, the fields it began with but for those named, and the fields that were added.
    fn object(&self, named: &[&str], write: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
        let mut out = Vec::new();
        let mut writer = ObjectWriter::new(&mut out);
        for (key, value) in raw_fields(&self.start) {
            if !named.contains(&&*key) && !self.added.contains_key(&*key) {
                writer.raw(&key, value.get());
            }
        }
        write(&mut writer);
        for (key, value) in &self.added {
            writer.raw(key, value);
        }
        writer.end();
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Token counts, each as it was last told: later events repeat some and correct others.
#[derive(Debug, Default)]
struct Usage {
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
}

impl Usage {
    fn read(&mut self, usage: &Value) {
        let keep = |held: &mut Option<u64>, value: &Value| *held = value.as_u64().or(*held);
        keep(&mut self.input, &usage["input_tokens"]);
        keep(&mut self.cache_read, &usage["cache_read_input_tokens"]);
        keep(&mut self.cache_write, &usage["cache_creation_input_tokens"]);
        keep(&mut self.output, &usage["output_tokens"]);
        keep(&mut self.thinking, &usage["output_tokens_details"]["thinking_tokens"]);
    }

    /// Anthropic counts what the cache held or took apart from the input.
    fn total(&self) -> Option<TokenUsage> {
        if self.input.is_none() && self.output.is_none() {
            return None;
        }
        let (cached_input, cache_write) = (self.cache_read.unwrap_or(0), self.cache_write.unwrap_or(0));
        Some(TokenUsage {
            input: self.input.unwrap_or(0).saturating_add(cached_input).saturating_add(cache_write),
            cached_input,
            cache_write,
            output: self.output.unwrap_or(0),
            reasoning: self.thinking.unwrap_or(0),
        })
    }
}

fn finish_reason(reason: &str, called: bool) -> FinishReason {
    match reason {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_use" => FinishReason::ToolCalls,
        "" if called => FinishReason::ToolCalls,
        "" => FinishReason::Stop,
        "max_tokens" => FinishReason::Length,
        "refusal" => FinishReason::ContentFilter,
        // `pause_turn`: the same messages with this reply go on; `model_context_window_exceeded`, and what is to come.
        other => FinishReason::Other(other.to_owned()),
    }
}
