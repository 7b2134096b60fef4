//! `tau graph`: graphs of agents, tools, commands and questions, run and gone on with.

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply, Request};

use crate::support::{Place, Ran};

/// What an agent node is asked comes last; it is answered with its own words.
fn echo(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let last = request["messages"].as_array().unwrap().last().unwrap().clone();
    Reply::text(&format!("<{}>", last["content"].as_str().unwrap_or_default()))
}

const REVIEW: &str = r#"
name: review
keys: { draft: replace, parts: replace, notes: append, tests: replace, ok: replace, final: replace }
nodes:
  plan:    { kind: agent, with: { prompt: "Split {{draft}}", returns: json }, writes: parts }
  part:    { kind: agent, with: { prompt: "Review {{input.name}}" }, writes: notes }
  tests:   { kind: shell, with: { command: test -e broken, returns: ok }, writes: tests }
  approve: { kind: human, with: { text: "Print it?", choices: [print, drop] }, writes: ok }
  print:
    kind: graph
    graph:
      name: print
      keys: { draft: replace, final: replace }
      nodes:
        save: { kind: tool, with: { tool: write, arguments: { path: out.txt, content: "printed {{draft}}" } } }
        look: { kind: shell, with: { command: cat out.txt }, writes: final }
      edges: [{ from: start, to: save }, { from: save, to: look }, { from: look, to: end }]
edges:
  - { from: start, to: plan }
  - { from: plan, map: part, items: parts, to: tests }
  - { from: tests, to: approve }
  - { from: approve, to: print, when: { equals: [ok, print] } }
  - { from: approve, to: end, otherwise: true }
  - { from: print, to: end }
"#;

/// Splits, and reviews each part, in whatever order they come.
fn reviewer(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let messages = request["messages"].as_array().unwrap();
    match messages.last().unwrap()["content"].as_str().unwrap_or_default() {
        "Split my essay" => Reply::text("```json\n[{\"name\": \"one\"}, {\"name\": \"two\"}]\n```"),
        said => Reply::text(&format!("fine: {said}")),
    }
}

async fn reviewed() -> (ModelServer, Place, Ran) {
    let server = ModelServer::start(reviewer).await.unwrap();
    let place = Place::with_server(&server);
    place.write("review.yaml", REVIEW);
    let ran = place
        .tau(&[
            "graph",
            "run",
            "review.yaml",
            "--run",
            "r",
            "--allow",
            "bash",
            "--allow",
            "write",
            "--set",
            "draft=\"my essay\"",
            "--set",
            "notes=[\"begun\"]",
            "-o",
            "json",
        ])
        .await;
    (server, place, ran)
}

#[tokio::test]
async fn agents_maps_commands_questions_and_graphs_inside_work_together() {
    let (server, place, ran) = reviewed().await;
    let waiting = ran.assert_code(6).json();
    assert_eq!(waiting["status"], "waiting");
    assert_eq!(waiting["next"], json!(["approve"]));
    // The order of the items, whichever was done first.
    assert_eq!(waiting["state"]["notes"], json!(["begun", "fine: Review one", "fine: Review two"]));
    assert_eq!(waiting["state"]["tests"], json!(false));
    let question = json!({ "id": "4.0.0", "node": "approve", "question": { "text": "Print it?", "choices": ["print", "drop"] } });
    assert_eq!(waiting["questions"], json!([question]));

    // Without an answer it waits on, and nothing is asked of any model again.
    let requests = server.request_count();
    let again = place.tau(&["graph", "resume", "r"]).await;
    assert!(again.assert_code(6).stderr.contains("approve asks: Print it? (4.0.0)"), "{again:?}");
    let wrong = place.tau(&["graph", "resume", "r", "--answer", "approve=\"burn\""]).await;
    assert!(wrong.assert_code(2).stderr.contains("choose one of \"print\", \"drop\""), "{wrong:?}");

    let done = place
        .tau(&[
            "graph",
            "resume",
            "r",
            "--allow",
            "bash",
            "--allow",
            "write",
            "--answer",
            "approve=\"print\"",
            "-o",
            "json",
        ])
        .await;
    let done = done.assert_code(0).json();
    assert_eq!((&done["status"], &done["state"]["final"]), (&json!("completed"), &json!("printed my essay")));
    assert_eq!(place.read("out.txt"), "printed my essay");
    assert_eq!(server.request_count(), requests);

    let over = place.tau(&["graph", "resume", "r"]).await;
    assert!(over.assert_code(2).stderr.contains("the run is complete"), "{over:?}");
}

