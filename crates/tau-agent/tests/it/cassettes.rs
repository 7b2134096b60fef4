//! Answers that real servers gave, recorded by others, beside a second and simpler reading of the same bytes.
//!
//! The recordings lie beside the repository and are not part of it; without them there is nothing to do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tau_core::{ChatResponse, ContentBlock, Message, TokenUsage};

use crate::support::{Scripted, agent_over, ask};

/// Where the recordings are, if they are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/cassettes");

/// The least that must be found where there are recordings, so that the test cannot pass by finding none.
const LEAST: usize = 100;

#[derive(Deserialize)]
struct Cassette {
    when: When,
    then: Then,
}

#[derive(Deserialize)]
struct When {
    path: String,
}

#[derive(Deserialize)]
struct Then {
    status: u16,
    #[serde(default)]
    body: String,
}

/// What an answer says, read in the simplest way.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    id: String,
    model: String,
    text: String,
    reasoning: String,
    /// Everything in `reasoning_details` that is opaque or words.
    details: String,
    calls: Vec<(String, String, String)>,
    finish: String,
    usage: Option<TokenUsage>,
}

#[tokio::test]
async fn recorded_answers_are_read_whole() {
    if !Path::new(FOLDER).is_dir() {
        println!("skipped: no recordings at {FOLDER}");
        return;
    }
    let mut files = Vec::new();
    find(Path::new(FOLDER), &mut files);
    files.sort();
    let (mut replies, mut errors) = (0, 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // Other fields of other interfaces need not be text, so only those of ours are read as such.
        if !text.contains("/chat/completions") {
            continue;
        }
        let cassettes: Vec<Cassette> =
            serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for (number, cassette) in cassettes.iter().enumerate() {
            if !cassette.when.path.ends_with("/chat/completions") {
                continue;
            }
            let name = format!("{} #{number}", file.display());
            if cassette.then.status == 200 {
                check_reply(&name, &cassette.then.body).await;
                replies += 1;
            } else {
                check_error(&name, &cassette.then).await;
                errors += 1;
            }
        }
    }
    println!("{replies} recorded replies and {errors} recorded errors are read as they were meant");
    assert!(replies >= LEAST, "only {replies} replies found");
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

async fn check_reply(name: &str, body: &str) {
    let expected = read(body);
    assert_ne!(expected.finish, "", "{name}: the simple reading found no end");
    let whole = outcome(200, &[body.as_bytes()]).await;
    let response = whole.end.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(reading_of(&response), expected, "{name}");

    let pieces: Vec<&[u8]> = body.as_bytes().chunks(7).collect();
    let piecewise = outcome(200, &pieces).await;
    assert_eq!(piecewise.end.unwrap(), response, "{name}, in pieces");
    assert_eq!(piecewise.events, whole.events, "{name}, in pieces");
}

async fn check_error(name: &str, then: &Then) {
    let error = outcome(then.status, &[then.body.as_bytes()]).await.end.expect_err(name);
    assert_eq!(error.status(), Some(then.status), "{name}");
    let body: Value = serde_json::from_str(&then.body).unwrap();
    let said = body["error"]["message"].as_str().or_else(|| body["message"].as_str()).unwrap();
    assert!(error.to_string().contains(said), "{name}: {error}");
}

async fn outcome(status: u16, chunks: &[&[u8]]) -> crate::support::Outcome {
    let chunks = chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let mut transport = Scripted::new(chunks);
    transport.status = status;
    ask(&agent_over(Arc::new(transport))).await
}

/// The simple reading: every line of data is JSON, and what it holds is put one after the other.
fn read(body: &str) -> Reading {
    let mut reading = Reading::default();
    if body.starts_with('{') {
        read_chunk(&serde_json::from_str(body).unwrap(), "message", &mut reading);
        return reading;
    }
    for data in body.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if data != "[DONE]" {
            read_chunk(&serde_json::from_str(data).unwrap(), "delta", &mut reading);
        }
    }
    reading
}

fn read_chunk(chunk: &Value, key: &str, reading: &mut Reading) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if reading.id.is_empty() {
        reading.id = text(&chunk["id"]);
        reading.model = text(&chunk["model"]);
    }
    if chunk["usage"].is_object() {
        let usage = &chunk["usage"];
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        reading.usage = Some(TokenUsage {
            input: number(&usage["prompt_tokens"]),
            cached_input: number(&usage["prompt_tokens_details"]["cached_tokens"]),
            cache_write: number(&usage["prompt_tokens_details"]["cache_write_tokens"]),
            output: number(&usage["completion_tokens"]),
            reasoning: number(&usage["completion_tokens_details"]["reasoning_tokens"]),
        });
    }
    // Of several alternatives the first is the reply.
    for choice in chunk["choices"].as_array().into_iter().flatten().filter(|choice| choice["index"] == 0) {
        let said = &choice[key];
        reading.text += &text(&said["content"]);
        reading.text += &text(&said["refusal"]);
        reading.reasoning += &text(&said["reasoning_content"]);
        reading.reasoning += &text(&said["reasoning"]);
        reading.details += &details(&said["reasoning_details"]);
        // OpenRouter says it twice.
        if let Some(reason) = choice["finish_reason"].as_str() {
            reading.finish = reason.to_owned();
        }
        for (position, call) in said["tool_calls"].as_array().into_iter().flatten().enumerate() {
            // Whole answers need no index: their calls stand in their order.
            let index = call["index"].as_u64().map_or(position, |index| usize::try_from(index).unwrap());
            if reading.calls.len() <= index {
                reading.calls.resize_with(index + 1, Default::default);
            }
            let (id, name, arguments) = &mut reading.calls[index];
            *id += &text(&call["id"]);
            *name += &text(&call["function"]["name"]);
            *arguments += &text(&call["function"]["arguments"]);
        }
    }
}

fn details(details: &Value) -> String {
    let details = details.as_array().into_iter().flatten();
    let keys = ["text", "summary", "data", "signature"];
    details.flat_map(|detail| keys.iter().filter_map(|key| detail[*key].as_str())).collect()
}

/// The same of what was decoded.
fn reading_of(response: &ChatResponse) -> Reading {
    let message = Message::assistant(response.content.clone());
    let mut reading = Reading {
        id: response.id.clone(),
        model: response.model.clone(),
        text: message.text(),
        finish: response.finish.as_str().to_owned(),
        usage: response.usage,
        ..Reading::default()
    };
    for call in message.tool_calls() {
        let raw = call.arguments.raw().to_owned();
        reading.calls.push((call.id.as_str().to_owned(), call.name.clone(), raw));
    }
    for block in response.content.iter() {
        if let ContentBlock::Reasoning(reasoning) = block {
            reading.reasoning += &reasoning.text;
            let data = reasoning.data.as_ref().map(|data| serde_json::from_str(&data.json).unwrap());
            reading.details += &details(&data.unwrap_or(Value::Null)["reasoning_details"]);
        }
    }
    reading
}
