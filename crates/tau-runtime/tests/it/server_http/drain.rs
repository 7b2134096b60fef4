//! Stopping.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tau_runtime::server::http::{Drained, HttpOptions};
use tokio::net::TcpStream;

use super::support::{GET, SUBSCRIBE, Server, envelope, reply};

#[tokio::test]
async fn what_is_on_ends_and_nothing_new_begins() {
    let server = Server::start(HttpOptions::default()).await;
    let address = server.address;
    let request = server.json(GET, r#"{"sessionId":"late"}"#);
    let (mut sender, connection) = http1::handshake(TokioIo::new(server.connect().await)).await.unwrap();
    tokio::spawn(connection);
    let mut answer = std::pin::pin!(sender.send_request(request));
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut answer).await.is_err(), "it is on");
    let stopped = server.begin_stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert_eq!(reply(answer.await.unwrap()).await.json()["session"]["sessionId"], "late");
    assert_eq!(stopped.await.unwrap(), Drained::Whole);
}

#[tokio::test]
async fn a_stuck_stream_is_cut_when_the_time_is_up() {
    let mut options = HttpOptions::default();
    options.deadlines.drain = Duration::from_millis(400);
    let server = Server::start(options).await;
    let body = envelope(br#"{"eventKinds":["never"]}"#);
    let request = server.post(SUBSCRIBE, "application/connect+json", body);
    let (mut sender, connection) = http1::handshake(TokioIo::new(server.connect().await)).await.unwrap();
    tokio::spawn(connection);
    let mut stream = sender.send_request(request).await.unwrap().into_body();
    assert!(stream.frame().await.unwrap().unwrap().is_data());
    let start = Instant::now();
    let drained = server.stop().await;
    assert_eq!(drained, Drained::Cut { connections: 1 });
    assert!((350..2_000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert!(stream.frame().await.is_none_or(|frame| frame.is_err()), "the caller learns of it");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_a_drain_up() {
    let server = Server::start(HttpOptions::default()).await;
    let silent = server.connect().await;
    let kept = server.http2().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    assert_eq!(server.stop().await, Drained::Whole);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    drop((silent, kept));
}
