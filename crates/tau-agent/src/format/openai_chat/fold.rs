//! Chunks of an answer, folded into the reply.

use std::collections::VecDeque;

use serde_json::{Map, Value};
use tau_core::{
    ChatResponse, ContentBlock, FinishReason, Opaque, Reasoning, TokenUsage, ToolArguments, ToolCall,
    ToolCallId,
};

use super::{ECHO_TEXT, NAME};
use crate::format::FormatError;
use crate::format::decoder::{self, Part, Progress};
use crate::format::json::{keep_first, shown};
use crate::format::places::Places;
use crate::stream::StreamEvent;

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    id: String,
    model: String,
    /// The index of the choice that is read, which is the first that came.
    choice: Option<u64>,
    text: String,
    reasoning: String,
    /// The field that the words of the reasoning came in.
    reasoning_field: Option<&'static str>,
    /// The provider's own record of the reasoning, fragments joined.
    reasoning_details: Vec<Value>,
    calls: Vec<PartialCall>,
    places: Places,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
    is_over: bool,
}

#[derive(Debug, Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl decoder::Fold for Fold {
    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        self.push_chunk(part.value, events)
    }

    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        if part.value["choices"].get(0).is_none() {
            return Err(FormatError::Malformed(format!("no choices in `{}`", shown(part.text))));
        }
        self.push_chunk(part.value, events)
    }

    /// Without a finish reason too, if anything came: some servers send the marker alone.
    fn push_end(&mut self) {
        self.is_over = !(self.text.is_empty() && self.reasoning.is_empty() && self.calls.is_empty());
    }

    /// Usage follows the finish reason in a chunk of its own, so the end is `[DONE]`; servers that send none end
    /// with the stream, and then only a finish reason makes the reply complete.
    fn progress(&self) -> Progress {
        match self.finish {
            _ if self.is_over => Progress::Complete,
            Some(_) => Progress::Ending,
            None => Progress::Open,
        }
    }

    fn finish(self) -> ChatResponse {
        self.into_response()
    }
}

impl Fold {
    /// Takes a chunk in and adds the events it makes.
    fn push_chunk(&mut self, chunk: &Value, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        keep_first(&mut self.id, &chunk["id"]);
        keep_first(&mut self.model, &chunk["model"]);
        let choice = self.choose(chunk);
        if let Some(error) = failure(choice) {
            return Err(FormatError::Server(error));
        }
        // Moonshot puts usage into the choice, Groq into a field of its own.
        let places = [&chunk["usage"], &choice["usage"], &chunk["x_groq"]["usage"]];
        if let Some(usage) = places.into_iter().find_map(read_usage) {
            self.usage = Some(usage);
        }
        // A server that does not stream sends the whole message where the delta would be.
        let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        self.push_reasoning(delta, events);
        for part in texts(&delta["content"]).chain(texts(&delta["refusal"])) {
            self.text.push_str(part);
            events.push_back(StreamEvent::TextDelta(part.to_owned()));
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.push_call(call, events);
        }
        if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
            self.finish = Some(match reason {
                "function_call" => FinishReason::ToolCalls,
                other => FinishReason::from(other),
            });
        }
        Ok(())
    }

    /// The choice that is read, or null: of several alternatives, each with chunks of its own, one is the reply.
    fn choose<'c>(&mut self, chunk: &'c Value) -> &'c Value {
        let choices = chunk["choices"].as_array().map_or(&[][..], Vec::as_slice);
        let is_ours = |choice: &&Value| match (self.choice, choice["index"].as_u64()) {
            (Some(ours), Some(index)) => index == ours,
            _ => true,
        };
        let choice = choices.iter().find(is_ours).unwrap_or(&Value::Null);
        self.choice = self.choice.or(choice["index"].as_u64());
        choice
    }

    fn push_reasoning(&mut self, delta: &Value, events: &mut VecDeque<StreamEvent>) {
        // DeepSeek, llama.cpp, xAI and older vLLM say `reasoning_content`; OpenRouter, Groq, Ollama and newer vLLM
        // `reasoning`. A server that sends both sends the same words twice.
        let named = ["reasoning_content", "reasoning"]
            .into_iter()
            .filter_map(|field| Some((field, delta[field].as_str().filter(|words| !words.is_empty())?)))
            .next();
        if let Some((field, words)) = named {
            self.reasoning_field.get_or_insert(field);
            self.push_thought(words, events);
        }
        // Mistral puts thoughts among the parts of the content.
        for part in delta["content"].as_array().into_iter().flatten() {
            for words in texts(&part["thinking"]) {
                self.push_thought(words, events);
            }
        }
        for detail in delta["reasoning_details"].as_array().into_iter().flatten() {
            push_detail(&mut self.reasoning_details, detail);
        }
    }

    fn push_thought(&mut self, words: &str, events: &mut VecDeque<StreamEvent>) {
        self.reasoning.push_str(words);
        events.push_back(StreamEvent::ReasoningDelta(words.to_owned()));
    }

    fn push_call(&mut self, call: &Value, events: &mut VecDeque<StreamEvent>) {
        let Some(at) = self.position(call) else { return };
        let slot = &mut self.calls[at];
        if slot.id.is_empty() {
            keep_first(&mut slot.id, &call["id"]);
            self.places.put(slot.index, &slot.id, at);
        }
        let function = &call["function"];
        if let Some(name) = function["name"].as_str().filter(|name| !name.is_empty())
            && slot.name.is_empty()
        {
            slot.name = name.to_owned();
            events.push_back(StreamEvent::ToolCallStarted { index: at, name: name.to_owned() });
        }
        // Most stream the text of the arguments; some send the object itself.
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            value @ (Value::Object(_) | Value::Array(_)) => value.to_string(),
            _ => String::new(),
        };
        if !arguments.is_empty() {
            slot.arguments.push_str(&arguments);
            events.push_back(StreamEvent::ToolCallDelta { index: at, arguments });
        }
    }

    /// Which call a fragment belongs to; `None` when it holds nothing. Servers disagree: some give every call the
    /// same index and tell them apart by id or by name alone, some give no index, some give each fragment a new
    /// id.
    fn position(&mut self, call: &Value) -> Option<usize> {
        let index = call["index"].as_u64();
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (id, name) = (text(&call["id"]), text(&call["function"]["name"]));
        let same_index = index.and_then(|index| self.places.of_index(index));
        let found = match (&id, &name) {
            (Some(id), _) => self.places.of_id(id, index).or_else(|| {
                // The same index under another id, naming a tool, is another call; not naming one, it goes on.
                same_index.filter(|at| self.calls[*at].id.is_empty() || name.is_none())
            }),
            // A name that is repeated goes on, as long as the arguments can.
            (None, Some(name)) => same_index.filter(|at| self.calls[*at].goes_on_as(name)),
            (None, None) if index.is_some() => same_index,
            (None, None) => self.calls.len().checked_sub(1),
        };
        if found.is_some() {
            return found;
        }
        if id.is_none() && name.is_none() && call["function"]["arguments"].is_null() {
            return None;
        }
        let at = self.calls.len();
        self.places.put(index, "", at);
        self.calls.push(PartialCall { index, ..PartialCall::default() });
        Some(at)
    }

    /// The whole reply.
    fn into_response(mut self) -> ChatResponse {
        // It grew piece by piece, and is kept for as long as its session lives.
        self.text.shrink_to_fit();
        self.reasoning.shrink_to_fit();
        let called = !self.calls.is_empty();
        let mut content = Vec::new();
        let echo = self.echo();
        if !self.reasoning.is_empty() || echo.is_some() {
            content.push(ContentBlock::Reasoning(match echo {
                Some(data) => Reasoning::with_data(self.reasoning, data),
                None => Reasoning::text(self.reasoning),
            }));
        }
        if !self.text.is_empty() {
            content.push(ContentBlock::text(self.text));
        }
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

    /// What the provider may want back: its own record where it gave one, or the words, which are not written down
    /// twice, see [`ECHO_TEXT`]. Whether words go back is decided where they would.
    fn echo(&self) -> Option<Opaque> {
        let (field, value) = if self.reasoning_details.is_empty() {
            (self.reasoning_field?, ECHO_TEXT)
        } else {
            ("reasoning_details", Value::Array(self.reasoning_details.clone()))
        };
        Some(Opaque::new(NAME, Value::Object(Map::from_iter([(field.to_owned(), value)])).to_string()))
    }
}

