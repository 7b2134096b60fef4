use std::collections::BTreeSet;

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply, chunk};

use crate::schema::{assert_valid, types_of_lines};
use crate::support::Place;

/// Everything a stream can show: a retry, an answer that breaks off, thoughts, words, a tool that prints, one that
/// is asked about.
fn everything() -> Vec<Reply> {
    vec![
        Reply::status(503).header("retry-after", "0").bytes("busy"),
        Reply::stream().event(&chunk::text("Hal")).close(),
        Reply::events([
            chunk::reasoning("Hm. "),
            chunk::text("Let me "),
            chunk::text("look."),
            chunk::tool_call(0, "c1", "bash", r#"{"command":"echo one"}"#),
            chunk::tool_call(1, "c2", "write", r#"{"path":"a","content":""}"#),
            chunk::finish("tool_calls"),
            chunk::usage(100, 20),
        ]),
        Reply::text("Done."),
    ]
}

#[tokio::test]
async fn json_is_one_object_that_its_schema_describes() {
    let server = ModelServer::with_replies(everything()).await.unwrap();
    let place = Place::with_server_and(
        &server,
        "models.paid = { provider = \"test\", prices = { input = 1, output = 2 } }",
    );
    let ran = place.tau(&["run", "--model", "paid", "--allow", "bash", "--output", "json", "x"]).await;
    ran.assert_code(3);
    let mut summary = ran.json();
    assert_valid("summary", &summary);
    assert!(summary["duration_ms"].take().is_u64());
    let expected = json!({
        "outcome": "completed", "result": "Done.", "turns": 2, "tool_calls": 2, "denied": ["write"],
        "usage": { "input": 110, "cached_input": 0, "cache_write": 0, "output": 25, "reasoning": 0 },
        "cost": "0.00016", "duration_ms": null, "exit_code": 3,
    });
    assert_eq!(summary, expected);
    assert_eq!(ran.stderr, "");
}

#[tokio::test]
async fn json_of_a_failure_says_what_went_wrong() {
    let server =
        ModelServer::with_replies([Reply::error(401, "invalid_api_key", "no such key")]).await.unwrap();
    let place = Place::with_server(&server);
    let ran = place.tau(&["run", "--output", "json", "x"]).await;
    let summary = ran.assert_code(1).json();
    assert_valid("summary", &summary);
    assert_eq!((&summary["outcome"], &summary["exit_code"]), (&"failed".into(), &1.into()));
    assert!(summary["error"].as_str().unwrap().contains("no such key"), "{summary}");
}

#[tokio::test]
async fn nothing_is_on_stdout_when_nothing_was_begun() {
    let place = Place::new();
    for format in ["text", "json", "stream-json"] {
        let ran = place.tau(&["run", "--model", "nowhere", "--output", format, "x"]).await;
        assert_eq!(ran.assert_code(2).stdout, "");
        assert!(!ran.stderr.is_empty());
    }
}

#[tokio::test]
async fn every_line_of_a_stream_is_what_its_schema_says() {
    let mut replies = everything();
    // The tools' turn fills the small window, so a summary is asked for before the last turn.
    replies.insert(replies.len() - 1, Reply::text("A command ran."));
    let server = ModelServer::with_replies(replies).await.unwrap();
    let small = "models.small = { provider = \"test\", capabilities = { context_window = 130 } }";
    let place = Place::with_server_and(&server, small);
    let ran = place.tau(&["run", "-m", "small", "-o", "stream-json", "--allow", "bash", "x"]).await;
    let lines = ran.assert_code(3).json_lines();
    for line in &lines {
        assert_valid("stream-json", line);
    }
    let kind = |line: &Value| line["type"].as_str().unwrap().to_owned();
    let seen: BTreeSet<String> = lines.iter().map(kind).collect();
    let mut known = types_of_lines();
    // Only a reader that is slower than the model sees it.
    assert!(known.remove("lagged"));
    // That takes time, and has a test of its own.
    assert!(known.remove("waiting"));
    assert_eq!(seen, known, "a type is not published, or never written");

    assert_eq!((kind(&lines[0]), kind(lines.last().unwrap())), ("started".to_owned(), "finished".to_owned()));
    assert_eq!(lines[0]["cwd"], "[TEMP]/project");
    assert_eq!(lines[0]["tools"], json!(["read", "write", "edit", "bash", "jobs", "glob", "grep", "todo"]));
    let of = |wanted: &str| lines.iter().filter(|line| line["type"] == wanted).collect::<Vec<_>>();
    let failed = lines.iter().position(|line| line["type"] == "turn_failed").unwrap();
    assert_eq!(lines[failed + 1], json!({ "type": "turn_started", "turn": 1 }));
    let texts = lines[failed..].iter().filter(|line| line["type"] == "text");
    let said: Vec<&str> = texts.map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(said.concat(), "Let me look.Done.");
    assert_eq!(of("retrying")[0]["attempt"], 2);
    assert_eq!(of("permission_requested")[0]["id"], "c2");
    let outcomes: BTreeSet<_> = of("tool_result")
        .iter()
        .map(|line| (line["id"].as_str().unwrap(), line["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, BTreeSet::from([("c1", "succeeded"), ("c2", "denied")]));
    assert_eq!(lines.last().unwrap()["result"], "Done.");
}

#[tokio::test]
async fn who_waits_for_tokens_of_the_minute_is_told_so() {
    // 10,000 tokens come back in a second; the first reply takes half a second's worth more than there are.
    let call = chunk::tool_call(0, "c1", "read", "{\"path\":\"x\"}");
    let first = Reply::events([call, chunk::finish("tool_calls"), chunk::usage(605_000, 1_000)]);
    let server = ModelServer::with_replies([first, Reply::text("Done.")]).await.unwrap();
    let place = Place::with_server_and(&server, "client.tokens_per_minute = 600000");
    let lines = place.tau(&["run", "-o", "stream-json", "x"]).await.assert_code(0).json_lines();
    let waiting: Vec<&Value> = lines.iter().filter(|line| line["type"] == "waiting").collect();
    let [waiting] = waiting[..] else { panic!("{lines:?}") };
    assert_valid("stream-json", waiting);
    assert_eq!(waiting["reason"], "for tokens of the next minute (`tokens_per_minute`)");
    assert!((500..5_000).contains(&waiting["wait_ms"].as_u64().unwrap()), "{waiting}");
}

#[tokio::test]
async fn a_line_is_written_when_it_happens() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let reply = Reply::stream().event(&chunk::text("first")).hang();
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let place = Place::with_server(&server);
    let mut child = place.command(&["run", "-o", "stream-json", "x"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The model never ends, so each of these came before the end.
    for expected in ["started", "turn_started", "text"] {
        let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(line["type"], expected);
    }
    child.kill().await.unwrap();
}

#[tokio::test]
async fn notes_do_not_disturb_a_program_that_reads() {
    let server = ModelServer::start(|_, _| Reply::text("ok")).await.unwrap();
    let place = Place::with_server(&server);
    place.write(".tau/config.toml", "client.max_retries = 9\n");
    for format in ["json", "stream-json"] {
        let ran = place.tau(&["run", "-o", format, "x"]).await;
        assert!(ran.assert_code(0).stderr.contains("client.max_retries"), "{ran:?}");
        let last = if format == "json" { ran.json() } else { ran.json_lines().pop().unwrap() };
        assert_eq!(last["result"], "ok");
    }
}
