//! Answers that real servers gave, recorded by others, beside a second and simpler reading of the same bytes.
//!
//! The recordings lie beside the repository and are not part of it; without them there is nothing to do.

mod chat;
mod gemini;
mod history;
mod interactions;
mod messages;
mod ollama;
mod responses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tau_agent::{EmbeddingsRequest, TranscriptionRequest};
use tau_core::{ChatResponse, ContentBlock, Message, TokenUsage};

use crate::support::{Outcome, Scripted, agent_speaking, ask};

/// Where the recordings are, if they are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/cassettes");

/// The least replies that must be found of each format where there are recordings, so that the test cannot pass by
/// finding none.
const LEAST: [(&str, usize); 6] = [
    ("openai-chat", 100),
    ("openai-responses", 30),
    ("anthropic-messages", 30),
    ("ollama-chat", 5),
    ("gemini", 20),
    ("gemini-interactions", 3),
];

#[derive(Deserialize)]
struct Cassette {
    when: When,
    then: Then,
}

#[derive(Deserialize)]
struct When {
    path: String,
    body: Option<String>,
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
    /// Id, name and arguments.
    calls: Vec<(String, String, String)>,
    finish: String,
    usage: Option<TokenUsage>,
    /// What only the provider understands and wants back: signatures, encrypted words.
    opaque: Vec<String>,
    /// Blocks that go back whole, as JSON.
    whole: Vec<String>,
}

/// A second way to read a format.
struct Reader {
    format: &'static str,
    /// Whether requests to a path are of the format.
    is_path: fn(&str) -> bool,
    read: fn(&str) -> Reading,
    /// What of a request only the provider understands.
    opaque: fn(&Value) -> Vec<String>,
}

static READERS: [Reader; 6] = [
    Reader {
        format: "openai-chat",
        is_path: |path| path.ends_with("/chat/completions"),
        read: chat::read,
        opaque: |body| chat::details(&body["messages"][1]["reasoning_details"]),
    },
    Reader {
        format: "openai-responses",
        is_path: |path| path.ends_with("/responses"),
        read: responses::read,
        opaque: history::opaque,
    },
    Reader {
        format: "anthropic-messages",
        is_path: |path| path.ends_with("/messages"),
        read: messages::read,
        opaque: history::opaque,
    },
    Reader {
        format: "ollama-chat",
        is_path: |path| path.ends_with("/api/chat"),
        read: ollama::read,
        opaque: history::opaque,
    },
    Reader {
        format: "gemini",
        is_path: |path| path.ends_with(":generateContent") || path.ends_with(":streamGenerateContent"),
        read: gemini::read,
        opaque: history::opaque,
    },
    Reader {
        format: "gemini-interactions",
        is_path: |path| path.ends_with("/interactions"),
        read: interactions::read,
        opaque: history::opaque,
    },
];

#[tokio::test]
async fn recorded_answers_are_read_whole() {
    let Some(cassettes) = cassettes() else {
        println!("skipped: no recordings at {FOLDER}");
        return;
    };
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, cassette) in &cassettes {
        let path = cassette.when.path.as_str();
        if let Some(reader) = READERS.iter().find(|reader| (reader.is_path)(path)) {
            let count = counts.entry(reader.format).or_default();
            if cassette.then.status == 200 {
                check_reply(name, reader, &cassette.then.body).await;
                count[0] += 1;
            } else {
                check_error(name, reader, &cassette.then).await;
                count[1] += 1;
            }
        } else if !["/models", "/transcriptions"].iter().any(|end| path.ends_with(end))
            && !is_embeddings(path)
        {
            *others.entry(path).or_default() += 1;
        }
    }
    println!("replies and errors read as they were meant: {counts:?}");
    println!("of other interfaces, not read: {others:?}");
    for (format, least) in LEAST {
        assert!(counts.get(format).is_some_and(|count| count[0] >= least), "too few of {format}: {counts:?}");
    }
}

#[tokio::test]
async fn recorded_embeddings_transcriptions_and_lists_of_models_are_read() {
    let Some(cassettes) = cassettes() else {
        println!("skipped: no recordings at {FOLDER}");
        return;
    };
    let mut count = 0;
    for (name, cassette) in &cassettes {
        let (path, then) = (cassette.when.path.as_str(), &cassette.then);
        let format = if path.contains("/v1beta/") { "gemini" } else { "openai-chat" };
        let expected: Value = serde_json::from_str(&then.body).unwrap_or_default();
        let agent = agent_speaking(format, Arc::new(scripted(then.status, &[then.body.as_bytes()])));
        let problem = if path.ends_with("/models") {
            match agent.list_models().await {
                Ok(models) => {
                    let data = expected["data"].as_array().unwrap();
                    let ids: Vec<&str> = data.iter().map(|model| model["id"].as_str().unwrap()).collect();
                    assert_eq!(models, ids, "{name}");
                    None
                }
                Err(error) => Some(error),
            }
        } else if is_embeddings(path) {
            let request: Value = serde_json::from_str(cassette.when.body.as_deref().unwrap()).unwrap();
            let texts = vec![String::new(); request["input"].as_array().map_or(1, Vec::len)];
            match agent.embeddings(EmbeddingsRequest::new(&texts)).await {
                Ok(response) => {
                    let data = expected["data"].as_array().unwrap();
                    let vectors: Vec<Vec<f32>> = data
                        .iter()
                        .map(|item| serde_json::from_value(item["embedding"].clone()).unwrap())
                        .collect();
                    assert_eq!(response.embeddings, vectors, "{name}");
                    assert_eq!(response.usage.unwrap().input, expected["usage"]["prompt_tokens"], "{name}");
                    None
                }
                Err(error) => Some(error),
            }
        } else if path.ends_with("/transcriptions") {
            match agent.transcribe(TranscriptionRequest::new(b"", "audio/wav")).await {
                Ok(words) => {
                    assert_eq!(words.text, text(&expected["text"]), "{name}");
                    None
                }
                Err(error) => Some(error),
            }
        } else {
            continue;
        };
        count += 1;
        assert_eq!(problem.is_some(), then.status != 200, "{name}: {problem:?}");
        if let Some(error) = problem {
            says(name, &error.to_string(), &then.body);
        }
    }
    println!("{count} recorded lists, embeddings and transcriptions are read as they were meant");
    assert!(count >= 10, "only {count} found");
}

