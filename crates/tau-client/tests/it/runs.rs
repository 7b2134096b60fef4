//! Runs and subscriptions, whole and over connections that break.

use std::time::Duration;

use tau_client::{ErrorKind, RunItem, SubscriptionItem, pb};
use tau_testkit::{Reply, chunk};

use crate::support::{Server, in_time, line, next};

/// Words that take a while.
fn slow(words: usize) -> Reply {
    let mut reply = Reply::stream();
    for word in 0..words {
        reply = reply.event(&chunk::text(&format!("w{word} "))).pause(Duration::from_millis(5));
    }
    reply.event(&chunk::finish("stop")).event(&chunk::usage(10, 10)).bytes("data: [DONE]\n\n")
}

#[tokio::test]
async fn a_run_is_told_from_its_prompt_to_its_result() {
    let server = Server::start([Reply::text("Four.")]).await;
    let session = server.client().await.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let mut run = session.run("two and two?").await.unwrap();
    let mut lines = Vec::new();
    while let Some(item) = in_time(run.next()).await {
        lines.push(line(&item.unwrap()));
    }
    lines.retain(|line| !line.starts_with('~'));
    let expected = [
        "accepted",
        "2 promptSubmitted",
        "3 runStarted",
        "4 modelRequested",
        "5 modelReplied",
        "6 runFinished",
        "finished: Four.",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_run_goes_on_through_lost_connections() {
    let server = Server::start([slow(100)]).await;
    let (client, wire) = server.wired().await;
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let mut run = session.run("talk").await.unwrap();
    let (mut seqs, mut accepted, mut reconnected, mut result) = (Vec::new(), 0, 0, None);
    let mut deltas = 0;
    while let Some(item) = in_time(run.next()).await {
        match item.unwrap() {
            RunItem::Accepted(_) => accepted += 1,
            RunItem::Event(event) => seqs.push(event.seq),
            RunItem::Delta(_) => {
                deltas += 1;
                if deltas % 7 == 0 {
                    wire.cut();
                }
            }
            RunItem::Reconnected => reconnected += 1,
            RunItem::Finished(finished) => result = Some(finished.text),
            _ => {}
        }
    }
    assert_eq!((accepted, seqs), (1, vec![2, 3, 4, 5, 6]));
    assert!(reconnected >= 2, "{reconnected}");
    assert!(result.unwrap().ends_with("w99 "));
    assert_eq!(server.model.request_count(), 1);
}

#[tokio::test]
async fn a_session_is_followed_through_lost_connections() {
    let server = Server::start([slow(60), Reply::text("Again.")]).await;
    let (client, wire) = server.wired().await;
    let direct = server.client().await;
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let mut news = session.follow(0).await.unwrap();
    let work = tokio::spawn({
        let session = direct.session(session.id());
        async move {
            session.run("one").await.unwrap().result().await.unwrap();
            session.run("two").await.unwrap().result().await.unwrap();
        }
    });
    let mut seqs = Vec::new();
    while seqs.len() < 11 {
        match in_time(news.next()).await.unwrap().unwrap() {
            SubscriptionItem::Event(event) => {
                seqs.push(event.seq);
                if seqs.len() % 3 == 0 {
                    wire.cut();
                }
            }
            SubscriptionItem::Stopped(stopped) => panic!("{stopped:?}"),
            _ => {}
        }
    }
    work.await.unwrap();
    assert_eq!(seqs, (1..=11).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_server_that_stays_away_is_an_error_in_time() {
    let server = Server::start([Reply::stream().hang()]).await;
    let (client, wire) = server.wired().await;
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let options = tau_client::ClientOptions::default()
        .with_token(tau_client::Token::new(crate::support::TOKEN))
        .with_connect_timeout(Duration::from_millis(300))
        .with_reconnect_for(Duration::from_millis(300));
    let impatient = tau_client::Client::connect_with(client.endpoint().clone(), options).await.unwrap();
    let mut run = impatient.session(session.id()).run("wait").await.unwrap();
    assert_eq!(line(&next(&mut run).await), "accepted");
    wire.cut();
    drop(wire);
    drop(server);
    let error = loop {
        match in_time(run.next()).await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Ended), "{error:?}");
    assert!(in_time(run.next()).await.is_none());
}

#[tokio::test]
async fn a_request_that_is_refused_says_why_and_what_to_do() {
    let server = Server::start([]).await;
    for client in [server.client().await, server.wired().await.0] {
        let unknown = client.session("00000000-0000-4000-8000-000000000000");
        let error = unknown.run("hello").await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, "session_not_found"), "{error}");
        let error = client.session("no id").run("hello").await.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!((refusal.reason.as_str(), refusal.code), ("invalid_request", "invalid_argument"));
        assert_eq!(refusal.violations[0].field, "session_id");
        assert!(error.to_string().contains("session_id: "), "{error}");
        let mut news = unknown.follow(0).await;
        let error = match &mut news {
            Ok(news) => in_time(news.next()).await.unwrap().unwrap_err(),
            Err(_) => news.unwrap_err(),
        };
        assert_eq!(error.reason(), "session_not_found", "{error}");
    }
}