#[tokio::test]
async fn runs_are_shown_listed_forked_and_deleted() {
    let (server, place, ran) = reviewed().await;
    ran.assert_code(6);
    let shown = place.tau(&["graph", "show", "r", "-o", "json"]).await.assert_code(0).json();
    let history: Vec<(&Value, &Value, &Value)> = shown["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (&at["step"], &at["wrote"], &at["next"]))
        .collect();
    assert_eq!(
        history,
        [
            (&json!(0), &json!([]), &json!(["plan"])),
            (&json!(1), &json!(["parts"]), &json!(["part"])),
            (&json!(2), &json!(["notes"]), &json!(["tests"])),
            (&json!(3), &json!(["tests"]), &json!(["approve"])),
        ]
    );
    assert_eq!(shown["working_dir"], "[TEMP]/project");
    let text = place.tau(&["graph", "show"]).await;
    assert!(text.assert_code(0).stdout.contains("approve asks: Print it? (4.0.0)"), "{text:?}");

    // Back before the parts were reviewed, with a note more.
    let fork = ["graph", "fork", "r", "--at", "1", "--as", "copy", "--set", "notes=\"changed\""];
    assert_eq!(place.tau(&fork).await.assert_code(0).stdout, "copy\n");
    let asked = server.request_count();
    let resumed = place.tau(&["graph", "resume", "copy", "--allow", "bash", "-o", "json"]).await;
    let notes = resumed.assert_code(6).json()["state"]["notes"].clone();
    assert_eq!(notes, json!(["begun", "changed", "fine: Review one", "fine: Review two"]));
    assert_eq!(server.request_count(), asked + 2, "what is done in front of the step is not done again");
    let copy = place.tau(&["graph", "show", "copy", "-o", "json"]).await.json();
    assert_eq!(copy["forked_from"], json!({ "run": "r", "step": 1 }));

    let listed = place.tau(&["graph", "list", "-o", "json"]).await.assert_code(0).json();
    let names: Vec<(&Value, &Value)> =
        listed["runs"].as_array().unwrap().iter().map(|run| (&run["run"], &run["status"])).collect();
    assert_eq!(names, [(&json!("copy"), &json!("waiting")), (&json!("r"), &json!("waiting"))]);
    place.tau(&["graph", "delete", "r", "nobody"]).await.assert_code(2);
    place.tau(&["graph", "delete", "r"]).await.assert_code(0);
    let left = place.tau(&["graph", "list"]).await;
    assert!(left.stdout.contains("copy") && left.stdout.lines().count() == 1, "{left:?}");
    assert!(
        place
            .tau(&["graph", "show", "r"])
            .await
            .assert_code(2)
            .stderr
            .contains("no run has a name that begins with")
    );
    // The name is free again.
    place.tau(&["graph", "run", "review.yaml", "--run", "r", "--set", "draft=\"x\""]).await.assert_code(1);
}

#[tokio::test]
async fn progress_is_shown_for_people_and_for_programs() {
    let server = ModelServer::start(echo).await.unwrap();
    let place = Place::with_server(&server);
    place.write(
        "g.yaml",
        r#"
name: g
keys: { said: replace, listed: replace }
nodes:
  say: { kind: agent, with: { prompt: hello }, writes: said }
  list: { kind: shell, with: { command: "echo out; exit 3", returns: ok }, writes: listed }
edges: [{ from: start, to: say }, { from: say, to: list }, { from: list, to: end }]
"#,
    );
    let ran = place.tau(&["graph", "run", "g.yaml", "--run", "one", "--allow", "bash"]).await;
    insta::assert_snapshot!(ran.assert_code(0).stdout, @r#"
    {
      "listed": false,
      "said": "<hello>"
    }
    "#);
    insta::assert_snapshot!(ran.stderr, @"
    run one
    ▸ say
      ✓ say
    ▸ list
        list: bash echo out; exit 3
        list: bash failed
      ✓ list
    completed · 2 steps · run one
    ");
    let lines =
        place.tau(&["graph", "run", "g.yaml", "--run", "two", "--allow", "bash", "-o", "stream-json"]).await;
    let lines = lines.assert_code(0).json_lines();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"started"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "node_finished").count(), 2);
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["type"], &last["status"], &last["exit_code"]),
        (&json!("finished"), &json!("completed"), &json!(0))
    );
    // Each node is a session that can be looked at.
    let session = lines.iter().find(|line| line["node"] == "say" && line["type"] == "message").unwrap();
    let id = session["message"]["session"].as_str().unwrap();
    let shown = place.tau(&["sessions", "show", id]).await;
    assert!(shown.assert_code(0).stdout.contains("<hello>"), "{shown:?}");
}

