//! What is asked of the server, and what must come of it.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_agent::{ChatRequest, EmbeddingsRequest, OutputSchema, WireCache};
use tau_core::config::ModelOptions;
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, FinishReason, Image, Message, ToolDefinition, ToolResult, ToolResultBlock};

use crate::Found;
use crate::asked::{Answered, Server, ask, options, user};

/// The formats that llama.cpp speaks.
pub(crate) const FORMATS: [&str; 3] = ["openai-chat", "openai-responses", "anthropic-messages"];

/// The checks of every format.
pub(crate) const NAMES: [&str; 9] = [
    "streamed words",
    "reasoning",
    "truncation",
    "parallel calls forced",
    "results of tools",
    "structured output",
    "context overflow",
    "a picture it cannot see",
    "a wrong key",
];

/// What llama.cpp itself does not do, so that nothing can be made of it; and no longer does not, once a check says so.
pub(crate) const LACKS: [(&str, &str, &str); 3] = [
    ("openai-responses", "truncation", "the server says `completed`, whatever ended the answer"),
    ("openai-responses", "structured output", "the server does not read `text.format`"),
    ("anthropic-messages", "structured output", "the server does not read `output_config`"),
];

/// How often the dice are thrown for what is left to them.
const THROWS: i64 = 12;

/// A check of a format.
pub(crate) async fn words(name: &str, server: &Server<'_>, format: &str) -> Found {
    match name {
        "streamed words" => streamed_words(server, format).await,
        "reasoning" => reasoning(server, format).await,
        "truncation" => truncation(server, format).await,
        "parallel calls forced" => parallel_calls(server, format).await,
        "results of tools" => results_of_tools(server, format).await,
        "structured output" => structured_output(server, format).await,
        "context overflow" => context_overflow(server, format).await,
        "a picture it cannot see" => unseen_picture(server, format).await,
        "a wrong key" => wrong_key(server, format).await,
        other => Err(format!("no check is called `{other}`")),
    }
}

fn demand(is_so: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(problem()) }
}

async fn answer(server: &Server<'_>, format: &str, options: &ModelOptions) -> Result<Answered, String> {
    let messages = [user("Hello")];
    let request = ChatRequest::new(&messages).with_options(options);
    ask(&server.agent(format)?, request).await.map_err(|error| error.to_string())
}

/// Words come one after the other, the answer ends by itself, and what it took is told.
async fn streamed_words(server: &Server<'_>, format: &str) -> Found {
    let answered = answer(server, format, &options(1, 600)).await?;
    let text = answered.text();
    demand(!text.trim().is_empty(), || format!("no words in {:?}", answered.response))?;
    demand(answered.words > 1, || format!("`{text}` came in {} pieces", answered.words))?;
    demand(answered.response.finish == FinishReason::Stop, || format!("{:?}", answered.response.finish))?;
    let usage = answered.response.usage.ok_or("no token counts")?;
    demand(usage.input > 0 && usage.output > 1, || format!("{usage:?}"))?;
    let (pieces, read, written) = (answered.words, usage.input, usage.output);
    Ok(format!("{} bytes in {pieces} pieces, {read} tokens read and {written} written", text.len()))
}

/// Thoughts come apart from words, without their tags.
async fn reasoning(server: &Server<'_>, format: &str) -> Found {
    let answered = answer(server, format, &options(2, 600)).await?;
    let (thought, text) = (answered.thought(), answered.text());
    demand(!thought.trim().is_empty(), || format!("no thoughts in {:?}", answered.response))?;
    demand(answered.thoughts > 1, || format!("they came in {} pieces", answered.thoughts))?;
    demand(!text.contains("think>") && !thought.contains("think>"), || {
        format!("a tag in `{thought}` or `{text}`")
    })?;
    Ok(format!(
        "{} bytes in {} pieces, before {} bytes of words",
        thought.len(),
        answered.thoughts,
        text.len()
    ))
}

