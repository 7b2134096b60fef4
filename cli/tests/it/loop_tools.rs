//! Tools that the loop answers itself: subagents and questions, from the command line.

use serde_json::json;
use tau_testkit::{ModelServer, Reply, Request};

use crate::support::Place;

fn offer(place: &Place, server: &ModelServer, tools: &str) {
    let url = server.base_url();
    place.user_config(&format!(
        "model = \"test/scripted\"\nproviders.test.base_url = \"{url}\"\nclient.max_retries = 0\nagent.tools = {tools}"
    ));
}

fn last(request: &Request) -> String {
    let request = request.json();
    let last = request["messages"].as_array().unwrap().last().unwrap().clone();
    last["content"].as_str().unwrap_or_default().to_owned()
}

/// A subagent looks into a file and its parent hears of it.
fn script(_: usize, request: &Request) -> Reply {
    let task = json!({ "prompt": "look into a.txt" }).to_string();
    match last(request).as_str() {
        "find out" => Reply::tool_calls([("c1", "task", task.as_str())]),
        "look into a.txt" => Reply::tool_calls([("x1", "bash", r#"{"command":"cat a.txt"}"#)]),
        "secret" => Reply::text("it says secret"),
        "it says secret" => Reply::text("The file says secret."),
        said => Reply::text(&format!("? {said}")),
    }
}

#[tokio::test]
async fn a_subagent_works_with_the_tools_and_permissions_of_the_run() {
    let server = ModelServer::start(script).await.unwrap();
    let place = Place::new();
    offer(&place, &server, r#"["bash", "task"]"#);
    place.write("a.txt", "secret");
    let ran = place.tau(&["run", "--allow", "bash", "find out"]).await;
    assert_eq!(ran.assert_code(0).stdout, "The file says secret.\n", "{ran:?}");
    let listed = place.tau(&["sessions", "list", "--all", "--output", "json"]).await;
    assert_eq!(listed.json()["sessions"].as_array().unwrap().len(), 2, "a subagent has a journal of its own");
    place.tau(&["sessions", "verify"]).await.assert_code(0);
    place.tau(&["rewind"]).await.assert_code(0);
    let ran = place.tau(&["resume", "find out"]).await;
    assert_eq!(ran.assert_code(0).stdout, "The file says secret.\n", "it is the session, not its subagent");
}

#[tokio::test]
async fn what_a_subagent_needs_permission_for_is_denied_where_nobody_is() {
    let server = ModelServer::start(script).await.unwrap();
    let place = Place::new();
    offer(&place, &server, r#"["bash", "task"]"#);
    let ran = place.tau(&["run", "find out"]).await;
    ran.assert_code(3);
}

#[tokio::test]
async fn a_question_that_nobody_hears_is_told_to_the_model() {
    let ask = json!({ "question": "Which?" }).to_string();
    let server = ModelServer::with_replies([
        Reply::tool_calls([("c1", "ask_user", ask.as_str())]),
        Reply::text("Then I choose blue."),
    ])
    .await
    .unwrap();
    let place = Place::new();
    offer(&place, &server, r#"["ask_user"]"#);
    let ran = place.tau(&["run", "choose"]).await;
    assert_eq!(ran.assert_code(3).stdout, "Then I choose blue.\n");
    assert!(last(&server.requests()[1]).starts_with("Not answered: nobody is there to ask."));
}

#[tokio::test]
async fn what_a_turn_a_run_and_its_subagents_cost_is_told() {
    let server = ModelServer::start(script).await.unwrap();
    let place = Place::new();
    place.write("a.txt", "secret");
    place.user_config(&format!(
        "model = \"paid\"\nproviders.test.base_url = \"{}\"\nagent.tools = [\"bash\", \"task\"]\n\
         models.paid = {{ provider = \"test\", prices = {{ input = 1, output = 2 }} }}",
        server.base_url()
    ));
    // Every reply took 10 tokens in and 5 out.
    let ran = place.tau(&["run", "--allow", "bash", "-o", "stream-json", "find out"]).await;
    let lines: Vec<serde_json::Value> =
        ran.assert_code(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let turns: Vec<&serde_json::Value> =
        lines.iter().filter(|line| line["type"] == "turn_finished").map(|line| &line["cost"]).collect();
    assert_eq!(turns, ["0.00002", "0.00002"]);
    let finished = lines.last().unwrap();
    assert_eq!((&finished["cost"], &finished["usage"]["input"]), (&json!("0.00004"), &json!(20)));
    assert_eq!(
        finished["tree"],
        json!({
            "turns": 4, "tool_calls": 2, "cost": "0.00008",
            "usage": { "input": 40, "cached_input": 0, "cache_write": 0, "output": 20, "reasoning": 0 },
        })
    );
    let ran = place.tau(&["run", "--allow", "bash", "--ephemeral", "find out"]).await;
    assert!(ran.stderr.contains("$0.00004 · with subagents 40 in, 20 out, $0.00008"), "{ran:?}");
}