impl PartialCall {
    /// Whether a fragment that names a tool and has no id may go on with this call.
    fn goes_on_as(&self, name: &str) -> bool {
        self.name.is_empty() || (self.name == name && !self.is_complete())
    }

    /// Whether the arguments are an object. They are read whole only when they may be: a server that repeats the name
    /// does so in every fragment.
    fn is_complete(&self) -> bool {
        self.arguments.trim_end().ends_with('}')
            && serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }
}

/// What a choice says about its failure, as OpenRouter (`error` in it) and Mistral (the finish reason) do.
fn failure(choice: &Value) -> Option<String> {
    if decoder::is_error(&choice["error"]) {
        return Some(serde_json::json!({ "error": choice["error"] }).to_string());
    }
    let ended = "the server ended its answer with the reason `error`";
    (choice["finish_reason"] == "error").then(|| serde_json::json!({ "error": ended }).to_string())
}

/// Adds a record of reasoning. Streams cut its texts into fragments of the same index, and a signature covers
/// the joined text.
fn push_detail(held: &mut Vec<Value>, detail: &Value) {
    const TEXTS: [&str; 2] = ["text", "summary"];
    // The last fragment may hold the signature alone, so the type tells, not the fields.
    let is_text = ["reasoning.text", "reasoning.summary"].iter().any(|kind| detail["type"] == *kind);
    if let Some(Value::Object(last)) = held.last_mut()
        && let Some(fields) = detail.as_object().filter(|_| is_text)
        && ["type", "index"].iter().all(|key| last.get(*key) == fields.get(*key))
    {
        for (key, value) in fields {
            match last.get_mut(key) {
                Some(Value::String(text)) if TEXTS.contains(&key.as_str()) => {
                    text.push_str(value.as_str().unwrap_or_default());
                }
                Some(held) if held.is_null() => *held = value.clone(),
                Some(_) => {}
                None => {
                    last.insert(key.clone(), value.clone());
                }
            }
        }
        return;
    }
    held.push(detail.clone());
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
    let reasoning = first(&["/completion_tokens_details/reasoning_tokens"]);
    let mut output = first(&["/completion_tokens"]);
    // xAI and Gemini do not count reasoning as output; the total shows it.
    if reasoning > 0 && Some(input + output + reasoning) == usage["total_tokens"].as_u64() {
        output += reasoning;
    }
    Some(TokenUsage {
        input,
        cached_input: first(&[
            "/prompt_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
            "/cached_tokens",
        ]),
        cache_write: first(&["/prompt_tokens_details/cache_write_tokens"]),
        output,
        reasoning,
    })
}
