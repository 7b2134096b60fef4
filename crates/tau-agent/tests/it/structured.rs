//! JSON of a schema, checked and repaired once.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_agent::{Agent, AgentError, ChatRequest, OutputSchema, StructuredResponse, WireCache};
use tau_core::config::{ProviderConfig, StructuredOutput};
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, Message};
use tau_testkit::{ModelServer, Reply};

use crate::support::resolved;

fn schema() -> OutputSchema {
    OutputSchema::new(
        "town",
        json!({ "type": "object", "additionalProperties": false, "required": ["name", "people"],
            "properties": { "name": { "type": "string" }, "people": { "type": "integer", "minimum": 0 } } }),
    )
}

async fn ask(
    replies: &[&str],
    change: impl FnOnce(&mut ProviderConfig),
) -> (ModelServer, Result<StructuredResponse, AgentError>) {
    let server = ModelServer::with_replies(replies.iter().map(|text| Reply::text(text))).await.unwrap();
    let mut provider = ProviderConfig::new(server.base_url());
    change(&mut provider);
    let agent = Agent::new(&resolved(provider)).unwrap();
    let messages = [Arc::new(Message::user([ContentBlock::text("Which town?")]))];
    let answer =
        agent.chat_structured(ChatRequest::new(&messages), &schema(), &mut WireCache::default()).await;
    (server, answer)
}

#[tokio::test]
async fn a_reply_that_follows_the_schema_is_the_answer() {
    for text in [r#"{"name":"Ulm","people":5}"#, "```json\n{\"name\": \"Ulm\", \"people\": 5}\n```"] {
        let (server, answer) = ask(&[text], |_| {}).await;
        assert_eq!(answer.unwrap().value, json!({ "name": "Ulm", "people": 5 }));
        let asked = server.requests()[0].json();
        let expected = json!({ "type": "json_schema",
            "json_schema": { "name": "town", "schema": schema().schema, "strict": true } });
        assert_eq!(asked["response_format"], expected);
    }
}

#[tokio::test]
async fn a_reply_that_does_not_is_repaired_once() {
    let (server, answer) =
        ask(&[r#"{"name":"Ulm","people":-5}"#, r#"{"name":"Ulm","people":5}"#], |_| {}).await;
    let answer = answer.unwrap();
    assert_eq!(answer.value["people"], 5);
    let asked = server.requests()[1].json();
    let told = asked["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    assert!(told.contains("-5") && told.contains("`/people`"), "{told}");
    assert_eq!(asked["messages"][1]["content"], r#"{"name":"Ulm","people":-5}"#);

    let (server, answer) = ask(&["Ulm", "Ulm, I said"], |_| {}).await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Protocol);
    assert!(
        error.to_string().contains("twice gave no output of the schema `town`: it is not JSON"),
        "{error}"
    );
    assert_eq!(server.request_count(), 2);
}

#[tokio::test]
async fn servers_that_take_no_schema_are_told_it_in_words() {
    for (kind, format) in
        [(StructuredOutput::Json, json!({ "type": "json_object" })), (StructuredOutput::Prompt, Value::Null)]
    {
        let (server, answer) = ask(&[r#"{"name":"Ulm","people":5}"#], |provider| {
            provider.quirks.structured_output = Some(kind);
        })
        .await;
        answer.unwrap();
        let asked = server.requests()[0].json();
        assert_eq!(asked["response_format"], format);
        let system = asked["messages"][0]["content"].as_str().unwrap();
        assert!(system.contains("JSON Schema") && system.contains(&schema().schema.to_string()), "{system}");
    }
}

#[test]
fn strict_is_asked_for_schemas_that_are() {
    assert!(schema().is_strict());
    let open = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    assert!(!OutputSchema::new("x", open).is_strict());
    let optional = json!({ "type": "object", "additionalProperties": false, "properties": { "a": {} } });
    assert!(!OutputSchema::new("x", optional).is_strict());
}
