//! `tau serve` that keeps nothing, and `tau-persist attach` that does: both are real, and either is killed.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use tau_persist::{OpenSession, SessionId, SqliteOptions, SqliteStore, Store as _, StoreErrorKind};
use tau_testkit::{ModelServer, Reply};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};

use crate::support::Place;

/// The longest anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that keeps nothing, and how it is called.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Server {
    pub(crate) async fn start(place: &Place) -> Self {
        Self::start_at(place, "127.0.0.1:0").await
    }

    pub(crate) async fn start_at(place: &Place, address: &str) -> Self {
        let mut child =
            place.command(&["serve", "--require-journals", "1", "--listen", address]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        let token = std::fs::read_to_string(token_file(place)).unwrap();
        Self { child, address, token: token.trim().to_owned() }
    }

    async fn post(&self, method: &str, content_type: &str, body: &[u8]) -> TcpStream {
        let head = format!(
            "POST /tau.runtime.v1.RuntimeService/{method} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        stream
    }

    async fn call(&self, method: &str, message: Value) -> Value {
        let mut stream = self.post(method, "application/json", message.to_string().as_bytes()).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}"))
    }

    async fn new_session(&self, config: Value) -> String {
        let created = self.call("CreateSession", json!({ "config": config })).await;
        assert_eq!(created["session"]["head"]["seq"], "1", "an answer means that it is durable: {created:#}");
        created["session"]["sessionId"].as_str().unwrap().to_owned()
    }

    /// Asks for work. It is done for as long as somebody holds what this gives.
    async fn run(&self, session: &str) -> TcpStream {
        let message = json!({ "sessionId": session, "prompt": [{ "text": "work" }] }).to_string();
        let mut body = vec![0];
        body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        body.extend(message.as_bytes());
        self.post("Run", "application/connect+json", &body).await
    }

    /// Waits until a session is in a state.
    async fn until(&self, session: &str, state: &str) -> Value {
        let mut told = Value::Null;
        for _ in 0..300 {
            told = self.call("GetSession", json!({ "sessionId": session })).await;
            if told["session"]["state"] == state {
                return told["session"].clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("session {session} does not become {state}: {told:#}");
    }

    /// Waits until a session is idle after so many turns.
    async fn until_turns(&self, session: &str, turns: u64) -> Value {
        loop {
            let told = self.until(session, "SESSION_STATE_IDLE").await;
            if told["spent"]["turns"] == turns {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a session is not live any more because of an error: the whole answer.
    async fn until_error(&self, session: &str) -> String {
        for _ in 0..300 {
            let told = self.call("GetSession", json!({ "sessionId": session })).await;
            if told["session"]["error"].is_object() {
                return told.to_string();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("session {session} goes on");
    }
}

fn token_file(place: &Place) -> PathBuf {
    place.home().join(".local/state/tau/token")
}

/// The program of the extension: it stands beside ours where it was built.
fn tau_persist() -> Command {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_tau")).with_file_name("tau-persist");
    assert!(program.exists(), "build it first: cargo build -p tau-persist");
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// `tau-persist attach`, and what it says.
pub(crate) struct Journal {
    pub(crate) child: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Journal {
    pub(crate) fn start(place: &Place, server: &Server) -> Self {
        let mut command = tau_persist();
        command.arg("attach").arg(database(place)).arg(format!("http://{}", server.address));
        let mut child = command.arg("--token-file").arg(token_file(place)).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said }
    }

    /// Waits until it says something that begins so.
    pub(crate) async fn says(&mut self, beginning: &str) -> String {
        let until = async {
            let mut before = Vec::new();
            while let Some(line) = self.said.next_line().await.unwrap() {
                if line.starts_with(beginning) {
                    return line;
                }
                before.push(line);
            }
            panic!("it ended and said {before:?}");
        };
        tokio::time::timeout(PATIENCE, until).await.unwrap_or_else(|_| panic!("it never said {beginning}"))
    }

    /// Asks it to end, and waits until it has: what it said last.
    async fn end(mut self) -> String {
        interrupt(&self.child).await;
        let said = self.says("detached: ").await;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(status.success());
        said
    }
}

async fn interrupt(child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
}

pub(crate) fn database(place: &Place) -> PathBuf {
    place.home().join("kept.db")
}

/// A call that ends when there is a file `go`, and leaves a line.
fn waits_for_go() -> Reply {
    let command = "while [ ! -e go ]; do sleep 0.05; done; echo x >> made";
    Reply::tool_calls([("c1", "bash", json!({ "command": command }).to_string().as_str())])
}

/// How many events of each session are kept, none of them damaged.
pub(crate) async fn verified(place: &Place) -> Vec<(String, u64)> {
    let output = tau_persist().arg("verify").arg(database(place)).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let lines = said.lines().filter_map(|line| line.strip_prefix("ok       "));
    let sessions = lines.map(|line| {
        let (session, events) = line.split_once(": ").unwrap();
        (session.to_owned(), events.strip_suffix(" events").unwrap().parse().unwrap())
    });
    sessions.collect()
}

/// The number of the last event that the server told of.
fn head(session: &Value) -> u64 {
    session["head"]["seq"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_session_begins_when_a_journal_has_it_and_not_before() {
    let model = ModelServer::with_replies([Reply::text("Done.")]).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let early = server.new_session(json!({}));
    tokio::pin!(early);
    let waited = tokio::time::timeout(Duration::from_millis(500), &mut early).await;
    assert!(waited.is_err(), "nobody has it: {waited:?}");
    let mut journal = Journal::start(&place, &server);
    assert!(journal.says("attached to ").await.contains(&server.address));
    let session = early.await;

    let _run = server.run(&session).await;
    model.wait_for_requests(1).await;
    let done = server.until(&session, "SESSION_STATE_IDLE").await;
    assert_eq!(done["spent"]["turns"], 1);
    let events = head(&done);
    assert!(journal.end().await.starts_with(&format!("detached: {events} events")), "of {events}");
    assert_eq!(verified(&place).await, [(session, events)]);
    // Nothing is kept where the server is but its token.
    assert!(!place.home().join(".local/state/tau/sessions.db").exists());
}

#[tokio::test]
async fn without_a_journal_nothing_begins_and_what_has_begun_ends() {
    let model = ModelServer::with_replies([waits_for_go()]).await.unwrap();
    let place = Place::with_server_and(&model, "permissions.mode = \"bypass\"");
    let server = Server::start(&place).await;
    let refused = server.call("CreateSession", json!({})).await;
    assert_eq!(refused["code"], "unavailable", "{refused:#}");
    assert!(refused["message"].as_str().unwrap().contains("no journal is attached"), "{refused:#}");

    let mut journal = Journal::start(&place, &server);
    journal.says("attached to ").await;
    let session = server.new_session(json!({ "durability": { "grace": "1s" } })).await;
    let mut run = server.run(&session).await;
    model.wait_for_requests(1).await;
    journal.child.kill().await.unwrap();
    place.write("go", "");
    let mut told = Vec::new();
    tokio::time::timeout(PATIENCE, run.read_to_end(&mut told)).await.unwrap().unwrap();
    // Between the messages are their lengths, which are no text.
    let told = String::from_utf8_lossy(&told);
    // Behind it the answer's last chunk ends.
    let end = told.rfind("{\"error\"").and_then(|at| told[at..].lines().next()).unwrap();
    let end: Value = serde_json::from_str(end).unwrap();
    let detail = STANDARD_NO_PAD.decode(end["error"]["details"][0]["value"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8_lossy(&detail).contains("journal_lost"), "{end:#}");
}

#[tokio::test]
async fn a_journal_that_is_killed_in_the_middle_of_a_run_comes_back_and_has_it_all() {
    let model = ModelServer::with_replies([waits_for_go(), Reply::text("Done.")]).await.unwrap();
    let place = Place::with_server_and(&model, "permissions.mode = \"bypass\"");
    let server = Server::start(&place).await;
    let mut journal = Journal::start(&place, &server);
    journal.says("attached to ").await;
    let session = server.new_session(json!({})).await;
    let _run = server.run(&session).await;
    model.wait_for_requests(1).await;
    journal.child.kill().await.unwrap();
    // The call ends while nobody can write it down, and the model is not told before somebody has.
    place.write("go", "");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(model.requests().len(), 1, "an effect without its event");

    let mut journal = Journal::start(&place, &server);
    journal.says("attached to ").await;
    model.wait_for_requests(2).await;
    let done = server.until(&session, "SESSION_STATE_IDLE").await;
    assert_eq!(done["spent"]["turns"], 2);
    assert_eq!(place.read("made"), "x\n");
    assert_eq!(verified(&place).await, [(session, head(&done))]);
    journal.end().await;
}

/// The program of the journal is killed while nothing happens; the next one keeps others away from the sessions.
#[tokio::test]
async fn a_session_stays_with_its_server_when_its_journal_is_started_anew() {
    let model = ModelServer::with_replies([Reply::text("One."), Reply::text("Two.")]).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let mut journal = Journal::start(&place, &server);
    journal.says("attached to ").await;
    let session = server.new_session(json!({})).await;
    let _run = server.run(&session).await;
    server.until(&session, "SESSION_STATE_IDLE").await;
    journal.child.kill().await.unwrap();

    let store = SqliteStore::open(database(&place), SqliteOptions::default()).unwrap();
    let ask = || OpenSession::new(SessionId::new(session.as_str()).unwrap(), "me", Duration::from_secs(1));
    let lease = async || match store.open_session(ask()).await.unwrap_err().kind() {
        StoreErrorKind::Leased { epoch, expires, .. } => (*epoch, *expires),
        other => panic!("{other:?}"),
    };
    let (epoch, expires) = lease().await;
    let mut journal = Journal::start(&place, &server);
    journal.says("attached to ").await;
    let renewed = async {
        while lease().await.1 <= expires {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.expect("the lease is not renewed");
    let _run = server.run(&session).await;
    let done = server.until_turns(&session, 2).await;
    assert_eq!(lease().await.0, epoch, "it goes on under the epoch that it had");

    // Whoever takes the session over is the only one that writes it from there on.
    store.open_session(ask().take_over(epoch)).await.unwrap();
    let _run = server.run(&session).await;
    let error = server.until_error(&session).await;
    assert!(error.contains("journal_fenced"), "{error}");
    assert_eq!(verified(&place).await, [(session, head(&done))]);
    journal.end().await;
}

#[tokio::test]
async fn a_server_that_is_killed_is_found_again_and_its_sessions_go_on() {
    let replies = [Reply::stream().hang(), Reply::text("After all.")];
    let model = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&model);
    let mut server = Server::start(&place).await;
    let mut journal = Journal::start(&place, &server);
    journal.says("attached to ").await;
    let session = server.new_session(json!({})).await;
    let _run = server.run(&session).await;
    model.wait_for_requests(1).await;
    server.child.kill().await.unwrap();
    journal.says("lost: ").await;

    let server = Server::start_at(&place, &server.address).await;
    journal.says("attached to ").await;
    let told = server.call("GetSession", json!({ "sessionId": session })).await;
    assert_eq!(told["session"]["state"], "SESSION_STATE_INTERRUPTED", "{told:#}");
    let resumed = server.call("Resume", json!({ "sessionId": session })).await;
    assert_eq!(resumed["wasResumed"], true, "{resumed:#}");
    let done = server.until(&session, "SESSION_STATE_IDLE").await;
    assert_eq!(done["spent"]["turns"], 1);
    assert_eq!(verified(&place).await, [(session, head(&done))]);
    journal.end().await;
}

#[tokio::test]
async fn a_journal_that_is_not_let_in_says_so_and_ends() {
    let model = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&model);
    let server = Server::start(&place).await;
    let address = format!("http://{}", server.address);
    let attach = async |address: &str| {
        let mut command = tau_persist();
        let child = command.arg("attach").arg(database(&place)).arg(address).output();
        let output = tokio::time::timeout(PATIENCE, child).await.unwrap().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = attach(&address).await;
    assert!(code == Some(2) && said.contains("does not accept the token"), "{code:?} {said}");
    let (code, said) = attach("ftp://127.0.0.1").await;
    assert!(code == Some(2) && said.contains("https://HOST:PORT"), "{code:?} {said}");
}
