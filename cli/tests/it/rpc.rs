//! `tau rpc`: the interface without a client.

use std::time::Duration;

use serde_json::json;
use tau_testkit::{ModelServer, Reply};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::Place;

#[tokio::test]
async fn methods_are_listed_and_described_with_their_rules() {
    let place = Place::new();
    let list = place.tau(&["rpc", "list"]).await;
    list.assert_code(0);
    let lines: Vec<&str> = list.stdout.lines().collect();
    for line in [
        "RuntimeService: Runs sessions.",
        "  Run(RunRequest) returns (stream RunResponse)",
        "  Attach(stream AttachRequest) returns (stream AttachResponse)",
        "  GetInfo(GetInfoRequest) returns (GetInfoResponse)",
    ] {
        assert!(lines.contains(&line), "{line}: {lines:#?}");
    }
    let run = place.tau(&["rpc", "describe", "Run"]).await;
    for text in
        ["rpc Run(RunRequest)", "// Asks a session for work", "string.uuid = true", "message ContextEntry {"]
    {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
    assert!(place.tau(&["rpc", "describe", "Budget"]).await.stdout.contains("optional uint32 max_turns"));
    let unknown = place.tau(&["rpc", "describe", "GetInfos"]).await;
    assert!(unknown.code == Some(2) && unknown.stderr.contains("`GetInfo"), "{unknown:#?}");
}

#[tokio::test]
async fn methods_are_called_in_this_process_and_at_a_server() {
    let model = ModelServer::with_replies([Reply::text("Four.")]).await.unwrap();
    let place = Place::with_server(&model);
    let info = place.tau(&["rpc", "call", "GetInfo"]).await;
    assert_eq!(info.assert_code(0).json()["serverName"], "tau");
    let created = place.tau(&["rpc", "call", "CreateSession", "{}"]).await.assert_code(0).json();
    let id = created["session"]["sessionId"].as_str().unwrap().to_owned();
    // It is kept like any other.
    let listed = place.tau(&["rpc", "call", "RuntimeService/ListSessions", r#"{"pageSize":5}"#]).await.json();
    assert_eq!(listed["sessions"][0]["sessionId"], json!(id));

    let renamed =
        json!({ "session": { "sessionId": id, "metadata": { "team": "a" } }, "updateMask": "metadata" });
    let not_live = place.tau(&["rpc", "call", "UpdateSession", &renamed.to_string()]).await;
    assert!(not_live.code == Some(1) && not_live.stderr.contains("[not_live]"), "{not_live:#?}");
    let told = json!({ "sessionId": id, "context": [{ "text": "by the way" }] });
    let told = place.tau(&["rpc", "call", "InjectContext", &told.to_string()]).await;
    assert_eq!(told.assert_code(0).json()["seq"], "3", "it was resumed for it");

    let mut child = place.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url =
        tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await.unwrap().unwrap().unwrap();
    let at = |arguments: &[&str]| {
        let arguments: Vec<String> = ["rpc", "call", "--server", &url]
            .iter()
            .chain(arguments)
            .map(|text| (*text).to_owned())
            .collect();
        let place = &place;
        async move { place.tau(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    at(&["Resume", &format!(r#"{{"sessionId":"{id}"}}"#)]).await.assert_code(0);
    place.write("run.json", &json!({ "sessionId": id, "prompt": [{ "text": "two and two?" }] }).to_string());
    let run = at(&["tau.runtime.v1.RuntimeService/Run", "@run.json"]).await;
    run.assert_code(0);
    let lines = run.json_lines();
    assert!(lines[0]["accepted"].is_object(), "{lines:#?}");
    assert_eq!(lines.last().unwrap()["result"]["text"], "Four.");

    let refused = at(&["GetSession", r#"{"sessionId":"nobody"}"#]).await;
    assert_eq!(refused.code, Some(2), "{refused:#?}");
    assert!(
        refused.stderr.contains("[invalid_request]") && refused.stderr.contains("session_id: "),
        "{refused:#?}"
    );
    let unknown = at(&["GetSession", r#"{"sessionId":"00000000-0000-4000-8000-000000000000"}"#]).await;
    assert!(unknown.code == Some(2) && unknown.stderr.contains("[session_not_found]"), "{unknown:#?}");
    let misspelt = at(&["GetSession", r#"{"sessionid":""}"#]).await;
    assert!(misspelt.code == Some(2) && misspelt.stderr.contains("[malformed]"), "{misspelt:#?}");
    place.write("token", "wrong");
    let wrong = at(&["GetInfo", "--token-file", "token"]).await;
    assert!(wrong.code == Some(1) && wrong.stderr.contains("token"), "{wrong:#?}");
    assert!(!wrong.stderr.contains("wrong"), "{wrong:#?}");
}

#[tokio::test]
async fn what_cannot_be_called_says_why() {
    let place = Place::new();
    for (arguments, code, said) in [
        (&["Attach"][..], 2, "is a conversation"),
        (&["GetInf0"], 2, "`GetInfo`"),
        (&["GetInfo", "[]"], 2, "no JSON object"),
        (&["GetInfo", "{"], 2, "no JSON"),
        (&["GetInfo", "@none.json"], 2, "cannot be read"),
        (&["GetInfo", "--server", "http://127.0.0.1:1"], 1, "cannot be reached"),
        (&["GetInfo", "--server", "nowhere"], 2, "http://HOST:PORT"),
    ] {
        let ran = place.tau(&[&["rpc", "call"], arguments].concat()).await;
        assert!(ran.code == Some(code) && ran.stderr.contains(said), "{arguments:?}: {ran:#?}");
    }
    let piped =
        place.tau_with_input(b"{\"probeModels\": false}", &["rpc", "call", "GetDiagnostics", "-"]).await;
    piped.assert_code(0);
}
