//! Commands that act at a server, against a real `tau serve`: what they show is what the same command shows here.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

use crate::support::{Place, Ran, tool_result};

/// A server that runs, and the place of whoever calls it.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) place: Place,
    model: ModelServer,
}

impl Served {
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let model = ModelServer::with_replies(replies).await.unwrap();
        Self::of(Place::with_server(&model), model).await
    }

    /// The server of a place whose user uses a model.
    pub(crate) async fn of(place: Place, model: ModelServer) -> Self {
        let mut child = place.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
        let url = line.unwrap().unwrap().unwrap();
        Self { child, url, place, model }
    }

    /// A command at the server, which finds the token by itself.
    pub(crate) async fn tau(&self, arguments: &[&str]) -> Ran {
        self.place.tau_with_env(&[("TAU_SERVER", self.url.as_str())], arguments).await
    }

    /// The session that was written last.
    async fn newest(&self) -> String {
        let list = self.tau(&["sessions", "list", "--output", "json"]).await.json();
        list["sessions"][0]["id"].as_str().unwrap().to_owned()
    }
}

fn replies() -> [Reply; 2] {
    [
        Reply::tool_calls([
            ("g", "glob", r#"{"pattern":"*"}"#),
            ("w", "write", r#"{"path":"made","content":"x"}"#),
        ]),
        Reply::text("All is seen."),
    ]
}

#[tokio::test]
async fn a_run_at_a_server_is_shown_as_one_here() {
    for arguments in [&["--allow", "write"][..], &[]] {
        let arguments = [&["run"], arguments, &["look"]].concat();
        let model = ModelServer::with_replies(replies()).await.unwrap();
        let here = Place::with_server(&model).tau(&arguments).await;
        let served = Served::start(replies()).await;
        let there = served.tau(&arguments).await;
        // Calls run beside each other, and end in any order.
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!((there.code, &there.stdout), (here.code, &here.stdout), "{there:#?}");
        assert_eq!(sorted(&there.stderr), sorted(&here.stderr));
        assert_eq!(served.place.project().join("made").exists(), arguments.len() > 2);
    }
}

#[tokio::test]
async fn a_run_at_a_server_tells_programs_the_same() {
    let model = ModelServer::with_replies(replies()).await.unwrap();
    let here = Place::with_server(&model).tau(&["run", "-o", "json", "look"]).await;
    let served = Served::start(replies()).await;
    let there = served.tau(&["run", "-o", "json", "look"]).await;
    let without_time = |ran: &Ran| {
        let mut summary = ran.json();
        summary["duration_ms"].take();
        summary
    };
    assert_eq!((there.code, without_time(&there)), (here.code, without_time(&here)));
    assert_eq!(there.code, Some(3));

    let served = Served::start(replies()).await;
    let lines = served.tau(&["run", "-o", "stream-json", "--max-turns", "1", "look"]).await;
    lines.assert_code(5);
    let kinds: Vec<Value> = lines.json_lines().iter().map(|line| line["type"].clone()).collect();
    assert_eq!(kinds.first(), Some(&json!("started")), "{kinds:?}");
}

#[tokio::test]
async fn sessions_of_a_server_are_read_as_those_of_a_store() {
    let served = Served::start(replies()).await;
    served.tau(&["run", "look"]).await.assert_code(3);
    let id = served.newest().await;
    for arguments in [&["--events"][..], &["--events", "-o", "json"], &["--context"]] {
        let arguments = [&["sessions", "show", &id], arguments].concat();
        let (there, here) = (served.tau(&arguments).await, served.place.tau(&arguments).await);
        there.assert_code(0);
        assert_eq!(there.stdout, here.stdout);
    }
    let shown = served.tau(&["sessions", "show", &id[..8], "-o", "json"]).await.json();
    let here = served.place.tau(&["sessions", "show", &id, "-o", "json"]).await.json();
    assert_eq!(shown["entries"], here["entries"]);
    for key in [
        "id",
        "model",
        "working_dir",
        "created",
        "updated",
        "prompt",
        "events",
        "turns",
        "tool_calls",
        "usage",
    ] {
        assert_eq!(shown["session"][key], here["session"][key], "{key}");
    }
    assert_eq!(shown["session"]["state"], "idle");

    let there = served.tau(&["sessions", "export", &id]).await;
    let here = served.place.tau(&["sessions", "export", &id]).await;
    assert!(there.code == Some(0) && there.stdout == here.stdout, "{there:#?}");
    served.tau(&["sessions", "export", &id, "--format", "html", "-o", "page.html"]).await.assert_code(0);
    assert!(served.place.read("page.html").contains("All is seen."));

    let list = served.tau(&["sessions", "list"]).await;
    assert!(list.stdout.contains(&id[..8]) && list.stdout.contains("look"), "{list:#?}");
    let unknown = served.tau(&["sessions", "show", "ffffffff"]).await;
    assert!(unknown.code == Some(2) && unknown.stderr.contains("no session has an id"), "{unknown:#?}");
}

#[tokio::test]
async fn a_session_of_a_server_is_forked_taken_back_and_gone_on_with() {
    let served = Served::start(["One.", "Two.", "Three."].map(Reply::text)).await;
    served.tau(&["run", "first"]).await.assert_code(0);
    let id = served.newest().await;
    let forked = served.tau(&["fork", &id[..8], "--at", "6"]).await;
    forked.assert_code(0);
    let copy = forked.stdout.trim().to_owned();
    assert_ne!(copy, id);
    assert_eq!(served.tau(&["resume", &copy, "second"]).await.assert_code(0).stdout, "Two.\n");
    let back = served.tau(&["rewind", &copy]).await;
    assert!(back.code == Some(0) && back.stderr.contains("back at event 7"), "{back:#?}");
    let resumed = served.tau(&["resume", &copy, "third"]).await;
    assert_eq!(resumed.assert_code(0).stdout, "Three.\n");
    let messages = served.model.requests()[2].json()["messages"].to_string();
    assert!(messages.contains("first") && !messages.contains("second") && messages.contains("third"));
    let idle = served.tau(&["resume", &copy]).await;
    assert!(idle.code == Some(2) && idle.stderr.contains("nothing left to do"), "{idle:#?}");
    let nowhere = served.tau(&["fork", &id, "--at", "99"]).await;
    assert!(nowhere.code == Some(2) && nowhere.stderr.contains("its events are 1 to 6"), "{nowhere:#?}");
}

#[tokio::test]
async fn what_belongs_to_the_store_is_not_done_at_a_server() {
    let place = Place::new();
    let commands = [
        &["undo"][..],
        &["sessions", "verify"],
        &["sessions", "search", "x"],
        &["sessions", "delete", "x"],
        &["sessions", "import", "x"],
    ];
    for command in commands {
        let ran = place.tau(&[command, &["--server", "http://127.0.0.1:1"]].concat()).await;
        assert!(ran.code == Some(2) && ran.stderr.contains("works on the store"), "{command:?} {ran:#?}");
    }
    let ran = place.tau(&["run", "--server", "http://127.0.0.1:1", "x"]).await;
    assert!(ran.code == Some(1) && ran.stderr.contains("cannot be reached"), "{ran:#?}");
    let ran = place.tau(&["run", "--server", "http://me:secret@127.0.0.1", "x"]).await;
    assert!(ran.code == Some(2) && !ran.stderr.contains("secret"), "{ran:#?}");
}

#[tokio::test]
async fn what_says_something_of_this_process_is_refused_at_a_server() {
    let served = Served::start([Reply::text("One.")]).await;
    served.tau(&["run", "first"]).await.assert_code(0);
    let id = served.newest().await;
    for arguments in [
        &["resume", &id, "x", "--state-dir", "."][..],
        &["resume", &id, "x", "--trust-project"],
        &["fork", &id, "--state-dir", "."],
        &["rewind", &id, "--state-dir", "."],
        &["sessions", "list", "--state-dir", "."],
        &["rpc", "call", "GetInfo", "--state-dir", "."],
        &["rpc", "call", "GetInfo", "--model", "test/other"],
    ] {
        let ran = served.tau(arguments).await;
        assert!(ran.code == Some(2) && ran.stderr.contains("in this process"), "{arguments:?} {ran:#?}");
    }
    let listed = served.tau(&["sessions", "list", "-o", "json"]).await.json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "nothing was done: {listed:#}");
}

#[tokio::test]
async fn a_session_goes_on_in_the_folder_that_is_named() {
    let glob = || Reply::tool_calls([("g", "glob", r#"{"pattern":"*"}"#)]);
    let served = Served::start([Reply::text("One."), glob(), Reply::text("Two.")]).await;
    served.place.write("sub/inside.txt", "");
    served.place.write("outside.txt", "");
    served.tau(&["run", "first"]).await.assert_code(0);
    let id = served.newest().await;
    let sub = served.place.project().join("sub").display().to_string();
    let resume = ["resume", &id, "look", "--cwd", &sub];
    let live = served.tau(&resume).await;
    assert!(live.code == Some(2) && live.stderr.contains("is live at the server"), "{live:#?}");
    let close = json!({ "sessionId": id, "mode": "CLOSE_MODE_RELEASE" }).to_string();
    served.tau(&["rpc", "call", "Close", &close]).await.assert_code(0);
    served.tau(&resume).await.assert_code(0);
    assert_eq!(tool_result(&served.model, 2, "g"), "inside.txt\n");
}

#[tokio::test]
async fn a_copy_in_another_folder_goes_on_there() {
    let glob = Reply::tool_calls([("g", "glob", r#"{"pattern":"*"}"#)]);
    let served = Served::start([Reply::text("One."), glob, Reply::text("Two.")]).await;
    served.place.write("sub/inside.txt", "");
    served.tau(&["run", "first"]).await.assert_code(0);
    let sub = served.place.project().join("sub").display().to_string();
    let fork = json!({ "sessionId": served.newest().await, "environment": { "workingDir": sub } });
    let forked = served.tau(&["rpc", "call", "Fork", &fork.to_string()]).await.json();
    let folder = forked["session"]["metadata"]["working_dir"].as_str().unwrap();
    assert!(folder.ends_with("/project/sub"), "{forked:#}");
    let copy = forked["session"]["sessionId"].as_str().unwrap();
    // Not live any more, it is taken up where it says that it works.
    let close = json!({ "sessionId": copy, "mode": "CLOSE_MODE_RELEASE" }).to_string();
    served.tau(&["rpc", "call", "Close", &close]).await.assert_code(0);
    served.tau(&["resume", copy, "look"]).await.assert_code(0);
    assert_eq!(tool_result(&served.model, 2, "g"), "inside.txt\n");
}

/// Writes an authority's certificate, and a certificate that it signed with its key.
fn certificates(place: &Place) -> [String; 3] {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let signed = params.signed_by(&key, &issuer).unwrap().pem();
    [("ca.pem", authority), ("cert.pem", signed), ("key.pem", key.serialize_pem())].map(|(name, text)| {
        place.write(name, &text);
        place.project().join(name).display().to_string()
    })
}

#[tokio::test]
async fn a_server_behind_tls_that_wants_a_certificate_is_called_with_one() {
    let model = ModelServer::with_replies([Reply::text("One.")]).await.unwrap();
    let place = Place::with_server(&model);
    let [ca, cert, key] = certificates(&place);
    let tls = ["--tls-cert", &cert, "--tls-key", &key, "--tls-client-ca", &ca];
    let serve = [&["serve", "--listen", "127.0.0.1:0"][..], &tls].concat();
    let mut child = place.command(&serve).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url =
        tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await.unwrap().unwrap().unwrap();
    let url = url.replace("127.0.0.1", "localhost");
    let run = ["run", "--server", &url, "first"];
    let identity = ["--ca-file", &ca, "--cert", &cert, "--key", &key];
    let ran = place.tau(&[&run[..], &identity].concat()).await;
    assert_eq!(ran.assert_code(0).stdout, "One.\n");
    for (flags, code, says) in [
        (&identity[..2], 1, "cannot be reached"),
        (&[][..], 1, "cannot be reached"),
        (&["--ca-file", &key], 2, "--ca-file"),
        (&["--ca-file", &ca, "--cert", &cert, "--key", &ca], 2, "--key"),
        (&["--ca-file", &ca, "--cert", &cert], 2, "--key"),
    ] {
        let ran = place.tau(&[&run[..], flags].concat()).await;
        assert!(ran.code == Some(code) && ran.stderr.contains(says), "{flags:?}: {ran:#?}");
    }
    let plain = ["run", "--server", "http://127.0.0.1:1", "--ca-file", &ca, "first"];
    let ran = place.tau(&plain).await;
    assert!(ran.code == Some(2) && ran.stderr.contains("behind https"), "{ran:#?}");
}

#[tokio::test]
async fn the_token_of_this_machine_goes_to_no_other() {
    let served = Served::start([]).await;
    for url in ["http://tau.example:8321", "https://10.0.0.1", "http://127.0.0.1.example"] {
        let ran = served.place.tau(&["rpc", "call", "GetInfo", "--server", url]).await;
        assert!(ran.code == Some(2) && ran.stderr.contains("--token-file"), "{url} {ran:#?}");
    }
    // Named, it is whoever named it who says so.
    let token = served.place.home().join(".local/state/tau/token").display().to_string();
    let named = ["rpc", "call", "GetInfo", "--token-file", &token, "--server", "http://nobody.invalid:1"];
    let ran = served.place.tau(&named).await;
    assert!(ran.code == Some(1) && ran.stderr.contains("cannot be reached"), "{ran:#?}");
    served.tau(&["rpc", "call", "GetInfo"]).await.assert_code(0);
}

#[tokio::test]
async fn a_session_is_attached_to_and_steered() {
    let served = Served::start(["One.", "Two.", "Three."].map(Reply::text)).await;
    served.tau(&["run", "first"]).await.assert_code(0);
    let mut child = served.place.command(&["attach", &served.url]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"second\nthird\n").await.unwrap();
    drop(stdin);
    let ran = served.place.finish(child).await;
    ran.assert_code(0);
    // What was said before comes first.
    let places: Vec<Option<usize>> =
        ["first", "One.", "Two.", "Three."].map(|text| ran.stdout.find(text)).to_vec();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{ran:#?}");
    let nobody = served.place.tau(&["attach", &served.url, "ffffffff"]).await;
    assert!(nobody.code == Some(2), "{nobody:#?}");
}

/// A person at a terminal: waits for a text, then types a line, and so on. Needs nothing but Python.
const PERSON: &str = r#"
import os, pty, select, sys, time
tau, url, *talk = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(tau, [tau, "attach", url])
seen = b""
for awaited, typed in zip(talk[::2], talk[1::2]):
    end = time.time() + 30
    while awaited.encode() not in seen and time.time() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 4096)
    if awaited.encode() not in seen:
        sys.exit(f"{awaited!r} does not come: {seen.decode()}")
    os.write(terminal, b"\x04" if typed == "EOF" else typed.encode() + b"\n")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

#[cfg(unix)]
#[tokio::test]
async fn a_person_at_a_terminal_types_prompts_and_permits() {
    let command = json!({ "command": "echo here > made" }).to_string();
    let replies = [Reply::tool_calls([("c1", "bash", command.as_str())]), Reply::text("It is made.")];
    let served = Served::start(replies).await;
    served.tau(&["rpc", "call", "CreateSession"]).await.assert_code(0);
    let mut person = tokio::process::Command::new("python3");
    person
        .args(["-c", PERSON, env!("CARGO_BIN_EXE_tau"), &served.url])
        .args(["Ctrl-D leaves", "make it", "Let `bash` run?", "y", "It is made.", "EOF"])
        .current_dir(served.place.project())
        .env("HOME", served.place.home())
        .env_remove("XDG_STATE_HOME")
        .kill_on_drop(true);
    let ended = tokio::time::timeout(Duration::from_secs(100), person.output()).await.unwrap().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(served.place.read("made"), "here\n");
}
