//! `tau models`: lists, and tests of what a model can do.

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply, chunk};

use crate::support::Place;

/// A model that does everything but see pictures, which its server refuses.
fn capable(request: &tau_testkit::Request) -> Reply {
    let body = request.json();
    let text = body["messages"].to_string();
    let call = |id: &str, index: usize| chunk::tool_call(index, id, "get_temperature", "{\"city\":\"Rome\"}");
    if request.path.ends_with("/models") {
        return Reply::json(200, &json!({ "data": [{ "id": "scripted" }, { "id": "other" }] }));
    }
    if text.contains("image_url") {
        return Reply::json(500, &json!({ "error": { "message": "image input is not supported" } }));
    }
    if text.contains("17.4") {
        return Reply::text("It has 17.4 degrees.");
    }
    if text.contains("at the same time") {
        return Reply::events([call("a", 0), call("b", 1), chunk::finish("tool_calls")]);
    }
    if text.contains("Call the tool") {
        return Reply::events([call("a", 0), chunk::finish("tool_calls")]);
    }
    if text.contains("Count") {
        return Reply::events([
            chunk::text("1 "),
            chunk::text("2"),
            chunk::finish("stop"),
            chunk::usage(9, 2),
        ]);
    }
    if body.get("response_format").is_some() {
        return Reply::text("{\"sum\":5}");
    }
    Reply::text("pong")
}

#[tokio::test]
async fn a_model_is_tested() {
    let server = ModelServer::start(|_, request| capable(request)).await.unwrap();
    let place = Place::with_server(&server);
    let ran = place.tau(&["models", "test", "-o", "json"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let verdicts: Vec<String> = found["abilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|held| format!("{} {}", held["ability"].as_str().unwrap(), held["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(
        verdicts,
        [
            "chat works",
            "streaming works",
            "tools works",
            "tool_results works",
            "parallel_tools works",
            "vision failed",
            "structured_output works"
        ]
    );
    let config: Value =
        toml::from_str::<toml::Value>(found["config"].as_str().unwrap()).map(|held| json!(held)).unwrap();
    let model = &config["models"]["scripted"];
    assert_eq!(model["provider"], "test");
    assert_eq!(
        model["capabilities"],
        json!({ "tools": true, "parallel_tools": true, "reasoning": false, "vision": false })
    );

    let ran = place.tau(&["models", "test", "test/other"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in ["✓  chat", "✗  vision", "[models.\"other\"]", "capabilities = { tools = true, "] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    // What is advised is a configuration that can be used.
    let advised = ran.stdout.split_once("[models").unwrap().1;
    place.user_config(&format!("providers.test.base_url = \"{}\"\n[models{advised}", server.base_url()));
    let ran = place.tau(&["config", "check"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test]
async fn a_model_that_does_not_answer_is_asked_once() {
    let server = ModelServer::start(|_, _| Reply::status(401)).await.unwrap();
    let place = Place::with_server(&server);
    let ran = place.tau(&["models", "test"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("answered 401") && ran.stdout.contains("it does not answer"), "{ran:?}");
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn models_are_listed() {
    let server = ModelServer::start(|_, request| capable(request)).await.unwrap();
    let place = Place::with_server_and(
        &server,
        "[models.mine]\nprovider = \"test\"\ncapabilities = { context_window = 8192 }\nprices = { input = 1, output = 2 }",
    );
    let ran = place.tau(&["models", "list", "--provider", "test", "-o", "json"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    let unknown = |model: &str| json!({ "model": model, "configured": false, "context_window": null, "input_price": null, "output_price": null });
    assert_eq!(
        rows,
        json!([
            { "model": "mine", "configured": true, "context_window": 8192, "input_price": "1.00", "output_price": "2.00" },
            unknown("test/scripted"),
            unknown("test/other"),
        ])
    );
    let ran = place.tau(&["models", "list", "--provider", "nobody"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("there is no provider `nobody`"), "{ran:?}");
}
