//! What subagents asked before somebody came who follows: it is asked, and what was answered is not asked again.

use std::time::Duration;

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply, Request};
use tokio::process::Child;

use crate::remote::Served;
use crate::support::{Place, Ran};

/// A subagent runs a command that waits for a file, and its parent hears of it.
fn script(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let last = request["messages"].as_array().unwrap().last().unwrap();
    let task = json!({ "prompt": "wait for it" }).to_string();
    let wait = json!({ "command": "until [ -e go ]; do sleep 0.05; done" }).to_string();
    match (last["role"].as_str().unwrap(), last["content"].as_str().unwrap()) {
        ("user", "find out") => {
            // The parent says more after it began than the subagent before it asks.
            let looks: Vec<String> = (0..12).map(|number| format!("g{number}")).collect();
            let looks = looks.iter().map(|id| (id.as_str(), "glob", r#"{"pattern":"*"}"#));
            Reply::tool_calls([("t", "task", task.as_str())].into_iter().chain(looks))
        }
        ("user", _) => Reply::tool_calls([("w", "bash", wait.as_str())]),
        ("tool", "") => Reply::text("it waited"),
        ("tool", "it waited") => Reply::text("All is done."),
        (_, said) => Reply::text(&format!("it did not: {said}")),
    }
}

/// A server with a session whose subagent asks whether it may run a command.
struct Asking {
    served: Served,
    session: String,
    subagent: String,
    _run: Child,
}

impl Asking {
    async fn start() -> Self {
        let model = ModelServer::start(script).await.unwrap();
        let place = Place::new();
        let url = model.base_url();
        place.user_config(&format!(
            "model = \"test/scripted\"\nproviders.test.base_url = \"{url}\"\nclient.max_retries = 0\n\
             agent.tools = [\"bash\", \"glob\", \"task\"]"
        ));
        let served = Served::of(place, model).await;
        let created = served.tau(&["rpc", "call", "CreateSession"]).await.json();
        let session = created["session"]["sessionId"].as_str().unwrap().to_owned();
        let prompt = json!({ "sessionId": session, "prompt": [{ "text": "find out" }] }).to_string();
        let run = ["rpc", "call", "Run", &prompt, "--server", &served.url];
        let run = served.place.command(&run).spawn().unwrap();
        let subagent = subagent_that_asks(&served).await;
        Self { served, session, subagent, _run: run }
    }

    async fn permit(&self) {
        let allow = json!({ "permission": { "decision": "PERMISSION_DECISION_ALLOW" } });
        let answer = json!({ "sessionId": self.subagent, "callId": "w", "answer": allow }).to_string();
        self.served.tau(&["rpc", "call", "Respond", &answer]).await.assert_code(0);
    }
}

async fn subagent_that_asks(served: &Served) -> String {
    let filter = json!({ "filter": { "selector": { "subagents": "SUBAGENT_SCOPE_INCLUDED" } } }).to_string();
    for _ in 0..200 {
        let list = served.tau(&["rpc", "call", "ListSessions", &filter]).await.json();
        let asks = |session: &&Value| session["state"] == "SESSION_STATE_WAITING";
        let found = list["sessions"].as_array().unwrap().iter().find(asks);
        if let Some(found) = found {
            return found["sessionId"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no subagent asks");
}

async fn in_time(ran: impl Future<Output = Ran>) -> Ran {
    tokio::time::timeout(Duration::from_secs(60), ran).await.expect("nobody waits for an answer for ever")
}

fn assert_denied(ran: &Ran) {
    ran.assert_code(3);
    assert_eq!(ran.json()["denied"], json!(["bash"]), "{ran:#?}");
}

#[tokio::test]
async fn what_a_subagent_asked_before_is_answered_at_a_server() {
    let asking = Asking::start().await;
    assert_denied(&in_time(asking.served.tau(&["resume", &asking.session, "-o", "json"])).await);
}

#[tokio::test]
async fn what_a_subagent_asked_before_a_crash_is_answered_here() {
    let mut asking = Asking::start().await;
    asking.served.child.kill().await.unwrap();
    assert_denied(&in_time(asking.served.place.tau(&["resume", &asking.session, "-o", "json"])).await);
}

#[tokio::test]
async fn what_was_answered_is_not_asked_again_at_a_server() {
    let asking = Asking::start().await;
    asking.permit().await;
    let resume = ["resume", &asking.session, "-o", "json", "--server", &asking.served.url];
    let resumed = asking.served.place.command(&resume).spawn().unwrap();
    // Time to hear of the past; where that is not enough, less is proven.
    tokio::time::sleep(Duration::from_secs(1)).await;
    asking.served.place.write("go", "");
    let ran = in_time(asking.served.place.finish(resumed)).await;
    assert_eq!((ran.code, &ran.json()["denied"]), (Some(0), &json!([])), "{ran:#?}");
}

#[tokio::test]
async fn what_was_answered_before_a_crash_is_not_asked_again_here() {
    let mut asking = Asking::start().await;
    asking.permit().await;
    asking.served.child.kill().await.unwrap();
    // The command may have run, which the model is told; nobody is asked whether it may.
    let ran = in_time(asking.served.place.tau(&["resume", &asking.session, "-o", "json"])).await;
    assert_eq!((ran.code, &ran.json()["denied"]), (Some(0), &json!([])), "{ran:#?}");
}
