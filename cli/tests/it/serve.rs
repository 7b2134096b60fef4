//! `tau serve` as its callers see it: the real server, called over HTTP, by Python, and after a crash.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::Place;

/// A server that runs, and how it is called.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Server {
    async fn start(place: &Place) -> Self {
        Self::start_with(place, &[]).await
    }

    pub(crate) async fn start_with(place: &Place, options: &[&str]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], options].concat();
        let mut child = place.command(&arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
        let url = line.unwrap().unwrap().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        let token = std::fs::read_to_string(place.home().join(".local/state/tau/token")).unwrap();
        Self { child, address, token: token.trim().to_owned() }
    }

    /// A unary call as `curl` would make it: the status and the message.
    async fn call(&self, method: &str, message: &Value) -> (u16, Value) {
        self.call_as(&self.token, method, message).await
    }

    async fn call_as(&self, token: &str, method: &str, message: &Value) -> (u16, Value) {
        let body = message.to_string();
        let request = format!(
            "POST /tau.runtime.v1.{method} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}")))
    }

    pub(crate) async fn ok(&self, method: &str, message: Value) -> Value {
        let (status, answer) = self.call(method, &message).await;
        assert_eq!(status, 200, "{answer:#}");
        answer
    }

    async fn new_session(&self) -> String {
        let created = self.ok("RuntimeService/CreateSession", json!({})).await;
        assert_eq!(created["session"]["head"]["seq"], "1", "an answer means that it is durable");
        created["session"]["sessionId"].as_str().unwrap().to_owned()
    }

    /// Waits until a session is in a state.
    async fn until(&self, session: &str, state: &str) -> Value {
        for _ in 0..300 {
            let told = self.ok("RuntimeService/GetSession", json!({ "sessionId": session })).await;
            if told["session"]["state"] == state {
                return told["session"].clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("session {session} does not become {state}");
    }
}

/// Asks for work by a client that needs nothing but Python.
fn python(server: &Server, place: &Place, prompt: &str) -> Command {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/clients/python/run.py");
    let token_file = place.home().join(".local/state/tau/token");
    let mut command = Command::new("python3");
    command
        .arg(script)
        .arg(&server.address)
        .arg(token_file)
        .arg(prompt)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_client_in_python_runs_answers_for_permission_and_sees_the_result() {
    let touch = json!({ "command": "echo here > made" }).to_string();
    let replies = [Reply::tool_calls([("c1", "bash", touch.as_str())]), Reply::text("It is made.")];
    let model = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let output = python(&server, &place, "make it").output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        said,
        "\n[`bash` can change things and no rule allows it: allowed]\nIt is made.\n[completed after 2 turns]\n"
    );
    assert_eq!(place.read("made"), "here\n");
    // The same session is in the store that every other command reads.
    let listed = place.tau(&["sessions", "list", "--output", "json"]).await;
    assert_eq!(listed.assert_code(0).json()["sessions"][0]["prompt"], "make it");
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_of_a_run_goes_on_when_the_session_is_resumed() {
    let replies = [Reply::stream().hang(), Reply::text("After all.")];
    let model = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&model);
    let mut server = Server::start(&place).await;
    let client = python(&server, &place, "work").spawn().unwrap();
    model.wait_for_requests(1).await;
    let listed = server.ok("RuntimeService/ListSessions", json!({})).await;
    let session = listed["sessions"][0]["sessionId"].as_str().unwrap().to_owned();
    assert_eq!(listed["sessions"][0]["state"], "SESSION_STATE_RUNNING");
    server.child.kill().await.unwrap();
    assert!(!client.wait_with_output().await.unwrap().status.success());

    let server = Server::start(&place).await;
    let told = server.ok("RuntimeService/GetSession", json!({ "sessionId": session })).await;
    assert_eq!(told["session"]["state"], "SESSION_STATE_INTERRUPTED");
    let (status, early) = server
        .call("RuntimeService/Close", &json!({ "sessionId": session, "mode": "CLOSE_MODE_RELEASE" }))
        .await;
    assert_eq!(status, 200, "it is let go already: {early:#}");
    // Whoever had it can be seen to be gone, so nobody waits for its lease.
    let resumed = server.ok("RuntimeService/Resume", json!({ "sessionId": session })).await;
    assert_eq!(resumed["wasResumed"], true);
    let done = server.until(&session, "SESSION_STATE_IDLE").await;
    assert_eq!(done["spent"]["turns"], 1);
    let context = server
        .ok("RuntimeService/InspectContext", json!({ "sessionId": session, "includeMessages": true }))
        .await;
    assert_eq!(context["messages"].as_array().unwrap().len(), 2, "{context:#}");
    let verified = place.tau(&["sessions", "verify", &session]).await;
    verified.assert_code(0);
}

#[tokio::test]
async fn whoever_may_not_call_or_says_what_is_wrong_is_told_so() {
    let model = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let (status, refused) = server.call_as("guessed", "AdminService/GetInfo", &json!({})).await;
    assert_eq!((status, &refused["code"]), (401, &json!("unauthenticated")));
    let cases = [
        ("RuntimeService/GetSession", json!({ "sessionId": "7" }), "invalid_argument"),
        ("RuntimeService/GetSession", json!({ "session": "7" }), "invalid_argument"),
        ("RuntimeService/CreateSession", json!({ "config": { "agent": "nobody" } }), "not_found"),
        ("RuntimeService/CreateSession", json!({ "config": { "model": "no/where" } }), "invalid_argument"),
        (
            "RuntimeService/CreateSession",
            json!({ "config": { "environment": { "workingDir": "/" } } }),
            "permission_denied",
        ),
        (
            "RuntimeService/CreateSession",
            json!({ "config": { "permissions": { "mode": "PERMISSION_MODE_BYPASS" } } }),
            "permission_denied",
        ),
    ];
    for (method, message, code) in cases {
        let (_, answer) = server.call(method, &message).await;
        assert_eq!(answer["code"], code, "{method} {message}: {answer:#}");
    }
    let token = place.home().join(".local/state/tau/token");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(token).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let folder = place.home().join(".local/state/tau");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700, "what is kept in it is the user's alone");
}