/// An answer that is cut says so.
async fn truncation(server: &Server<'_>, format: &str) -> Found {
    let answered = answer(server, format, &options(3, 4)).await?;
    demand(answered.response.finish == FinishReason::Length, || format!("{:?}", answered.response))?;
    Ok(format!("{} behind 4 tokens", answered.response.finish.as_str()))
}

fn tools() -> [ToolDefinition; 2] {
    let city = json!({ "type": "string", "enum": ["Paris", "Rome"] });
    let of_city = json!({ "type": "object", "properties": { "city": city }, "required": ["city"] });
    let name = json!({ "type": "string", "maxLength": 8 });
    let of_name = json!({ "type": "object", "properties": { "name": name }, "required": ["name"] });
    [
        ToolDefinition::new("get_temperature", "The temperature in a city.", of_city),
        ToolDefinition::new("find_person", "A person of a name.", of_name),
    ]
}

/// Options that leave the model nothing but calls.
fn forced(format: &str, seed: i64) -> ModelOptions {
    let mut options = options(seed, 900);
    let choice = if format == "anthropic-messages" { json!({ "type": "any" }) } else { json!("required") };
    options.extra.insert("tool_choice".to_owned(), choice);
    // llama.cpp allows one call where nobody asks for more.
    options.extra.insert("parallel_tool_calls".to_owned(), true.into());
    options
}

/// Calls that a grammar forces: of the tools there are, with arguments that fit, each with an id of its own.
async fn calls(server: &Server<'_>, format: &str, least: usize) -> Result<Answered, String> {
    let (messages, tools) = ([user("What is the temperature in Paris and in Rome?")], tools());
    let agent = server.agent(format)?;
    let mut seen = Vec::new();
    for seed in 0..THROWS {
        let options = forced(format, seed);
        let request = ChatRequest::new(&messages).with_tools(&tools).with_options(&options);
        let answered = ask(&agent, request).await.map_err(|error| error.to_string())?;
        if answered.response.finish == FinishReason::Length {
            seen.push("cut".to_owned());
            continue;
        }
        fit(&answered)?;
        seen.push(answered.calls().len().to_string());
        if answered.calls().len() >= least {
            return Ok(answered);
        }
    }
    Err(format!("never {least} calls in {THROWS} answers, but {}", seen.join(", ")))
}

/// Whether the calls are what the grammar allows.
fn fit(answered: &Answered) -> Result<(), String> {
    let calls = answered.calls();
    demand(!calls.is_empty(), || format!("no call in {:?}", answered.response))?;
    demand(answered.response.finish == FinishReason::ToolCalls, || {
        format!("{:?}", answered.response.finish)
    })?;
    let mut ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    demand(ids.len() == calls.len() && !ids.contains(&""), || format!("the ids {ids:?}"))?;
    for call in calls {
        let schema = tools().into_iter().find(|tool| tool.name == call.name).map(|tool| tool.parameters);
        let schema = schema.ok_or_else(|| format!("there is no tool `{}`", call.name))?;
        let arguments: Value =
            call.arguments.value().map_err(|error| format!("{}: {error}", call.arguments.raw()))?;
        demand(jsonschema::is_valid(&schema, &arguments), || format!("{} with {arguments}", call.name))?;
    }
    Ok(())
}

async fn parallel_calls(server: &Server<'_>, format: &str) -> Found {
    let answered = calls(server, format, 2).await?;
    let calls = answered.calls();
    demand(answered.arguments > calls.len(), || format!("arguments in {} pieces", answered.arguments))?;
    let shown: Vec<String> =
        calls.iter().map(|call| format!("{}({})", call.name, call.arguments.raw())).collect();
    Ok(shown.join(" "))
}

/// The conversation goes on behind calls and their results.
async fn results_of_tools(server: &Server<'_>, format: &str) -> Found {
    let called = calls(server, format, 1).await?;
    let results: Vec<ToolResult> = called
        .calls()
        .iter()
        .map(|call| ToolResult::success(call.id.clone(), [ToolResultBlock::text("17.4")]))
        .collect();
    let count = results.len();
    let messages = [
        user("What is the temperature in Paris and in Rome?"),
        Arc::new(Message::assistant(Arc::clone(&called.response.content))),
        Arc::new(Message::tool(results)),
    ];
    let (tools, options) = (tools(), options(5, 600));
    let request = ChatRequest::new(&messages).with_tools(&tools).with_options(&options);
    let answered = ask(&server.agent(format)?, request).await.map_err(|error| error.to_string())?;
    demand(!answered.text().is_empty(), || format!("no words in {:?}", answered.response))?;
    Ok(format!("{} bytes of words behind {count} results", answered.text().len()))
}

