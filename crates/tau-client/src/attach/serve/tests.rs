use std::time::Duration;

use futures::channel::mpsc::{self, Receiver, Sender};
use tau_proto::runtime::v1::{CallResult, RunTool};

use super::*;

/// A server that the test plays: it hears nothing unless the test listens.
struct Played {
    says: Sender<Result<AttachResponse, Error>>,
    hears: Receiver<AttachRequest>,
}

fn played() -> (Link, Played) {
    let (says, incoming) = mpsc::channel(16);
    let (outgoing, hears) = mpsc::channel(0);
    let outgoing = outgoing.sink_map_err(|_| lost("it is gone"));
    (Link::of(incoming.boxed(), outgoing), Played { says, hears })
}

impl Played {
    async fn say(&mut self, message: impl Into<attach_response::Message>) {
        let message = AttachResponse { message: Some(message.into()), ..Default::default() };
        self.says.send(Ok(message)).await.unwrap();
    }

    async fn hear(&mut self) -> attach_request::Message {
        let message = timeout(Duration::from_secs(60), self.hears.next()).await;
        message.expect("nothing is said").expect("the stream has ended").message.unwrap()
    }
}

fn welcome(interval: Duration, retention: Duration) -> Welcome {
    Welcome {
        protocol_version: PROTOCOL_VERSION,
        heartbeat_interval: Some(interval.into()).into(),
        result_retention: Some(retention.into()).into(),
        ..Default::default()
    }
}

fn call(id: &str) -> Call {
    Call { call_id: id.to_owned(), call: Some(RunTool::default().into()), ..Default::default() }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// The server must hear of it, whatever else is on its way.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_says_so_also_while_something_waits_to_be_sent() {
    let (link, mut server) = played();
    let stop = CancellationToken::new();
    let serving = tokio::spawn({
        let stop = stop.clone();
        async move {
            let mut provider = Provider::new(Tools::new("desk"));
            let welcomed = provider.greet(link).await?;
            provider.serve(welcomed, &stop).await
        }
    });
    assert!(matches!(server.hear().await, attach_request::Message::Hello(_)));
    server.say(welcome(HOUR, HOUR)).await;
    for id in ["a", "b", "c"] {
        server.say(call(id)).await;
    }
    // The results fill the way, and the server reads none of them.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.cancel();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (mut results, mut has_left) = (0, false);
    while results < 3 || !has_left {
        match server.hear().await {
            attach_request::Message::CallResult(CallResult { .. }) => results += 1,
            attach_request::Message::Detach(_) => has_left = true,
            other => panic!("{other:?}"),
        }
    }
    server.say(Detach::default()).await;
    drop(server.says);
    assert_eq!(serving.await.unwrap().unwrap(), Ended::Detached);
}

/// Also where so much is said that no sign of life is due.
#[tokio::test(start_paused = true)]
async fn results_that_nobody_settles_are_forgotten_while_others_talk() {
    let (link, mut server) = played();
    let talks = crate::Tool::new("talk", "", &serde_json::json!({ "type": "object" }));
    let tools = Tools::new("desk").with(talks, |call: crate::ToolCall| async move {
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            call.progress("on ").await;
        }
        "done"
    });
    let serving = tokio::spawn(async move {
        let mut provider = Provider::new(tools);
        let welcomed = provider.greet(link).await?;
        let ended = provider.serve(welcomed, &CancellationToken::new()).await;
        Ok::<_, Error>((ended, provider.book.known()))
    });
    server.hear().await;
    server.say(welcome(Duration::from_secs(5), Duration::from_secs(10))).await;
    server.say(call("unsettled")).await;
    let mut run = RunTool::default();
    run.call.get_or_insert_default().name = "talk".to_owned();
    server.say(Call { call: Some(run.into()), ..call("talks") }).await;
    for _ in 0..25 {
        assert!(!matches!(server.hear().await, attach_request::Message::Heartbeat(_)));
        server.say(Heartbeat::default()).await;
    }
    drop(server);
    let (_, known) = serving.await.unwrap().unwrap();
    assert_eq!(known, ["talks"]);
}
