//! The models that a provider says it has.

use std::time::Duration;

use serde_json::json;
use tau_agent::{Agent, AgentError};
use tau_core::config::ProviderConfig;
use tau_core::event::ModelFailureKind;
use tau_core::{HumanDuration, Secret};
use tau_testkit::{ModelServer, Reply};

use crate::support::resolved;

async fn list(reply: Reply) -> (ModelServer, Result<Vec<String>, AgentError>) {
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let mut provider = ProviderConfig::new(format!("{}/", server.base_url()));
    provider.api_key = Some(Secret::new("sk-key-6f1a"));
    provider.client.connect_timeout = Some(HumanDuration::from(Duration::from_millis(500)));
    let models = Agent::new(&resolved(provider)).unwrap().list_models().await;
    (server, models)
}

#[tokio::test]
async fn models_are_listed_in_their_order() {
    let (server, models) =
        list(Reply::json(200, &json!({ "object": "list", "data": [{ "id": "b" }, { "id": "a" }] }))).await;
    assert_eq!(models.unwrap(), ["b", "a"]);
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/v1/models"));
    assert_eq!(request.header("authorization"), Some("Bearer sk-key-6f1a"));
    assert!(request.body.is_empty());
    for nothing in [json!({ "data": [] }), json!({ "data": null })] {
        assert_eq!(list(Reply::json(200, &nothing)).await.1.unwrap(), [""; 0]);
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_an_error() {
    use ModelFailureKind::{Interrupted, Protocol, Timeout, Unauthorized};
    let cases = [
        (Reply::json(200, &json!({ "models": [] })), Protocol, "the list of models has no `data`"),
        (Reply::status(200).bytes("<html>"), Protocol, "sent what is no openai-chat answer"),
        (
            Reply::error(401, "bad_key", "the key sk-key-6f1a is bad"),
            Unauthorized,
            "the key [redacted] is bad",
        ),
        (Reply::status(200).bytes("{\"data\"").close(), Interrupted, "broke off its answer"),
        (Reply::status(200).hang(), Timeout, "sent no answer for 500ms"),
    ];
    for (reply, kind, said) in cases {
        let (server, models) = list(reply).await;
        let error = models.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(server.request_count(), 1, "asked once");
    }
}
