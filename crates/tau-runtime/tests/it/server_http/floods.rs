//! Clients that mean no good.

use std::time::{Duration, Instant};

use h2::{Reason, client};
use http::Request;
use tau_runtime::server::http::HttpOptions;

use super::support::{GET, PATIENCE, Server};

const RESETS: usize = 10_000;

/// Opens calls and takes each back at once, on as many connections as it takes.
async fn reset_rapidly(server: &Server) -> usize {
    let (mut sent, mut connections) = (0, 0);
    while sent < RESETS {
        let (mut sender, connection) = client::handshake(server.connect().await).await.unwrap();
        tokio::spawn(connection);
        connections += 1;
        while sent < RESETS {
            let Ok(ready) = sender.ready().await else { break };
            sender = ready;
            let uri = format!("http://localhost{GET}");
            let request = Request::post(uri).header("content-type", "application/proto").body(()).unwrap();
            let Ok((_, mut stream)) = sender.send_request(request, false) else { break };
            stream.send_reset(Reason::CANCEL);
            sent += 1;
        }
    }
    connections
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_rapid_resets_do_not_stop_a_good_client() {
    let server = Server::start(HttpOptions::default()).await;
    let flood = reset_rapidly(&server);
    let good = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..200 {
            let start = Instant::now();
            let reply = server.call(server.json(GET, r#"{"sessionId":"s"}"#)).await;
            assert_eq!(reply.json()["session"]["sessionId"], "s");
            slowest = slowest.max(start.elapsed());
        }
        slowest
    };
    let both = async { tokio::join!(flood, good) };
    let (connections, slowest) = tokio::time::timeout(PATIENCE * 3, both).await.expect("the server answers");
    assert!(connections > 1, "no connection was ended for its resets");
    assert!(slowest < Duration::from_secs(2), "a good client waited {slowest:?}");
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let server = Server::start(HttpOptions::default()).await;
    let head = format!("POST {GET} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    let many: String = (0..200).map(|i| format!("x-{i}: 1\r\n")).collect();
    let large = format!("x: {}\r\n", "x".repeat(100 << 10));
    for headers in [many, large] {
        let reply = server.raw(format!("{head}{headers}content-length: 0\r\n\r\n").as_bytes()).await;
        let reply = String::from_utf8(reply).unwrap();
        assert!(reply.starts_with("HTTP/1.1 431") || reply.is_empty(), "{reply}");
    }
    assert_eq!(server.call(server.json(GET, "{}")).await.status, 200);
}
