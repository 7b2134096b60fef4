//! Runs of graphs that are killed, and go on.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tau_testkit::random::Random;
use tau_testkit::{ModelServer, Reply, Request};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::Place;

/// Six nodes, each of which leaves a mark when it is done, and then an agent.
const MARKS: &str = r#"
name: marks
keys: { log: append }
nodes:
  a: { kind: shell, with: { command: "sleep 0.05; echo a >> marks; echo a", repeatable: true }, writes: log }
  b: { kind: shell, with: { command: "sleep 0.05; echo b >> marks; echo b", repeatable: true }, writes: log }
  c: { kind: agent, with: { prompt: think }, writes: log }
  d: { kind: tool, with: { tool: write, arguments: { path: done, content: "all: {{log}}" }, repeatable: true }, writes: log }
edges:
  - { from: start, to: a }
  - { from: a, to: b }
  - { from: b, to: c }
  - { from: c, to: d }
  - { from: d, to: end }
"#;

/// Looks first, and then has thought.
fn thinker(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let has_looked = request["messages"].as_array().unwrap().iter().any(|message| message["role"] == "tool");
    if has_looked { Reply::text("thought") } else { Reply::tool_calls([("c1", "ls", r#"{"path":"."}"#)]) }
}

const ALLOW: [&str; 1] = ["--allow-all"];

/// What is stored as done is not done again, whenever the program is killed.
#[tokio::test]
async fn a_run_that_is_killed_goes_on_where_it_was() {
    let server = ModelServer::start(thinker).await.unwrap();
    let place = Place::with_server(&server);
    place.write("marks.yaml", MARKS);
    let mut random = Random::new(7);
    for cycle in 0..4 {
        let name = format!("r{cycle}");
        let _ = std::fs::remove_file(place.project().join("marks"));
        let mut arguments = vec!["graph", "run", "marks.yaml", "--run", &name, "-o", "stream-json"];
        arguments.extend(ALLOW);
        let mut finished: Vec<String> = Vec::new();
        let mut ended = None;
        for _ in 0..40 {
            let mut child = place.command(&arguments).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let killer = tokio::time::sleep(Duration::from_millis(100 + random.below(900) as u64));
            let told = async {
                while let Some(line) = lines.next_line().await.unwrap() {
                    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
                    if line["type"] == "node_finished" && line["result"] == "done" {
                        finished.push(line["node"].as_str().unwrap().to_owned());
                    }
                    if line["type"] == "finished" {
                        ended = Some(line);
                    }
                }
            };
            tokio::select! {
                () = told => {}
                () = killer => child.start_kill().unwrap(),
            }
            child.wait().await.unwrap();
            let shown = place.tau(&["graph", "show", &name, "-o", "json"]).await;
            if shown.code == Some(0) && shown.json()["status"] == "completed" {
                break;
            }
            arguments = match shown.code {
                Some(0) => vec!["graph", "resume", &name, "-o", "stream-json"],
                // It was killed before anything was stored.
                _ => vec!["graph", "run", "marks.yaml", "--run", &name, "-o", "stream-json"],
            };
            arguments.extend(ALLOW);
        }
        let shown = place.tau(&["graph", "show", &name, "-o", "json"]).await.assert_code(0).json();
        assert_eq!((&shown["status"], &shown["steps"]), (&json!("completed"), &json!(4)), "{ended:?}");
        let log = shown["state"]["log"].as_array().unwrap();
        assert_eq!(log[..3], [json!("a"), json!("b"), json!("thought")]);
        // Of each superstep there is one in the history, and in it the node wrote once.
        let wrote: Vec<usize> = shown["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| at["state"]["log"].as_array().map_or(0, Vec::len))
            .collect();
        assert_eq!(wrote, [0, 1, 2, 3, 4]);
        for node in ["a", "b", "c", "d"] {
            // It may be told of once more, where it was done and that was not stored yet; its session is not asked again.
            assert!(finished.iter().filter(|done| *done == node).count() <= 2, "{node}: {finished:?}");
        }
    }
}

/// Whether a command ran that was cut off, nobody knows: it is not run again before somebody says so.
#[tokio::test]
async fn a_command_that_was_cut_off_is_not_run_again_unasked() {
    let place = Place::new();
    place.write("g.yaml", r#"
name: g
keys: { out: replace }
nodes: { once: { kind: shell, with: { command: "echo x >> ran; [ -e go ] || sleep 60; echo ok" }, writes: out } }
edges: [{ from: start, to: once }, { from: once, to: end }]
"#);
    let mut child = place.command(&["graph", "run", "g.yaml", "--run", "r", "--allow-all"]).spawn().unwrap();
    for _ in 0..600 {
        if place.project().join("ran").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.start_kill().unwrap();
    child.wait().await.unwrap();
    place.write("go", "");
    let resume = ["graph", "resume", "r", "--allow-all"];
    let unknown = place.tau(&resume).await;
    assert!(
        unknown.assert_code(1).stderr.contains("it may have run before the program ended, and nobody knows"),
        "{unknown:?}"
    );
    assert_eq!(place.read("ran"), "x\n");
    place.tau(&resume).await.assert_code(0);
    assert_eq!(place.read("ran"), "x\nx\n");
}

#[tokio::test]
async fn an_interrupt_stops_a_run_which_goes_on() {
    let place = Place::new();
    place.write("g.yaml", r#"
name: g
keys: { out: replace }
nodes:
  first: { kind: shell, with: { command: echo first >> ran } }
  slow: { kind: shell, with: { command: "touch begun; [ -e go ] || sleep 60; echo ok", repeatable: true }, writes: out }
edges: [{ from: start, to: first }, { from: first, to: slow }, { from: slow, to: end }]
"#);
    let child = place.command(&["graph", "run", "g.yaml", "--run", "r", "--allow-all"]).spawn().unwrap();
    for _ in 0..600 {
        if place.project().join("begun").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    let stopped = place.finish(child).await;
    assert!(stopped.assert_code(130).stderr.contains("go on with: tau graph resume r"), "{stopped:?}");
    place.write("go", "");
    let done = place.tau(&["graph", "resume", "r", "--allow-all", "-o", "json"]).await;
    assert_eq!(done.assert_code(0).json()["state"]["out"], "ok");
    assert_eq!(place.read("ran"), "first\n");
}
