//! Probing a model, over every format.

use std::sync::Mutex;

use serde_json::{Value, json};
use tau_agent::Agent;
use tau_agent::probe::{Ability, Verdict, probe};
use tau_core::config::ProviderConfig;
use tau_testkit::{ModelServer, fault};

use crate::support::resolved;

/// Where each format holds the schema of the output.
fn schema(format: &str, request: &Value) -> Option<Value> {
    let place = match format {
        "openai-chat" => "/response_format/json_schema/schema",
        "openai-responses" => "/text/format/schema",
        "anthropic-messages" => "/output_config/format/schema",
        "ollama-chat" => "/format",
        "gemini" => "/generationConfig/responseJsonSchema",
        other => panic!("{other} is not tested"),
    };
    request.pointer(place).cloned()
}

#[tokio::test]
async fn structured_output_is_asked_for_in_every_format() {
    for format in fault::FORMATS {
        let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&asked);
        let server = ModelServer::start(move |_, request| {
            let found = schema(format, &request.json());
            let is_structured = found.is_some();
            seen.lock().unwrap().extend(found);
            fault::none(format, if is_structured { "{\"sum\": 5}" } else { "pong" })
        })
        .await
        .unwrap();
        let mut provider = ProviderConfig::new(server.base_url());
        provider.format = Some(format.to_owned());
        let report = probe(&Agent::new(&resolved(provider)).unwrap(), |_, _| {}).await;
        assert!(report.has(Ability::Chat) && report.has(Ability::StructuredOutput), "{format}: {report:?}");
        let Some((_, Verdict::Missed { .. })) =
            report.verdicts.iter().find(|(ability, _)| *ability == Ability::Tools)
        else {
            panic!("{format}: {report:?}")
        };
        let expected = json!({ "type": "object", "properties": { "sum": { "type": "integer" } },
            "required": ["sum"], "additionalProperties": false });
        assert_eq!(*asked.lock().unwrap(), [expected], "{format}");
    }
}

#[tokio::test]
async fn words_in_the_place_of_structured_output_are_a_miss() {
    let server = ModelServer::start(|_, _| fault::none("ollama-chat", "The sum is 5.")).await.unwrap();
    let mut provider = ProviderConfig::new(server.base_url());
    provider.format = Some("ollama-chat".to_owned());
    let report = probe(&Agent::new(&resolved(provider)).unwrap(), |_, _| {}).await;
    let verdict = report.verdicts.iter().find(|(ability, _)| *ability == Ability::StructuredOutput);
    let Some((_, Verdict::Missed { detail })) = verdict else { panic!("{report:?}") };
    assert_eq!(detail, "it said `The sum is 5.`");
}