/// JSON of a schema, out of a model that knows nothing: the grammar does it.
async fn structured_output(server: &Server<'_>, format: &str) -> Found {
    let schema = OutputSchema::new(
        "person",
        json!({
            "type": "object",
            "properties": { "name": { "type": "string", "maxLength": 8 }, "grown": { "type": "boolean" } },
            "required": ["name", "grown"],
            "additionalProperties": false,
        }),
    );
    let (messages, options) = ([user("Who are you?")], options(6, 900));
    let request = ChatRequest::new(&messages).with_options(&options);
    let agent = server.agent(format)?;
    let answered = agent.chat_structured(request, &schema, &mut WireCache::default()).await;
    answered.map(|answered| answered.value.to_string()).map_err(|error| error.to_string())
}

/// The server's refusal is an error of a kind, with what it said.
async fn refused(
    server: &Server<'_>,
    format: &str,
    message: Message,
    kind: ModelFailureKind,
    said: &str,
) -> Found {
    let messages = [Arc::new(message)];
    match ask(&server.agent(format)?, ChatRequest::new(&messages)).await {
        Ok(answered) => Err(format!("it answered {:?}", answered.response)),
        Err(error) => {
            let words = error.to_string();
            demand(error.kind() == kind && !error.is_retryable(), || format!("{:?}: {words}", error.kind()))?;
            demand(words.to_lowercase().contains(said), || format!("no `{said}` in {words}"))?;
            demand(!words.contains(server.key), || "the key is in the error".to_owned())?;
            Ok(format!(
                "{kind:?}, {}",
                error.status().map_or("in the stream".to_owned(), |status| status.to_string())
            ))
        }
    }
}

async fn context_overflow(server: &Server<'_>, format: &str) -> Found {
    let message = Message::user([ContentBlock::text("far too long ".repeat(2_000))]);
    refused(server, format, message, ModelFailureKind::InvalidRequest, "context").await
}

/// The least PNG there is: one dot.
const DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

async fn unseen_picture(server: &Server<'_>, format: &str) -> Found {
    let message = Message::user([ContentBlock::Image(Image::base64("image/png", DOT))]);
    refused(server, format, message, ModelFailureKind::InvalidRequest, "image").await
}

async fn wrong_key(server: &Server<'_>, format: &str) -> Found {
    let server = Server { key: "no-such-key-at-all", ..*server };
    let message = Message::user([ContentBlock::text("Hello")]);
    refused(&server, format, message, ModelFailureKind::Unauthorized, "key").await
}

/// The server names its model.
pub(crate) async fn models(server: &Server<'_>) -> Found {
    let models = server.agent("openai-chat")?.list_models().await.map_err(|error| error.to_string())?;
    demand(!models.is_empty(), || "it names none".to_owned())?;
    Ok(models.join(", "))
}

/// One vector for each text, all of one length, and none the same for another text.
pub(crate) async fn embeddings(server: &Server<'_>) -> Found {
    let texts = ["one text", "and quite another"].map(str::to_owned);
    let agent = server.agent("openai-chat")?;
    let vectors =
        agent.embeddings(EmbeddingsRequest::new(&texts)).await.map_err(|error| error.to_string())?;
    let [one, other] = vectors.embeddings.as_slice() else {
        return Err(format!("{} vectors", vectors.embeddings.len()));
    };
    demand(!one.is_empty() && one.len() == other.len(), || {
        format!("of {} and {} numbers", one.len(), other.len())
    })?;
    demand(one != other, || "both are the same".to_owned())?;
    Ok(format!("2 vectors of {} numbers", one.len()))
}
