//! Events of an answer, folded into the reply.

use std::collections::VecDeque;

use serde_json::Value;
use tau_core::{ChatResponse, FinishReason, TokenUsage};

use super::step::{Step, texts};
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
    steps: Vec<Step>,
    places: Places,
    calls: usize,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
}

impl decoder::Fold for Fold {
    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let event = part.value;
        match event["event_type"].as_str().unwrap_or_default() {
            "step.start" => {
                let json = raw_at(part.text, &["step"]).unwrap_or("{}");
                self.start(event["index"].as_u64(), &event["step"], json, events);
            }
            "step.delta" => self.delta(event, events),
            "interaction.created" => self.begin(&event["interaction"]),
            "interaction.completed" => {
                let json = raw_at(part.text, &["interaction"]).unwrap_or("{}");
                self.end(&event["interaction"], json)?;
            }
            // Some servers answer a request to stream with the whole answer, as one event.
            "" if event["object"] == "interaction" => self.push_whole(part, events)?,
            _ => {}
        }
        Ok(())
    }

    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError> {
        let Some(steps) = part.value["steps"].as_array() else {
            return Err(FormatError::Malformed(format!("no steps in `{}`", shown(part.text))));
        };
        let raws = raw_items(raw_at(part.text, &["steps"]).unwrap_or("[]"));
        for (index, (step, raw)) in steps.iter().zip(raws).enumerate() {
            self.start(Some(index as u64), step, raw.get(), events);
        }
        self.end(part.value, part.text)
    }

    fn progress(&self) -> Progress {
        if self.finish.is_some() { Progress::Complete } else { Progress::Open }
    }

    fn finish(self) -> ChatResponse {
        let mut content = Vec::with_capacity(self.steps.len());
        for step in self.steps {
            step.finish(&mut content);
        }
        let mut response = ChatResponse::new(content, self.finish.unwrap_or(FinishReason::Stop));
        response.id = self.id;
        response.model = self.model;
        response.usage = self.usage;
        response
    }
}

impl Fold {
    fn begin(&mut self, interaction: &Value) {
        keep_first(&mut self.id, &interaction["id"]);
        keep_first(&mut self.model, &interaction["model"]);
    }

    fn start(&mut self, index: Option<u64>, value: &Value, json: &str, events: &mut VecDeque<StreamEvent>) {
        let kind = value["type"].as_str().unwrap_or("model_output").to_owned();
        let mut step = Step { kind, json: json.to_owned(), call: self.calls, ..Step::default() };
        step.value = value.clone();
        match step.kind.as_str() {
            "model_output" => step.say(texts(&value["content"]), events),
            "thought" => {
                step.say(texts(&value["summary"]), events);
                keep_first(&mut step.signature, &value["signature"]);
            }
            "function_call" => {
                self.calls += 1;
                let name = value["name"].as_str().unwrap_or_default().to_owned();
                events.push_back(StreamEvent::ToolCallStarted { index: step.call, name });
                // A stream begins with empty arguments, and their text follows.
                let arguments = raw_at(json, &["arguments"]).filter(|text| !matches!(*text, "{}" | "null"));
                step.say(arguments.unwrap_or_default().to_owned(), events);
            }
            _ => {}
        }
        self.places.put(index, "", self.steps.len());
        self.steps.push(step);
    }

    fn delta(&mut self, event: &Value, events: &mut VecDeque<StreamEvent>) {
        let (index, delta) = (event["index"].as_u64(), &event["delta"]);
        let found = match index {
            Some(index) => self.places.of_index(index),
            None => self.steps.len().checked_sub(1),
        };
        let kind = delta["type"].as_str().unwrap_or_default();
        let at = found.unwrap_or_else(|| {
            // A step that was not begun begins here.
            let begun = if kind.starts_with("thought") { "thought" } else { "model_output" };
            self.places.put(index, "", self.steps.len());
            self.steps.push(Step { kind: begun.to_owned(), json: "{}".to_owned(), ..Step::default() });
            self.steps.len() - 1
        });
        let step = &mut self.steps[at];
        match (kind, step.kind.as_str()) {
            ("text", "model_output") => {
                step.say(delta["text"].as_str().unwrap_or_default().to_owned(), events)
            }
            ("thought_summary", "thought") => {
                step.say(delta["content"]["text"].as_str().unwrap_or_default().to_owned(), events);
            }
            ("thought_signature", _) => {
                step.signature.push_str(delta["signature"].as_str().unwrap_or_default());
            }
            ("arguments_delta", "function_call") => {
                step.say(delta["arguments"].as_str().unwrap_or_default().to_owned(), events);
            }
            _ => {}
        }
    }

    fn end(&mut self, interaction: &Value, json: &str) -> Result<(), FormatError> {
        self.begin(interaction);
        self.usage = read_usage(&interaction["usage"]);
        self.finish = Some(match words(&interaction["status"]).unwrap_or("completed") {
            "failed" | "cancelled" => return Err(FormatError::Server(json.to_owned())),
            "completed" | "requires_action" if self.calls > 0 => FinishReason::ToolCalls,
            "completed" => FinishReason::Stop,
            "incomplete" => FinishReason::Length,
            other => FinishReason::Other(other.to_owned()),
        });
        Ok(())
    }
}

impl Step {
    /// Takes in what is said.
    fn say(&mut self, words: String, events: &mut VecDeque<StreamEvent>) {
        if words.is_empty() {
            return;
        }
        self.text.push_str(&words);
        events.push_back(match self.kind.as_str() {
            "thought" => StreamEvent::ReasoningDelta(words),
            "function_call" => StreamEvent::ToolCallDelta { index: self.call, arguments: words },
            _ => StreamEvent::TextDelta(words),
        });
    }
}

/// Thoughts are counted apart from output, and what the provider's own tools read apart from the input.
fn read_usage(usage: &Value) -> Option<TokenUsage> {
    let number = |key: &str| usage[key].as_u64().unwrap_or(0);
    usage.is_object().then(|| TokenUsage {
        input: number("total_input_tokens").saturating_add(number("total_tool_use_tokens")),
        cached_input: number("total_cached_tokens"),
        cache_write: 0,
        output: number("total_output_tokens").saturating_add(number("total_thought_tokens")),
        reasoning: number("total_thought_tokens"),
    })
}
