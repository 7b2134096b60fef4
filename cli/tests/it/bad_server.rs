use std::time::{Duration, Instant};

use tau_testkit::{ModelServer, Reply, chunk};

use crate::support::{Place, Ran};

/// What is said when the server answers so, without retries.
async fn answer(reply: Reply) -> Ran {
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let ran = Place::with_server(&server).tau(&["run", "x"]).await;
    assert_eq!(server.request_count(), 1);
    ran.assert_code(1);
    ran
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let server = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&server);
    drop(server);
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(1).stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) could not be reached: client error (Connect): tcp connect error: Connection refused (os error 111); check that the server runs and that `base_url` is right
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
    place.user_config(
        "model = \"t/m\"\nproviders.t.base_url = \"http://nowhere.invalid/v1\"\nclient.max_retries = 0\n",
    );
    let ran = place.tau(&["run", "x"]).await;
    // The words for a name that does not resolve are the system's.
    assert!(ran.assert_code(1).stderr.contains("could not be reached"), "{ran:?}");
}

#[tokio::test]
async fn a_key_that_is_refused() {
    let ran = answer(Reply::error(401, "invalid_api_key", "Incorrect API key provided")).await;
    insta::assert_snapshot!(ran.stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) answered 401: Incorrect API key provided; check the key: `api_key_env` or `api_key_file` of the provider, and what it may use
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
}

#[tokio::test]
async fn a_model_that_is_unknown() {
    let ran = answer(Reply::error(404, "model_not_found", "The model `scripted` does not exist")).await;
    insta::assert_snapshot!(ran.stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) answered 404: The model `scripted` does not exist; check the name of the model, and that `base_url` ends where the provider says (often in /v1)
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
}

#[tokio::test]
async fn a_request_that_is_refused() {
    let ran = answer(Reply::error(400, "invalid_request", "max_tokens is too large")).await;
    insta::assert_snapshot!(ran.stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) answered 400: max_tokens is too large; the server refused the request as it is; see what it said
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
}

#[tokio::test]
async fn a_server_that_fails() {
    let ran = answer(Reply::status(500).bytes("<html>Internal Server Error</html>")).await;
    insta::assert_snapshot!(ran.stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) answered 500: <html>Internal Server Error</html>; the fault is at the server; try again later or see its log
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
}

