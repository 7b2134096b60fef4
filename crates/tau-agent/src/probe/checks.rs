//! What is asked for each ability, and what counts as having it.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_core::{ContentBlock, Image, Message, ToolCall, ToolDefinition, ToolResult, ToolResultBlock};

use super::ask::{Answered, Asking};
use super::{Ability, Verdict};
use crate::output::{self, OutputSchema};

/// A picture of 64 by 64 red dots, PNG.
const RED: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAS0lEQVR42u3PQQkAAAgAsetfWiP4FgYrsKZeS0BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDgsqnc8OJg6Ln3AAAAAElFTkSuQmCC";

/// What the tool of the probe gives: nothing that a model could guess.
const TEMPERATURE: &str = "17.4";

/// How much of an answer is shown, in bytes.
const SHOWN: usize = 80;

pub(super) async fn check(ability: Ability, asking: &mut Asking<'_>) -> Verdict {
    match ability {
        Ability::Chat => chat(asking).await,
        Ability::Streaming => streaming(asking).await,
        Ability::Tools => tools(asking).await,
        Ability::ToolResults => tool_results(asking).await,
        Ability::ParallelTools => parallel_tools(asking).await,
        Ability::Vision => vision(asking).await,
        Ability::StructuredOutput => structured_output(asking).await,
    }
}

/// The verdict over an answer in words.
fn judged(answer: Result<Answered, crate::AgentError>, is_good: impl Fn(&str) -> bool) -> Verdict {
    match answer {
        Err(error) => Verdict::Failed { error },
        Ok(answer) => {
            let text = answer.text();
            let shown = format!("it said `{}`", shown(&text));
            if is_good(&text) { Verdict::works(shown) } else { Verdict::missed(shown) }
        }
    }
}

fn shown(text: &str) -> &str {
    let text = text.trim();
    &text[..text.floor_char_boundary(SHOWN)]
}

async fn chat(asking: &mut Asking<'_>) -> Verdict {
    let question = "Answer with the one word: pong";
    judged(asking.say(vec![ContentBlock::text(question)]).await, |text| !text.trim().is_empty())
}

async fn streaming(asking: &mut Asking<'_>) -> Verdict {
    let question = "Count from 1 to 20 in digits, separated by blanks. Write nothing else.";
    match asking.say(vec![ContentBlock::text(question)]).await {
        Err(error) => Verdict::Failed { error },
        Ok(answer) if answer.pieces > 1 => {
            Verdict::works(format!("its words came in {} pieces", answer.pieces))
        }
        Ok(_) => Verdict::missed("all of its words came at once"),
    }
}

fn weather() -> ToolDefinition {
    ToolDefinition::new(
        "get_temperature",
        "The temperature in a city, in degrees Celsius. It is known in no other way.",
        json!({
            "type": "object",
            "properties": { "city": { "type": "string", "description": "The name of the city." } },
            "required": ["city"],
        }),
    )
}

fn user(text: &str) -> Arc<Message> {
    Arc::new(Message::user([ContentBlock::text(text)]))
}

/// The calls of an answer that name the tool and give it a city.
fn calls(answer: &Answered) -> Vec<ToolCall> {
    let is_good = |call: &&ToolCall| {
        let city = call.arguments.value().ok().and_then(|value: Value| value["city"].as_str().map(str::len));
        call.name == "get_temperature" && city.is_some_and(|length| length > 0)
    };
    let calls = answer.response.content.iter().filter_map(|block| match block {
        ContentBlock::ToolCall(call) => Some(call),
        _ => None,
    });
    calls.filter(is_good).cloned().collect()
}

async fn tools(asking: &mut Asking<'_>) -> Verdict {
    let mut messages = vec![user("What is the temperature in Paris? Call the tool to find out.")];
    let answer = match asking.ask(&messages, &[weather()], None).await {
        Ok(answer) => answer,
        Err(error) => return Verdict::Failed { error },
    };
    match calls(&answer).first() {
        None => Verdict::missed(format!("it called no tool rightly, and said `{}`", shown(&answer.text()))),
        Some(call) => {
            let detail = format!("it called {} with {}", call.name, shown(call.arguments.raw()));
            messages.push(Arc::new(Message::assistant(answer.response.content.clone())));
            asking.called = Some(messages);
            Verdict::works(detail)
        }
    }
}

async fn tool_results(asking: &mut Asking<'_>) -> Verdict {
    let Some(mut messages) = asking.called.take() else {
        return Verdict::skipped("it calls no tool");
    };
    let calls = messages.last().into_iter().flat_map(|message| message.content.iter());
    let results = calls.filter_map(|block| match block {
        ContentBlock::ToolCall(call) => {
            let text = ToolResultBlock::text(format!("{TEMPERATURE} degrees Celsius"));
            Some(ToolResult::success(call.id.clone(), [text]))
        }
        _ => None,
    });
    let results: Vec<ToolResult> = results.collect();
    messages.push(Arc::new(Message::tool(results)));
    let answer = asking.ask(&messages, &[weather()], None).await;
    judged(answer, |text| text.contains(TEMPERATURE) || text.contains("17,4"))
}

async fn parallel_tools(asking: &mut Asking<'_>) -> Verdict {
    let question = "What are the temperatures in Paris and in Rome? Call the tool for both cities at the same time, with \
                    two calls in one reply.";
    match asking.ask(&[user(question)], &[weather()], None).await {
        Err(error) => Verdict::Failed { error },
        Ok(answer) => {
            let count = calls(&answer).len();
            let detail = format!("it made {count} calls in one reply");
            if count >= 2 { Verdict::works(detail) } else { Verdict::missed(detail) }
        }
    }
}

async fn vision(asking: &mut Asking<'_>) -> Verdict {
    let picture = ContentBlock::Image(Image::base64("image/png", RED));
    let question = ContentBlock::text("Which colour is this picture? Answer with one word, in English.");
    judged(asking.say(vec![picture, question]).await, |text| text.to_lowercase().contains("red"))
}

/// In the format's own way, as for a task of an agent; one that knows none is told in words.
async fn structured_output(asking: &mut Asking<'_>) -> Verdict {
    let schema = json!({
        "type": "object",
        "properties": { "sum": { "type": "integer" } },
        "required": ["sum"],
        "additionalProperties": false,
    });
    let output = OutputSchema::new("sum", schema);
    let answer = asking.ask(&[user("What is the sum of 2 and 3?")], &[], Some(&output)).await;
    judged(answer, |text| output::check(&output, text).is_ok_and(|value| value.get("sum") == Some(&json!(5))))
}
