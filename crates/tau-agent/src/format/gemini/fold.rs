//! Parts of an answer, folded into the reply.

use std::collections::VecDeque;

use serde_json::Value;
use tau_core::{
    ChatResponse, ContentBlock, FinishReason, Reasoning, TokenUsage, ToolArguments, ToolCall, ToolCallId,
};

use super::NAME;
use crate::format::decoder::{self, Part, Progress};
use crate::format::json::{keep_first, other_fields, raw_at, raw_items, shown, words};
use crate::format::{FormatError, echo};
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    id: String,
    model: String,
    blocks: Vec<Block>,
    calls: usize,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
    /// Whether anything came that belongs to an answer.
    is_answer: bool,
}

/// A block of the reply so far; `fields` are those of its part that the provider wants back.
#[derive(Debug)]
enum Block {
    Text { text: String, fields: Option<String> },
    Thought { text: String, fields: Option<String> },
    Call { call: ToolCall, fields: Option<String> },
    Whole(String),
}

impl decoder::Fold for Fold {
    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let chunk = part.value;
        keep_first(&mut self.id, &chunk["responseId"]);
        keep_first(&mut self.model, &chunk["modelVersion"]);
        self.usage = read_usage(&chunk["usageMetadata"]).or(self.usage);
        let candidates = chunk["candidates"].as_array().map_or(&[][..], Vec::as_slice);
        // Of several alternatives the first is the reply.
        let ours = candidates.iter().position(|candidate| candidate["index"].as_u64().unwrap_or(0) == 0);
        if let Some(at) = ours {
            self.is_answer = true;
            let raws = raw_items(raw_at(part.text, &["candidates"]).unwrap_or("[]"));
            let raw = raws.get(at).map_or("{}", |raw| raw.get());
            self.push_candidate(&candidates[at], raw, events);
        }
        // A prompt that is refused has no candidates.
        if words(&chunk["promptFeedback"]["blockReason"]).is_some() {
            self.is_answer = true;
            self.finish = Some(FinishReason::ContentFilter);
        }
        Ok(())
    }

    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        self.push(part, events)?;
        if !self.is_answer && part.value["usageMetadata"].is_null() {
            return Err(FormatError::Malformed(format!("no candidates in `{}`", shown(part.text))));
        }
        Ok(())
    }

    /// There is no end marker: the connection ends behind the finish reason.
    fn progress(&self) -> Progress {
        if self.finish.is_some() { Progress::Ending } else { Progress::Open }
    }

    fn finish(self) -> ChatResponse {
        let mut content = Vec::with_capacity(self.blocks.len());
        for block in self.blocks {
            block.finish(&mut content);
        }
        let finish = match self.finish.unwrap_or(FinishReason::Stop) {
            FinishReason::Stop if self.calls > 0 => FinishReason::ToolCalls,
            other => other,
        };
        let mut response = ChatResponse::new(content, finish);
        response.id = self.id;
        response.model = self.model;
        response.usage = self.usage;
        response
    }
}

impl Fold {
    fn push_candidate(&mut self, candidate: &Value, raw: &str, events: &mut VecDeque<StreamEvent>) {
        let parts = candidate["content"]["parts"].as_array().map_or(&[][..], Vec::as_slice);
        let raws = raw_items(raw_at(raw, &["content", "parts"]).unwrap_or("[]"));
        for (part, raw) in parts.iter().zip(raws) {
            self.push_part(part, raw.get(), events);
        }
        // Each round of its own tools has a reason, and the reply goes on behind it.
        let goes_on = parts.iter().any(|part| part["text"] != "");
        match words(&candidate["finishReason"]) {
            Some(reason) => self.finish = Some(finish_reason(reason)),
            None if goes_on => self.finish = None,
            None => {}
        }
    }