#[tokio::test]
async fn a_stream_that_is_cut_is_asked_for_again() {
    let cut = Reply::stream().event(&chunk::text("The ans")).bytes("data: {\"choices\":[{\"ind").close();
    let reset = Reply::stream().event(&chunk::text("The")).pause(Duration::from_millis(50)).reset();
    let server = ModelServer::with_replies([cut, reset, Reply::text("The answer is 4.")]).await.unwrap();
    let ran = Place::with_server(&server).tau(&["run", "x"]).await;
    assert_eq!(ran.assert_code(0).stdout, "The ans\nThe\nThe answer is 4.\n");
    insta::assert_snapshot!(ran.stderr, @r#"
        ! model `scripted` at provider `test` (http://[SERVER]/v1) broke off its answer: error reading a body from connection: unexpected EOF during chunk size line; try again; if it persists, look for a proxy that cuts long answers; asking again
        ! model `scripted` at provider `test` (http://[SERVER]/v1) broke off its answer: error reading a body from connection: Connection reset by peer (os error 104); try again; if it persists, look for a proxy that cuts long answers; asking again
        done · 1 turn · 0 tool calls · 10 tokens in, 5 out
        "#);
}

#[tokio::test]
async fn a_stream_that_is_cut_every_time_ends_the_run_and_keeps_what_was_said() {
    let begun = Reply::stream().event(&chunk::text("The answer is"));
    let server = ModelServer::start(move |_, _| begun.clone().close()).await.unwrap();
    let ran = Place::with_server(&server).tau(&["run", "x"]).await;
    assert_eq!(ran.assert_code(1).stdout, "The answer is\n".repeat(3));
    insta::assert_snapshot!(ran.stderr.lines().skip(2).collect::<Vec<_>>().join("\n"), @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) broke off its answer: error reading a body from connection: unexpected EOF during chunk size line; try again; if it persists, look for a proxy that cuts long answers
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn what_is_no_answer_of_a_model() {
    let ran =
        answer(Reply::status(200).header("content-type", "text/html").bytes("<html>Welcome</html>")).await;
    insta::assert_snapshot!(ran.stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) sent what is no openai-chat answer: expected value at line 1 column 1 in `<html>Welcome</html>`; check that the provider's `format` is what the server speaks
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
    let ran = answer(Reply::raw("SSH-2.0-OpenSSH_9.6\r\n")).await;
    assert!(ran.stderr.contains("failed: model `scripted` at provider `test`"), "{ran:?}");
}

#[tokio::test]
async fn a_short_wait_is_waited_and_shown() {
    let limited = Reply::status(429).header("retry-after", "1").bytes("slow down");
    let server = ModelServer::with_replies([limited, Reply::text("ok")]).await.unwrap();
    let place = Place::with_server_and(&server, "");
    let begun = Instant::now();
    let ran = place.tau(&["run", "x"]).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(ran.assert_code(0).stdout, "ok\n");
    // Not all who wait come back in the same moment.
    let shown = ran.stderr.replace("follows in 1.1s", "follows in 1.0s");
    insta::assert_snapshot!(shown, @r#"
        ! model `scripted` at provider `test` (http://[SERVER]/v1) answered 429, asking to wait 1s: slow down; wait, use another model, or raise the limit at the provider; try 2 follows in 1.0s
        done · 1 turn · 0 tool calls · 10 tokens in, 5 out
        "#);
}

#[tokio::test]
async fn a_long_wait_is_an_error_at_once() {
    let limited = Reply::status(429).header("retry-after", "3600").bytes("come back tomorrow");
    let server = ModelServer::with_replies([limited]).await.unwrap();
    let place = Place::with_server_and(&server, "");
    let begun = Instant::now();
    let ran = place.tau(&["run", "x"]).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(server.request_count(), 1);
    insta::assert_snapshot!(ran.assert_code(1).stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) answered 429, asking to wait 1h: come back tomorrow; wait, use another model, or raise the limit at the provider
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
}

#[tokio::test]
async fn retries_end() {
    let server = ModelServer::start(|_, _| Reply::status(503).header("retry-after", "0.007").bytes("busy"))
        .await
        .unwrap();
    let place = Place::with_server_and(&server, "client.max_retries = 2");
    let ran = place.tau(&["run", "x"]).await;
    insta::assert_snapshot!(ran.assert_code(1).stderr, @r#"
        ! model `scripted` at provider `test` (http://[SERVER]/v1) answered 503, asking to wait 7ms: busy; the fault is at the server; try again later or see its log; try 2 follows in 7ms
        ! model `scripted` at provider `test` (http://[SERVER]/v1) answered 503, asking to wait 7ms: busy; the fault is at the server; try again later or see its log; try 3 follows in 7ms
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) answered 503, asking to wait 7ms: busy; the fault is at the server; try again later or see its log
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let server = ModelServer::start(|_, _| Reply::stream().hang()).await.unwrap();
    let place =
        Place::with_server_and(&server, "client = { max_retries = 0, first_token_timeout = \"300ms\" }");
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(1).stderr, @r#"
        failed: model `scripted` at provider `test` (http://[SERVER]/v1) sent nothing for 300ms; raise `first_token_timeout` or `idle_timeout` under [client] if the model is slow
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
}

#[tokio::test]
async fn work_that_was_done_stays_done_when_the_server_fails_later() {
    let server = ModelServer::with_replies([
        Reply::tool_calls([("w", "write", r#"{"path":"made.txt","content":"kept"}"#)]),
        Reply::error(500, "server_error", "boom"),
    ]);
    let server = server.await.unwrap();
    let place = Place::with_server(&server);
    let ran = place.tau(&["run", "--allow", "write", "--output", "json", "x"]).await;
    let summary = ran.assert_code(1).json();
    assert_eq!((&summary["turns"], &summary["tool_calls"]), (&1.into(), &1.into()));
    assert_eq!(place.read("made.txt"), "kept");
}
