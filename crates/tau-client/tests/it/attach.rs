//! Tools that a client offers, over connections that break.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use tau_client::{RunItem, Tool, ToolCall, ToolOutput, Tools, answer, pb};
use tau_testkit::Reply;
use tokio::sync::{Notify, oneshot};

use crate::support::{Server, in_time, line, next};

fn tool(name: &str) -> Tool {
    Tool::new(name, "A tool of the tests.", &json!({ "type": "object" }))
}

fn call(tool: &str) -> Reply {
    Reply::tool_calls([("c1", tool, r#"{"city":"Rome"}"#)])
}

#[derive(serde::Deserialize)]
struct Place {
    city: String,
}

#[tokio::test]
async fn a_tool_is_run_and_the_model_reads_what_it_gives() {
    let server = Server::start([call("weather"), Reply::text("It is sunny.")]).await;
    let client = server.client().await;
    let tools = Tools::new("desk").with(tool("weather").pure(), |call: ToolCall| async move {
        let place: Place = call.arguments()?;
        call.progress("asking ").await;
        call.progress("the sky").await;
        Ok::<_, serde_json::Error>(format!("Sunny in {}.", place.city))
    });
    let attachment = client.attach(tools).await.unwrap();
    assert!(attachment.is_attached());
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let mut run = session.run("weather?").await.unwrap();
    let mut output = String::new();
    let text = loop {
        match next(&mut run).await {
            RunItem::Finished(result) => break result.text,
            item => output.extend(line(&item).strip_prefix("~~").map(str::to_owned)),
        }
    };
    assert_eq!((text.as_str(), output.as_str()), ("It is sunny.", "asking the sky"));
    let request = server.model.requests()[1].json();
    assert_eq!(request["messages"].as_array().unwrap().last().unwrap()["content"], "Sunny in Rome.");
    in_time(attachment.detach()).await.unwrap();
    let attached = client.admin().diagnostics(pb::GetDiagnosticsRequest::default()).await.unwrap();
    assert_eq!(attached.attachments, []);
}

#[tokio::test]
async fn a_call_outlives_its_connection_and_runs_once() {
    let server = Server::start([call("slow"), Reply::text("Done.")]).await;
    let (wired, wire) = server.wired().await;
    let (runs, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let tools = Tools::new("desk").with(tool("slow").pure(), {
        let (runs, go) = (Arc::clone(&runs), Arc::clone(&go));
        move |call: ToolCall| {
            let (runs, go) = (Arc::clone(&runs), Arc::clone(&go));
            async move {
                runs.fetch_add(1, Ordering::SeqCst);
                call.progress("one ").await;
                go.notified().await;
                call.progress("two").await;
                "finished"
            }
        }
    });
    let attachment = wired.attach(tools).await.unwrap();
    let session = server.client().await.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let mut run = session.run("go").await.unwrap();
    let mut output = String::new();
    let text = loop {
        match next(&mut run).await {
            RunItem::Finished(result) => break result.text,
            item => {
                let line = line(&item);
                let Some(piece) = line.strip_prefix("~~") else { continue };
                output.push_str(piece);
                if piece == "one " {
                    wire.cut();
                    // It ends while nobody is connected.
                    go.notify_one();
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    wire.cut();
                }
            }
        }
    };
    assert_eq!((text.as_str(), output.as_str()), ("Done.", "one two"));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(attachment.is_attached());
}

#[tokio::test]
async fn a_call_that_needs_permission_runs_after_it_and_a_denied_one_does_not() {
    let replies = [call("send"), Reply::text("Sent."), call("send"), Reply::text("Not sent.")];
    let server = Server::start(replies).await;
    let client = server.client().await;
    let sent = Arc::new(AtomicU32::new(0));
    let tools = Tools::new("desk").with(tool("send"), {
        let sent = Arc::clone(&sent);
        move |_: ToolCall| {
            sent.fetch_add(1, Ordering::SeqCst);
            std::future::ready(ToolOutput::text("sent"))
        }
    });
    let _attachment = client.attach(tools).await.unwrap();
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    for (answer, text, count) in [(answer::allow(), "Sent.", 1), (answer::deny("no"), "Not sent.", 1)] {
        let mut run = session.run("send it").await.unwrap();
        let result = loop {
            match next(&mut run).await {
                RunItem::Finished(result) => break result,
                RunItem::Event(event) => {
                    if let Some(pb::session_event::Body::PermissionRequested(asked)) = &event.body {
                        session.respond(&asked.call_id, answer.clone()).await.unwrap();
                        let again = session.respond(&asked.call_id, answer::allow()).await.unwrap_err();
                        assert_eq!(again.reason(), "not_waiting");
                    }
                }
                _ => {}
            }
        };
        assert_eq!((result.text.as_str(), sent.load(Ordering::SeqCst)), (text, count));
    }
}

/// Tells when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().map(|sender| sender.send(()));
    }
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_one_that_panics_is_an_error() {
    let server = Server::start([call("hang"), call("panic"), Reply::text("Oh.")]).await;
    let client = server.client().await;
    let (dropped, is_dropped) = oneshot::channel();
    let guard = Arc::new(std::sync::Mutex::new(Some(Dropped(Some(dropped)))));
    let tools = Tools::new("desk")
        .with(tool("hang").pure(), move |_: ToolCall| {
            let guard = guard.lock().unwrap().take();
            async move {
                let _guard = guard;
                std::future::pending::<&str>().await
            }
        })
        .with(tool("panic").pure(), |call: ToolCall| async move {
            assert_ne!(call.name(), "panic", "as ordered");
            "never"
        });
    let _attachment = client.attach(tools).await.unwrap();
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let mut run = session.run("hang").await.unwrap();
    while !line(&next(&mut run).await).ends_with("toolRequested") {}
    tokio::time::sleep(Duration::from_millis(50)).await;
    session.cancel().await.unwrap();
    in_time(is_dropped).await.unwrap();
    let result = in_time(run.result()).await.unwrap();
    assert!(matches!(result.outcome.outcome, Some(pb::run_outcome::Outcome::Cancelled(_))), "{result:?}");

    assert_eq!(in_time(session.run("panic").await.unwrap().result()).await.unwrap().text, "Oh.");
    let request = server.model.requests()[2].json();
    let said =
        request["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    assert!(said.contains("the tool crashed"), "{said}");
}

#[tokio::test]
async fn another_of_the_same_name_takes_its_place() {
    let server = Server::start([]).await;
    let client = server.client().await;
    let tools = || Tools::new("desk").with(tool("look").pure(), |_: ToolCall| async { "seen" });
    let mut first = client.attach(tools()).await.unwrap();
    let second = client.attach(tools()).await.unwrap();
    let error = in_time(first.ended()).await.unwrap_err();
    assert_eq!(error.reason(), "attachment_replaced", "{error}");
    assert!(!first.is_attached() && second.is_attached());
}
