use serde_json::json;
use tau_testkit::{ModelServer, Reply};

use crate::support::Place;

/// Without the lines that depend on the machine.
fn stable(text: &str) -> String {
    let of_machine = ["sandbox  ", "bash  ", "git  "];
    let lines = text.lines().filter(|line| !of_machine.iter().any(|program| line[4..].starts_with(program)));
    lines.collect::<Vec<_>>().join("\n")
}

fn models(names: &[&str]) -> Reply {
    let models: Vec<_> = names.iter().map(|name| json!({ "id": name, "object": "model" })).collect();
    Reply::json(200, &json!({ "object": "list", "data": models }))
}

#[tokio::test]
async fn without_a_model_it_says_what_to_do_and_fails() {
    let place = Place::new();
    // Where no Ollama listens, whatever the machine has.
    place.user_config("providers.ollama.base_url = \"http://127.0.0.1:9/v1\"\n");
    let ran = place.tau(&["doctor"]).await;
    insta::assert_snapshot!(stable(&ran.assert_code(1).stdout), @r#"
        ✓ tau            version 0.1.0
        ✓ configuration  read [TEMP]/home/.config/tau/config.toml
        ✗ model          no model is configured, and no local Ollama with a model answers at http://[SERVER]/v1
                         do one of these:
                         - install Ollama and get a model: `ollama pull qwen3:8b`, then run tau again
                         - use a provider: `export OPENAI_API_KEY=...`, then `tau run --model openai/MODEL ...`
                         - use any OpenAI-compatible server: put this into the file that `tau doctor` names
                             model = "mine/MODEL"
                             [providers.mine]
                             base_url = "http://localhost:8000/v1"
        ✓ folder         [TEMP]/project
        "#);
    let run = place.tau(&["run", "x"]).await;
    insta::assert_snapshot!(run.assert_code(2).stderr, @r#"
        × no model is configured, and no local Ollama with a model answers at http://[SERVER]/v1
        help: do one of these:
              - install Ollama and get a model: `ollama pull qwen3:8b`, then run tau again
              - use a provider: `export OPENAI_API_KEY=...`, then `tau run --model openai/MODEL ...`
              - use any OpenAI-compatible server: put this into the file that `tau doctor` names
                  model = "mine/MODEL"
                  [providers.mine]
                  base_url = "http://localhost:8000/v1"
        "#);
}

#[tokio::test]
async fn with_a_model_that_answers_all_is_well() {
    let server = ModelServer::start(|_, _| models(&["other", "scripted"])).await.unwrap();
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Be brief.");
    let skill =
        "---\nname: greet\ndescription: Greets people. Use it when somebody comes.\n---\nSay hello.\n";
    place.write(".tau/skills/greet/SKILL.md", skill);
    let ran = place.tau(&["doctor"]).await;
    insta::assert_snapshot!(stable(&ran.assert_code(0).stdout), @r#"
        ✓ tau            version 0.1.0
        ✓ configuration  read [TEMP]/home/.config/tau/config.toml
        ✓ model          test/scripted; its server answers
        ✓ folder         [TEMP]/project
        ✓ instructions   [TEMP]/project/AGENTS.md, 9 bytes
        ✓ skills         greet
        "#);
    assert_eq!(server.requests()[0].path, "/v1/models");
}

#[tokio::test]
async fn a_model_that_the_server_does_not_list_is_a_remark() {
    let server = ModelServer::start(|_, _| models(&["other"])).await.unwrap();
    let ran = Place::with_server(&server).tau(&["doctor"]).await;
    assert!(ran.assert_code(0).stdout.contains("does not list this model; it has other"), "{ran:?}");
}

#[tokio::test]
async fn a_server_that_refuses_is_a_fault() {
    let server =
        ModelServer::start(|_, _| Reply::error(401, "invalid_api_key", "no such key")).await.unwrap();
    let ran = Place::with_server(&server).tau(&["doctor"]).await;
    assert!(ran.assert_code(1).stdout.contains("answered 401: no such key"), "{ran:?}");
}

#[tokio::test]
async fn a_broken_configuration_does_not_stop_the_other_checks() {
    let place = Place::new();
    place.user_config("modle = 1\n");
    insta::assert_snapshot!(stable(&place.tau(&["doctor"]).await.assert_code(1).stdout), @r#"
        ✓ tau            version 0.1.0
        ✗ configuration  [TEMP]/home/.config/tau/config.toml: unknown field `modle`, expected one of `model`, `agent`, `permissions`, `sandbox`, `serve`, `client`, `providers`, `models`
                         did you mean `model`?
        "#);
}

#[tokio::test]
async fn a_local_ollama_is_found() {
    let server = ModelServer::start(|_, request| {
        let said = json!({ "model": "qwen3:8b", "message": { "role": "assistant", "content": "from Ollama" },
            "done": true, "done_reason": "stop" });
        let models = json!({ "models": [{ "name": "qwen3:8b", "model": "qwen3:8b" }] });
        Reply::json(200, if request.path == "/api/tags" { &models } else { &said })
    });
    let server = server.await.unwrap();
    let place = Place::new();
    place.user_config(&format!("providers.ollama.base_url = \"{}\"\n", server.base_url()));
    let ran = place.tau(&["run", "x"]).await;
    assert_eq!(ran.assert_code(0).stdout, "from Ollama\n");
    insta::assert_snapshot!(ran.stderr.lines().next().unwrap(), @"no model is configured; using `ollama/qwen3:8b` of the local Ollama (choose with --model or `model = ...`)");
    assert_eq!(server.requests()[1].path, "/api/chat");
    assert_eq!(server.requests()[1].json()["model"], "qwen3:8b");
}