    fn push_part(&mut self, part: &Value, raw: &str, events: &mut VecDeque<StreamEvent>) {
        let is_thought = part["thought"] == true;
        if let Some(text) = part["text"].as_str() {
            let fields = other_fields(raw, &["text", "thought"]);
            if text.is_empty() {
                // A signature may come with no words at all, behind them.
                self.blocks.extend(fields.is_some().then(|| Block::Whole(raw.to_owned())));
                return;
            }
            let said = text.to_owned();
            events.push_back(if is_thought {
                StreamEvent::ReasoningDelta(said)
            } else {
                StreamEvent::TextDelta(said)
            });
            self.push_words(text, is_thought, fields);
        } else if part["functionCall"].is_object() {
            self.push_call(&part["functionCall"], raw, events);
        } else if part.as_object().is_some_and(|fields| !fields.is_empty()) {
            self.blocks.push(Block::Whole(raw.to_owned()));
        }
    }

    /// Words go on those before, but for those that are signed: a signature covers its own part alone.
    fn push_words(&mut self, words: &str, is_thought: bool, fields: Option<String>) {
        match (self.blocks.last_mut(), &fields) {
            (Some(Block::Text { text, fields: None }), None) if !is_thought => text.push_str(words),
            (Some(Block::Thought { text, fields: None }), None) if is_thought => text.push_str(words),
            _ => {
                let text = words.to_owned();
                self.blocks.push(if is_thought {
                    Block::Thought { text, fields }
                } else {
                    Block::Text { text, fields }
                });
            }
        }
    }

    fn push_call(&mut self, call: &Value, raw: &str, events: &mut VecDeque<StreamEvent>) {
        let name = call["name"].as_str().unwrap_or_default().to_owned();
        let arguments = raw_at(raw, &["functionCall", "args"]).filter(|args| *args != "null").unwrap_or("");
        let index = self.calls;
        self.calls += 1;
        events.push_back(StreamEvent::ToolCallStarted { index, name: name.clone() });
        if !arguments.is_empty() {
            events.push_back(StreamEvent::ToolCallDelta { index, arguments: arguments.to_owned() });
        }
        let id = ToolCallId::new(call["id"].as_str().unwrap_or_default());
        let call = ToolCall::new(id, name, ToolArguments::parse(arguments));
        self.blocks.push(Block::Call { call, fields: other_fields(raw, &["functionCall"]) });
    }
}

impl Block {
    fn finish(self, content: &mut Vec<ContentBlock>) {
        let mut beside = |fields: Option<String>| {
            content.extend(fields.map(|fields| echo::next(NAME, &fields)));
        };
        match self {
            Self::Text { text, fields } => {
                beside(fields);
                content.push(ContentBlock::text(text));
            }
            Self::Call { call, fields } => {
                beside(fields);
                content.push(ContentBlock::ToolCall(call));
            }
            Self::Thought { text, fields: Some(fields) } => content.push(echo::with(NAME, text, &fields)),
            Self::Thought { text, fields: None } => {
                content.push(ContentBlock::Reasoning(Reasoning::text(text)));
            }
            Self::Whole(json) => content.push(echo::whole(NAME, String::new(), &json)),
        }
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "LANGUAGE" => FinishReason::ContentFilter,
        // `MALFORMED_FUNCTION_CALL`, `UNEXPECTED_TOOL_CALL`, and what is to come.
        other => FinishReason::Other(other.to_owned()),
    }
}

/// Gemini counts thoughts apart from output, and what its own tools read apart from the prompt.
fn read_usage(usage: &Value) -> Option<TokenUsage> {
    let number = |key: &str| usage[key].as_u64().unwrap_or(0);
    usage.is_object().then(|| TokenUsage {
        input: number("promptTokenCount").saturating_add(number("toolUsePromptTokenCount")),
        cached_input: number("cachedContentTokenCount"),
        cache_write: 0,
        output: number("candidatesTokenCount").saturating_add(number("thoughtsTokenCount")),
        reasoning: number("thoughtsTokenCount"),
    })
}