#[tokio::test]
async fn a_session_may_have_no_files_or_those_of_an_extension_that_is_there() {
    let model = ModelServer::with_replies([Reply::text("Well.")]).await.unwrap();
    let place = Place::with_server(&model);
    let mut server = Server::start(&place).await;
    let asked = json!({ "config": { "environment": { "none": {} } } });
    let created = server.ok("RuntimeService/CreateSession", asked).await;
    let config = &created["session"]["config"];
    assert!(config["systemPrompt"].as_str().is_some_and(|prompt| !prompt.contains("Working folder")));
    assert!(config["tools"].as_array().is_none_or(Vec::is_empty), "{config:#}");
    // It has none again when it is taken up.
    let id = created["session"]["sessionId"].as_str().unwrap().to_owned();
    server.child.kill().await.unwrap();
    let server = Server::start(&place).await;
    let resumed = server.ok("RuntimeService/Resume", json!({ "sessionId": id })).await;
    assert_eq!(resumed["session"]["metadata"]["tau.environment"], "none");
    let file = json!([{ "reference": { "path": "a.txt" } }]);
    let asked = json!({ "sessionId": id, "context": file });
    let (status, error) = server.call("RuntimeService/InjectContext", &asked).await;
    assert_eq!(status, 404, "{error:#}");

    let asked = json!({ "config": { "environment": { "provider": "box" } } });
    let (status, error) = server.call("RuntimeService/CreateSession", &asked).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("failed_precondition")), "{error:#}");
    assert!(error["message"].as_str().unwrap().contains("no extension `box` is attached"), "{error:#}");
}

#[tokio::test]
async fn a_server_that_cannot_serve_says_why() {
    let model = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let taken = place.tau(&["serve", "--listen", &server.address]).await;
    assert!(taken.assert_code(1).stderr.contains("choose another with --listen"), "{taken:?}");
    let nowhere = place.tau(&["serve", "--root", "nowhere"]).await;
    assert!(nowhere.assert_code(2).stderr.contains("name a folder that exists"), "{nowhere:?}");
    std::fs::write(place.project().join("empty"), "").unwrap();
    let empty = place.tau(&["serve", "--token-file", "empty"]).await;
    assert!(empty.assert_code(1).stderr.contains("it is empty"), "{empty:?}");
}

#[tokio::test]
async fn ctrl_c_lets_the_run_end_and_every_session_go() {
    let model = ModelServer::with_replies([Reply::text("Quick.")]).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let session = server.new_session().await;
    let id = server.child.id().unwrap();
    let status = Command::new("kill").args(["-INT", &id.to_string()]).status().await.unwrap();
    assert!(status.success());
    let Server { child, .. } = server;
    let ended = tokio::time::timeout(Duration::from_secs(30), place.finish(child)).await.unwrap();
    assert!(ended.assert_code(0).stderr.contains("1 sessions were released"), "{ended:?}");
    place.tau(&["resume", &session, "go on"]).await.assert_code(0);
}

#[tokio::test]
async fn what_is_logged_changes_for_a_time() {
    let model = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&model);
    let mut server = Server::start(&place).await;
    let mut log = BufReader::new(server.child.stderr.take().unwrap()).lines();
    let level = async || server.ok("AdminService/GetLogLevel", json!({})).await;
    assert_eq!(level().await, json!({ "directives": "info" }));

    let wanted = json!({ "directives": "info,tau_runtime::server=debug", "duration": "2s" });
    let changed = server.ok("AdminService/SetLogLevel", wanted.clone()).await;
    assert_eq!(changed, json!({ "directives": wanted["directives"], "previousDirectives": "info" }),);
    assert!(level().await["until"].is_string());
    // What was not logged before: a connection that says nothing a server understands.
    let mut stranger = TcpStream::connect(&server.address).await.unwrap();
    stranger.write_all(b"\0\0\0\r\n\r\n").await.unwrap();
    let logged = async {
        while let Some(line) = log.next_line().await.unwrap() {
            if line.contains("a connection broke") {
                return;
            }
        }
        panic!("the log ended");
    };
    tokio::time::timeout(Duration::from_secs(10), logged).await.expect("it is logged");

    for wrong in ["a=b=c", "loud", "tau=", "info,,"] {
        let (status, refused) =
            server.call("AdminService/SetLogLevel", &json!({ "directives": wrong })).await;
        assert_eq!((status, refused["code"].as_str()), (400, Some("invalid_argument")), "{refused}");
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(level().await, json!({ "directives": "info" }));
}
