//! What streams, what is kept, and what happens when an answer breaks off.

use std::sync::Arc;
use std::time::Duration;

use tau_agent::Agent;
use tau_agent::transport::{Recording, ReplayTransport};
use tau_core::ContentBlock;
use tau_core::event::Seq;
use tau_runtime::{Session, SessionOptions};
use tau_testkit::chunk;
use tau_tools::ToolRegistry;
use tau_tools::environment::MemoryEnvironment;
use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::support::{Running, look, show};

#[tokio::test(start_paused = true)]
async fn deltas_come_before_the_event_that_holds_them() {
    let mut session = Running::new([look()]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    exchange.send(&chunk::reasoning("Hm."));
    exchange.say("Let me ");
    exchange.say("look");
    assert_eq!(
        session.until("~ text look").await.last().unwrap(),
        "~ text look",
        "while the answer still comes"
    );
    exchange.send(&chunk::tool_call(0, "a", "look", "{\"at\":"));
    exchange.send(&chunk::arguments(0, "1}"));
    exchange.finish("tool_calls");
    assert_eq!(
        session.until("tool_finished").await,
        [
            "~ call look",
            "~ arguments {\"at\":",
            "~ arguments 1}",
            "model_replied 1",
            "tool_requested a",
            "tool_finished a Succeeded: seen"
        ]
    );
}

const RECORDING: &str = r#"
{"tau_recording": 1, "format": "openai-chat", "model": "recorded"}
{"request": {
    "model": "recorded", "stream": true, "stream_options": {"include_usage": true},
    "tools": [{"type": "function", "function": {
        "name": "look", "description": "A tool of the tests.", "parameters": {"type": "object"}}}],
    "messages": [{"role": "user", "content": "What is there?"}]}}
{"response": {"events": [
    {"choices": [{"delta": {"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}},
        {"index": 1, "id": "b", "function": {"name": "look", "arguments": "{}"}}]}}]},
    {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}]}}
{"append": [
    {"role": "assistant", "content": null, "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}},
        {"id": "b", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "a", "content": "seen"},
    {"role": "tool", "tool_call_id": "b", "content": "seen"}]}
{"response": {"events": [{"choices": [{"delta": {"content": "Nothing."}, "finish_reason": "stop"}]}]}}
"#;

#[tokio::test(start_paused = true)]
async fn a_recorded_model_is_asked_what_it_was_asked() {
    let transport = Arc::new(ReplayTransport::new(RECORDING.parse::<Recording>().unwrap()));
    let agent = Agent::replay(Arc::clone(&transport)).unwrap();
    let config = tau_core::event::SessionConfig::new("replay/recorded");
    let files = MemoryEnvironment::new::<&str, &str>([]).unwrap();
    let options = SessionOptions::new(config, agent, ToolRegistry::from_iter([look()]), Arc::new(files));
    let (session, handle) = Session::new(options);
    let mut updates = handle.subscribe(Seq::default());
    let task = tokio::spawn(session.run(CancellationToken::new()));
    handle.prompt([ContentBlock::text("What is there?")]).await.unwrap();
    let mut events = Vec::new();
    while events.last().is_none_or(|line: &String| !line.starts_with("run_finished")) {
        let line = show(&updates.next().await.unwrap());
        if !line.starts_with('~') {
            events.push(line);
        }
    }
    assert_eq!(
        events,
        [
            "session_created",
            "prompt_submitted",
            "run_started",
            "model_requested 1",
            "model_replied 1",
            "tool_requested a",
            "tool_requested b",
            "tool_finished a Succeeded: seen",
            "tool_finished b Succeeded: seen",
            "model_requested 2",
            "model_replied 2",
            "run_finished Completed"
        ]
    );
    assert_eq!(transport.remaining(), 0);
    drop(handle);
    task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let mut session = Running::new([look()]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    exchange.say("Half a sen");
    exchange.send(&chunk::tool_call(0, "a", "look", "{\"hal"));
    drop(exchange);
    let again = session.model.asked().await;
    assert_eq!(again.messages(), ["system: Be brief.", "user: Hi"], "nothing of the half answer");
    assert_eq!(session.model.bodies[0], session.model.bodies[1]);
    again.text("A whole one.");
    let lines = session.until("run_finished").await;
    let events: Vec<_> = lines.iter().filter(|line| !line.starts_with('~')).collect();
    assert_eq!(
        events[3..],
        [
            "model_requested 1",
            "model_failed 1 Interrupted",
            "model_requested 1",
            "model_replied 1",
            "run_finished Completed"
        ]
    );
    session.small_talk().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_always_breaks_off_ends_the_run() {
    let mut session = Running::new([]);
    session.prompt("Hi").await;
    for _ in 0..3 {
        session.model.asked().await.say("Half");
    }
    let lines = session.until("run_finished").await;
    assert!(lines.last().unwrap().starts_with("run_finished Failed"), "{lines:#?}");
    assert!(session.model.is_left_alone());
    session.small_talk().await;
    let last = session.model.bodies.last().unwrap();
    assert!(!String::from_utf8_lossy(last).contains("Half"));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_never_begins_ends_the_run() {
    let mut session = Running::new([]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    session.patience = Duration::from_secs(3_600);
    let lines = session.until("run_finished").await;
    assert_eq!(lines[lines.len() - 2], "model_failed 1 Timeout");
    exchange.given_up().await;
    assert!(session.model.is_left_alone());
}

#[tokio::test(start_paused = true)]
async fn retries_are_told() {
    let mut session = Running::of(Model::refusing(1), [], |_| {});
    session.prompt("Hi").await;
    session.model.asked().await.text("Hello");
    assert_eq!(
        session.until("run_finished").await[3..],
        ["model_requested 1", "~ retrying 2", "~ text Hello", "model_replied 1", "run_finished Completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_silent_or_fails_in_the_middle_of_an_answer_is_asked_again() {
    let mut session = Running::new([look()]);
    session.patience = Duration::from_secs(3_600);
    session.prompt("Hi").await;
    let silent = session.model.asked().await;
    silent.say("Half a sen");
    // The limit between two parts; the clock is the test's.
    tokio::time::sleep(Duration::from_secs(121)).await;
    let failing = session.model.asked().await;
    failing.say("Half");
    failing.send(&serde_json::json!({ "error": { "code": 503, "message": "overloaded" } }));
    session.model.asked().await.text("A whole one.");
    drop(silent);
    let lines = session.until("run_finished").await;
    let failed: Vec<&String> = lines.iter().filter(|line| line.starts_with("model_failed")).collect();
    assert_eq!(failed, ["model_failed 1 Interrupted", "model_failed 1 Interrupted"], "{lines:?}");
    assert_eq!(lines.last().unwrap(), "run_finished Completed");
}
