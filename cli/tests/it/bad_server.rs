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
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(1).stderr, @"");
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
    insta::assert_snapshot!(ran.stderr, @"");
}

#[tokio::test]
async fn a_model_that_is_unknown() {
    let ran = answer(Reply::error(404, "model_not_found", "The model `scripted` does not exist")).await;
    insta::assert_snapshot!(ran.stderr, @"");
}

#[tokio::test]
async fn a_request_that_is_refused() {
    let ran = answer(Reply::error(400, "invalid_request", "max_tokens is too large")).await;
    insta::assert_snapshot!(ran.stderr, @"");
}

#[tokio::test]
async fn a_server_that_fails() {
    let ran = answer(Reply::status(500).bytes("<html>Internal Server Error</html>")).await;
    insta::assert_snapshot!(ran.stderr, @"");
}

#[tokio::test]
async fn a_stream_that_is_cut_keeps_what_was_said() {
    let begun = Reply::stream().event(&chunk::text("The answer is"));
    let cut = answer(begun.clone().bytes("data: {\"choices\":[{\"ind").close()).await;
    assert_eq!(cut.stdout, "The answer is\n");
    insta::assert_snapshot!(cut.stderr, @"");
    let reset = answer(begun.reset()).await;
    assert_eq!(reset.stdout, "The answer is\n");
    assert!(reset.stderr.contains("broke off its answer"), "{reset:?}");
}

#[tokio::test]
async fn what_is_no_answer_of_a_model() {
    let ran =
        answer(Reply::status(200).header("content-type", "text/html").bytes("<html>Welcome</html>")).await;
    insta::assert_snapshot!(ran.stderr, @"");
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
    insta::assert_snapshot!(ran.stderr, @"");
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
    insta::assert_snapshot!(ran.assert_code(1).stderr, @"");
}

#[tokio::test]
async fn retries_end() {
    let server =
        ModelServer::start(|_, _| Reply::status(503).header("retry-after", "0").bytes("busy")).await.unwrap();
    let place = Place::with_server_and(&server, "client.max_retries = 2");
    let ran = place.tau(&["run", "x"]).await;
    insta::assert_snapshot!(ran.assert_code(1).stderr, @"");
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let server = ModelServer::start(|_, _| Reply::stream().hang()).await.unwrap();
    let place =
        Place::with_server_and(&server, "client = { max_retries = 0, first_token_timeout = \"300ms\" }");
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(1).stderr, @"");
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
