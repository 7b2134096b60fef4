//! `tau serve` with a thousand sessions at work is told to end: whatever was told is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use connectrpc::client::{ClientConfig, Http2Connection, SharedHttp2Connection};
use serde_json::json;
use tau_proto::runtime::v1::{self as pb, RuntimeServiceClient, context_entry, run_response};
use tau_testkit::{ModelServer, Reply, Request};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::kill::stored;
use crate::serve::Server;
use crate::sessions_support::database;
use crate::support::Place;

const SESSIONS: usize = 1_000;
/// Calls that one connection carries.
const SHARE: usize = 250;
const PATIENCE: Duration = Duration::from_secs(120);

/// What the sessions do, by the number in their prompts: a third turns round and round, a third waits for its model, a third
/// is soon done.
fn script(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let prompt = messages.iter().find(|message| message["role"] == "user").cloned().unwrap_or_default();
    let number: usize = prompt["content"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
    let turn = messages.iter().filter(|message| message["role"] == "assistant").count();
    match number % 3 {
        0 => {
            let look = json!({ "path": "AGENTS.md" }).to_string();
            Reply::tool_calls([(format!("r{turn}").as_str(), "read", look.as_str())])
        }
        1 => Reply::stream().hang(),
        _ => Reply::text("Done."),
    }
}

async fn connect(server: &Server) -> RuntimeServiceClient<SharedHttp2Connection> {
    let uri: http::Uri = format!("http://{}", server.address).parse().unwrap();
    let builder = Http2Connection::builder().initial_connection_window_size(64 << 20);
    let connection = builder.connect_plaintext(uri.clone()).await.unwrap();
    let config =
        ClientConfig::new(uri).with_default_header("authorization", format!("Bearer {}", server.token));
    RuntimeServiceClient::new(connection.shared(1_024), config)
}

/// A session at work, followed until its stream ends: its id, and by place what was told.
async fn follow(
    client: RuntimeServiceClient<SharedHttp2Connection>,
    number: usize,
    running: watch::Sender<usize>,
) -> (String, BTreeMap<u64, String>) {
    let created = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let session_id = created.into_owned().session.session_id.clone();
    let text = context_entry::Entry::Text(number.to_string());
    let request = pb::RunRequest {
        session_id: session_id.clone(),
        prompt: vec![pb::ContextEntry { entry: Some(text), ..Default::default() }],
        ..Default::default()
    };
    let mut told = BTreeMap::new();
    let mut run = client.run(request).await.unwrap();
    let mut is_counted = false;
    // However it ends: with its result, or because the server lets go of it.
    while let Ok(Some(message)) = run.message::<pb::RunResponse>().await {
        if let Some(run_response::Message::Event(event)) = message.to_owned_message().message {
            told.insert(event.seq, event.event_id);
        }
        if !std::mem::replace(&mut is_counted, true) {
            running.send_modify(|count| *count += 1);
        }
    }
    (session_id, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_of_a_thousand_running_sessions_loses_nothing_that_was_told() {
    let model = ModelServer::start_unrecorded(script).await.unwrap();
    let place = Place::with_server(&model);
    place.write("AGENTS.md", "Be brief.");
    let server = Server::start_with(&place, &["--drain", "2s"]).await;
    let (running, mut count) = watch::channel(0);
    let mut following = JoinSet::new();
    let mut client = connect(&server).await;
    for number in 0..SESSIONS {
        if number % SHARE == 0 && number > 0 {
            client = connect(&server).await;
        }
        following.spawn(follow(client.clone(), number, running.clone()));
    }
    let all = count.wait_for(|running| *running == SESSIONS);
    tokio::time::timeout(PATIENCE, all).await.expect("they all run").unwrap();

    let id = server.child.id().unwrap();
    assert!(Command::new("kill").args(["-INT", &id.to_string()]).status().await.unwrap().success());
    let told = tokio::time::timeout(PATIENCE, following.join_all()).await.expect("every stream ends");
    let Server { child, .. } = server;
    let ended = tokio::time::timeout(PATIENCE, place.finish(child)).await.expect("it ends");
    ended.assert_code(0);
    let mut lost = Vec::new();
    for (session, told) in &told {
        let kept = stored(&database(&place), session);
        for (seq, id) in told {
            let place = usize::try_from(*seq).unwrap() - 1;
            if kept.get(place).map(|event| event.event_id.clone()).as_ref() != Some(id) {
                lost.push((session, seq));
            }
        }
    }
    assert_eq!(lost, [], "of {} events", told.iter().map(|(_, told)| told.len()).sum::<usize>());
    assert_eq!(told.len(), SESSIONS);
    // Each has at least what it began with.
    assert!(told.iter().all(|(_, told)| told.len() >= 2), "{ended:?}");
    place.tau(&["sessions", "verify"]).await.assert_code(0);
}
