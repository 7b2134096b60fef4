//! What leaves the sandbox and the machine: commands that ask to run outside, and pages of the web.

use std::time::Duration;

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply};

use crate::remote::Served;
use crate::support::{Place, Ran, tool_result};

/// A command that leaves its mark where the sandbox lets nothing be left.
fn leaving(place: &Place) -> String {
    let command = format!("echo here > {}/mark", place.home().display());
    json!({ "command": command, "outside_sandbox": "it sets up the home folder" }).to_string()
}

/// A place whose model calls a tool with arguments that say where it is, and then says that it is done.
async fn place(call: impl Fn(&Place) -> (&'static str, String), more: &str) -> (Place, ModelServer) {
    let place = Place::new();
    let (tool, arguments) = call(&place);
    let replies = [Reply::tool_calls([("c", tool, arguments.as_str())]), Reply::text("done")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let url = server.base_url();
    place.user_config(&format!("model = \"test/scripted\"\nproviders.test.base_url = \"{url}\"\n{more}\n"));
    (place, server)
}

#[tokio::test]
async fn a_command_leaves_the_sandbox_when_a_person_lets_it_and_not_otherwise() {
    // Nobody is there to ask, whatever the rules and the mode allow.
    for flags in [&[][..], &["--allow", "Bash"], &["--allow-all"]] {
        let (place, server) = place(|place| ("bash", leaving(place)), "").await;
        let ran = place.tau(&[&["run", "-o", "json"], flags, &["set up"]].concat()).await;
        assert_eq!((ran.code, &ran.json()["denied"]), (Some(3), &json!(["bash"])), "{ran:#?}");
        let told = tool_result(&server, 1, "c");
        assert!(told.contains("needs permission, and nobody is there to give it"), "{told}");
        assert!(!place.home().join("mark").exists());
    }
    // Inside it runs, and cannot.
    let inside = |place: &Place| {
        (
            "bash",
            json!({ "command": format!("echo here > {}/mark || echo no", place.home().display()) })
                .to_string(),
        )
    };
    let (place_inside, server) = place(inside, "").await;
    place_inside.tau(&["run", "--allow-all", "set up"]).await.assert_code(0);
    assert!(tool_result(&server, 1, "c").trim_end().ends_with("\nno"), "{}", tool_result(&server, 1, "c"));
    assert!(!place_inside.home().join("mark").exists());
    // Somebody is.
    let (answered, model) = place(|place| ("bash", leaving(place)), "").await;
    let served = Served::of(answered, model).await;
    let session = asking(&served).await;
    let allow = json!({ "permission": { "decision": "PERMISSION_DECISION_ALLOW" } });
    let answer = json!({ "sessionId": session, "callId": "c", "answer": allow }).to_string();
    served.tau(&["rpc", "call", "Respond", &answer]).await.assert_code(0);
    let mark = served.place.home().join("mark");
    for _ in 0..200 {
        if mark.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(std::fs::read_to_string(mark).unwrap(), "here\n");
}

/// Starts a run at a server, and gives its session once it asks.
async fn asking(served: &Served) -> String {
    let created = served.tau(&["rpc", "call", "CreateSession"]).await.json();
    let session = created["session"]["sessionId"].as_str().unwrap().to_owned();
    let prompt = json!({ "sessionId": session, "prompt": [{ "text": "set up" }] }).to_string();
    let run = ["rpc", "call", "Run", &prompt, "--server", &served.url];
    let mut run = served.place.command(&run).spawn().unwrap();
    tokio::spawn(async move { run.wait().await });
    for _ in 0..200 {
        let list = served.tau(&["rpc", "call", "ListSessions", "{}"]).await.json();
        let sessions = list["sessions"].as_array().cloned().unwrap_or_default();
        if sessions.iter().any(|session| session["state"] == "SESSION_STATE_WAITING") {
            return session;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody asks");
}

/// The names of the tools that the model is offered.
fn offered(server: &ModelServer) -> Vec<String> {
    let request = server.requests()[0].json();
    let tools = request["tools"].as_array().cloned().unwrap_or_default();
    tools.iter().filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect()
}

async fn fetched(url: &str, more: &str, flags: &[&str]) -> (Ran, ModelServer) {
    let call = |_: &Place| ("web_fetch", json!({ "url": url }).to_string());
    let more = format!("agent.tools = [\"read\", \"web_fetch\"]\n{more}");
    let (place, server) = place(call, &more).await;
    let ran = place.tau(&[&["run", "-o", "json"], flags, &["look it up"]].concat()).await;
    (ran, server)
}

#[tokio::test]
async fn pages_come_from_the_domains_of_the_sandbox_alone() {
    const LIST: &str = "sandbox.network = [\"docs.example.com\"]";
    let rows: &[(&str, &[&str], Value, &str)] = &[
        // Not on the list, whatever rules and modes allow.
        (
            "https://other.example.com/",
            &["--allow-all"],
            json!([]),
            "other.example.com is not on the list of domains",
        ),
        (
            "https://docs.example.com.evil.example/",
            &["--allow-all"],
            json!([]),
            "is not on the list of domains",
        ),
        ("https://docs.example.com:8443/", &["--allow-all"], json!([]), "is not on the list of domains"),
        ("http://docs.example.com/", &["--allow-all"], json!([]), "is not https"),
        ("https://127.0.0.1/", &["--allow-all"], json!([]), "only hosts with a name"),
        // On the list, and no rule allows it.
        ("https://docs.example.com/", &[], json!(["web_fetch"]), "needs permission"),
        (
            "https://docs.example.com/",
            &["--allow", "WebFetch(domain:example.com)"],
            json!(["web_fetch"]),
            "needs permission",
        ),
    ];
    for (url, flags, denied, expected) in rows {
        let (ran, server) = fetched(url, LIST, flags).await;
        assert_eq!(ran.json()["denied"], *denied, "{url} {ran:#?}");
        assert!(offered(&server).contains(&"web_fetch".to_owned()));
        let told = tool_result(&server, 1, "c");
        assert!(told.contains(expected), "{url} {flags:?}: {told}");
    }
    // Without a list there is no web.
    let (_, server) = fetched("https://docs.example.com/", "", &["--allow-all"]).await;
    let told = tool_result(&server, 1, "c");
    assert!(
        told.contains("no way to the web") || !offered(&server).contains(&"web_fetch".to_owned()),
        "{told}"
    );
}