fn is_embeddings(path: &str) -> bool {
    path.ends_with("/embeddings") || path.ends_with(":batchEmbedContents")
}

/// Every recorded exchange that can be read as text, with a name; nothing, when there are no recordings.
fn cassettes() -> Option<Vec<(String, Cassette)>> {
    if !Path::new(FOLDER).is_dir() {
        return None;
    }
    let mut files = Vec::new();
    find(Path::new(FOLDER), &mut files);
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        match serde_saphyr::from_multiple::<Cassette>(&text) {
            Ok(cassettes) => all.extend(cassettes.into_iter().enumerate().map(|(number, cassette)| {
                (format!("{} #{number}", file.strip_prefix(FOLDER).unwrap().display()), cassette)
            })),
            // Bodies of other interfaces need not be text.
            Err(error) => {
                let ours = ["/chat/completions", "/responses", "/messages", "/api/chat", "enerateContent"];
                let is_ours = ours.iter().any(|path| text.contains(&format!("{path}\n")));
                assert!(!is_ours, "{}: {error}", file.display());
            }
        }
    }
    Some(all)
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

async fn check_reply(name: &str, reader: &Reader, body: &str) {
    let expected = (reader.read)(body);
    assert_ne!(expected.finish, "", "{name}: the simple reading found no end");
    let whole = outcome(reader, 200, &[body.as_bytes()]).await;
    let response = whole.end.unwrap_or_else(|error| panic!("{name}: {error}"));
    let sent = history::sent_again(reader.format, &response).await;
    assert_eq!(reading_of(&response, reader, &sent, &expected), expected, "{name}");

    let pieces: Vec<&[u8]> = body.as_bytes().chunks(7).collect();
    let piecewise = outcome(reader, 200, &pieces).await;
    assert_eq!(piecewise.end.unwrap(), response, "{name}, in pieces");
    assert_eq!(piecewise.events, whole.events, "{name}, in pieces");
}

async fn check_error(name: &str, reader: &Reader, then: &Then) {
    let error = outcome(reader, then.status, &[then.body.as_bytes()]).await.end.expect_err(name);
    assert_eq!(error.status(), Some(then.status), "{name}");
    says(name, &error.to_string(), &then.body);
}

/// An error repeats what the server said about it.
fn says(name: &str, error: &str, body: &str) {
    let body: Value = serde_json::from_str(body).unwrap();
    let places = [&body["error"]["message"], &body["message"], &body["detail"], &body["error"]];
    let said = places.into_iter().find_map(Value::as_str).unwrap_or_else(|| panic!("{name}: {body}"));
    assert!(error.contains(said), "{name}: {error}");
}

fn scripted(status: u16, chunks: &[&[u8]]) -> Scripted {
    let chunks = chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let mut transport = Scripted::new(chunks);
    transport.status = status;
    transport
}

async fn outcome(reader: &Reader, status: u16, chunks: &[&[u8]]) -> Outcome {
    ask(&agent_speaking(reader.format, Arc::new(scripted(status, chunks)))).await
}

/// The same of what was decoded, and of what is sent with it.
fn reading_of(response: &ChatResponse, reader: &Reader, sent: &str, expected: &Reading) -> Reading {
    let message = Message::assistant(response.content.clone());
    let body: Value = serde_json::from_str(sent).unwrap();
    let mut reading = Reading {
        id: response.id.clone(),
        model: response.model.clone(),
        text: message.text(),
        finish: response.finish.as_str().to_owned(),
        usage: response.usage,
        opaque: (reader.opaque)(&body),
        whole: expected.whole.iter().filter(|block| history::holds(sent, &body, block)).cloned().collect(),
        ..Reading::default()
    };
    for (call, expected) in message.tool_calls().zip(&expected.calls) {
        // Servers that give no ids get some made here, which the simple reading cannot know.
        let id = if expected.0.is_empty() { "" } else { call.id.as_str() };
        reading.calls.push((id.to_owned(), call.name.clone(), call.arguments.raw().to_owned()));
    }
    assert_eq!(message.tool_calls().count(), expected.calls.len(), "{:?}", expected.calls);
    for block in response.content.iter() {
        if let ContentBlock::Reasoning(reasoning) = block {
            reading.reasoning += &reasoning.text;
        }
    }
    reading
}

/// The JSON of each event of a stream.
fn events(body: &str) -> impl Iterator<Item = Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}