#[tokio::test]
async fn what_needs_permission_is_denied_where_nobody_is_and_tried_again_once_it_is_given() {
    let place = Place::new();
    place.write("g.yaml", r#"
name: g
keys: { version: replace, out: replace }
nodes:
  build: { kind: shell, with: { command: 'echo "built $VERSION" | tee built', variables: { VERSION: version } }, writes: out }
edges: [{ from: start, to: build }, { from: build, to: end }]
"#);
    let evil = "version=\"1 $(touch pwned) `touch pwned` '; touch pwned; '\\\" \"";
    let denied = place.tau(&["graph", "run", "g.yaml", "--run", "r", "--set", evil]).await;
    assert!(
        denied.assert_code(3).stderr.contains("`bash` needed permission, and nobody was there to give it"),
        "{denied:?}"
    );
    assert!(!place.project().join("built").exists());
    let shown = place.tau(&["graph", "show", "r"]).await;
    assert!(shown.stdout.contains("node `build` failed: `bash` needed permission"), "{shown:?}");
    // A rule for the command alone does not let its variables be set.
    let command = "Bash(echo *)";
    place.tau(&["graph", "resume", "r", "--allow", command, "--allow", "Bash(tee *)"]).await.assert_code(3);
    let allowed = place.tau(&["graph", "resume", "r", "--allow", "bash", "-o", "json"]).await;
    let out = allowed.assert_code(0).json()["state"]["out"].clone();
    // What a value says is never run.
    assert_eq!(out, "built 1 $(touch pwned) `touch pwned` '; touch pwned; '\" ");
    assert!(!place.project().join("pwned").exists());
    // What is denied by a rule stays so.
    let never =
        place.tau(&["graph", "run", "g.yaml", "--allow-all", "--deny", "bash", "--set", "version=1"]).await;
    assert!(never.assert_code(3).stderr.contains("it was not let run"), "{never:?}");
}

#[tokio::test]
async fn what_fails_is_told_and_tried_again() {
    let server = ModelServer::with_replies([Reply::text("no json"), Reply::text("[1]")]).await.unwrap();
    let place = Place::with_server(&server);
    place.write(
        "g.yaml",
        r#"
name: g
keys: { list: replace }
nodes: { plan: { kind: agent, with: { prompt: p, returns: json }, writes: list } }
edges: [{ from: start, to: plan }, { from: plan, to: end }]
"#,
    );
    let failed = place.tau(&["graph", "run", "g.yaml", "--run", "r"]).await;
    assert!(
        failed.assert_code(1).stderr.contains("node `plan` failed: the agent's last reply is no JSON"),
        "{failed:?}"
    );
    place.write(
        "bad.yaml",
        r#"
name: g
keys: {}
nodes: { run: { kind: shell, with: { command: "echo why >&2; exit 4" } } }
edges: [{ from: start, to: run }, { from: run, to: end }]
"#,
    );
    let failed = place.tau(&["graph", "run", "bad.yaml", "--allow", "bash"]).await;
    assert!(
        failed.assert_code(1).stderr.contains("node `run` failed: the command failed: why"),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_run_pauses_where_it_is_told_to() {
    let place = Place::new();
    place.write("g.yaml", r#"
name: g
nodes: { a: { kind: shell, with: { command: echo a >> ran } }, b: { kind: shell, with: { command: echo b >> ran } } }
edges: [{ from: start, to: a }, { from: a, to: b }, { from: b, to: end }]
"#);
    let run = ["graph", "run", "g.yaml", "--run", "r", "--allow-all", "--pause-before", "b"];
    let paused = place.tau(&run).await;
    assert!(paused.assert_code(6).stderr.contains("paused in front of b"), "{paused:?}");
    assert_eq!(place.read("ran"), "a\n");
    place.tau(&["graph", "resume", "r", "--allow-all", "--pause-before", "b"]).await.assert_code(0);
    assert_eq!(place.read("ran"), "a\nb\n");
    let unknown = place.tau(&["graph", "run", "g.yaml", "--pause-before", "nobody"]).await;
    assert!(unknown.assert_code(2).stderr.contains("there is no such node"), "{unknown:?}");
    assert_eq!(
        place.tau(&["graph", "list"]).await.stdout.lines().count(),
        1,
        "a run that never began is not kept"
    );
}

#[tokio::test]
async fn graphs_are_drawn() {
    let place = Place::new();
    place.write("review.yaml", REVIEW);
    let mermaid = place.tau(&["graph", "draw", "review.yaml"]).await;
    assert!(mermaid.assert_code(0).stdout.starts_with("flowchart TD\n"), "{mermaid:?}");
    let svg = place.tau(&["graph", "draw", "review.yaml", "--svg", "-o", "review.svg"]).await;
    assert_eq!(svg.assert_code(0).stdout, "");
    let svg = place.read("review.svg");
    for part in ["<svg ", ">approve</text>", "ok = &quot;print&quot;", "</svg>"] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    // Nothing that is there is written over.
    place.tau(&["graph", "draw", "review.yaml", "-o", "review.svg"]).await.assert_code(2);
}

#[tokio::test]
async fn what_is_wrong_with_a_graph_is_said_before_anything_is_done() {
    let place = Place::new();
    let check = async |change: (&str, &str), expected: &str| {
        assert!(REVIEW.contains(change.0), "{change:?}");
        place.write("wrong.yaml", &REVIEW.replacen(change.0, change.1, 1));
        for command in ["validate", "run", "draw"] {
            let ran = place.tau(&["graph", command, "wrong.yaml"]).await;
            assert!(ran.assert_code(2).stderr.contains(expected), "{command}: {expected}: {ran:#?}");
        }
    };
    check(("to: tests }", "to: test }"), "there is no node `test`; did you mean `tests`?").await;
    check(("kind: agent", "kind: agnt"), "node `plan` is of kind `agnt`, which nobody provides").await;
    check(("otherwise: true", "to: plan"), "wrong.yaml").await;
    check(("from: approve, to: end, otherwise: true", "from: approve, to: plan, otherwise: true"), "cycle")
        .await;
    check(("Split {{draft}}", "Split {{drafts}}"), "node `plan` wants the key `drafts`").await;
    check(("Split {{draft}}", "Split {{input}}"), "node `plan` wants the key `input`").await;
    check(("Split {{draft}}", "Split {{draft"), "is never closed").await;
    check(("returns: json", "returns: yaml"), "node `plan` of kind `agent`").await;
    check(("tool: write", "tool: wriet"), "there is no tool `wriet`").await;
    check(("tool: write", "tool: bash"), "a command is of kind `shell`").await;
    check(("command: test -e broken", "command: \"echo {{draft}}\""), "takes no values into its text").await;
    check(("name: review", "nome: review"), "unknown field").await;
    assert!(!place.home().join(".local/state/tau/graphs.db").exists());

    place.write("binary", "\u{0}\u{1}");
    std::fs::write(place.project().join("bytes"), [0xff, 0xfe, 0x00]).unwrap();
    for (file, expected) in [
        ("binary", "not a graph"),
        ("bytes", "it is no text"),
        ("nowhere", "cannot be read"),
        (".", "cannot be read"),
    ] {
        let ran = place.tau(&["graph", "run", file]).await;
        assert!(ran.assert_code(2).stderr.contains(expected), "{file}: {ran:#?}");
    }
    let ran = place.tau_with_input(REVIEW.as_bytes(), &["graph", "validate", "-"]).await;
    assert_eq!(ran.assert_code(0).stdout, "-: review is right: 5 nodes, 6 edges\n");
}

#[tokio::test]
async fn what_is_wrong_with_the_input_is_said() {
    let place = Place::new();
    place.write("review.yaml", REVIEW);
    let check = async |arguments: &[&str], expected: &str| {
        let ran = place.tau(&[&["graph"], arguments].concat()).await;
        assert!(ran.assert_code(2).stderr.contains(expected), "{arguments:?}: {ran:#?}");
    };
    check(&["run", "review.yaml", "--set", "draft"], "has no `=`").await;
    check(&["run", "review.yaml", "--set", "draft=text"], "is no JSON").await;
    check(&["run", "review.yaml", "--set", "drafts=1"], "`drafts`").await;
    check(&["run", "review.yaml", "--run", "a/b"], "names no run").await;
    check(&["resume", "nobody"], "no run has a name that begins with").await;
    check(&["show"], "no graph was run yet").await;
    check(&["list", "--server", "http://127.0.0.1:1"], "graph").await;
}

/// The graph that the guide shows, as it tells.
#[tokio::test]
async fn the_guide_shows_a_graph_that_runs() {
    let guide = include_str!("../../../docs/guide/graphs.md");
    let graph = guide.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let server = ModelServer::start(echo).await.unwrap();
    let place = Place::with_server(&server);
    place.write("release.yaml", graph);
    place.write("test.sh", "#!/bin/sh\nexit 0\n");
    let path = place.project().join("test.sh");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    place.tau(&["graph", "validate", "release.yaml"]).await.assert_code(0);
    let run = |version: &'static str| {
        ["graph", "run", "release.yaml", "--run", version, "--allow", "bash", "--set", "version=\"1.2\""]
    };
    for (name, answer, log) in
        [("yes", "approve=true", "shipped 1.2"), ("no", "approve=false", "rolled back")]
    {
        place.tau(&run(name)).await.assert_code(6);
        let done =
            place.tau(&["graph", "resume", name, "--answer", answer, "--allow", "bash", "-o", "json"]).await;
        let state = done.assert_code(0).json()["state"].clone();
        assert_eq!(state["log"], json!([log]));
        assert_eq!(state["notes"], "<Write one line of release notes for version 1.2.>");
    }
}
