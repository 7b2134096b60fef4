//! Requests that are refused while they are still being sent.

use std::future::poll_fn;
use std::time::Duration;

use http::Request;
use tau_core::Secret;
use tau_runtime::server::http::HttpOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{ATTACH, GET, PATIENCE, SUBSCRIBE, Server, envelope, reply};

async fn server() -> Server {
    let mut options = HttpOptions::default();
    options.access.token = Some(Secret::new("sesame"));
    Server::start(options).await
}

fn head(credential: &str, size: usize) -> String {
    format!(
        "POST {GET} HTTP/1.1\r\nhost: localhost\r\n{credential}content-type: application/json\r\n\
         content-length: {size}\r\n\r\n"
    )
}

/// One answer with its length, of a connection that is kept.
async fn answer(io: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let whole = async {
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() == length.parse::<usize>().unwrap() {
                    return text;
                }
            }
            assert!(io.read_buf(&mut read).await.unwrap() > 0, "it closed after {text}");
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("an answer")
}

#[tokio::test]
async fn a_caller_that_is_refused_before_it_has_sent_its_message_sees_the_answer_and_goes_on() {
    let server = server().await;
    let mut io = server.connect().await;
    for _ in 0..3 {
        io.write_all(head("", 2).as_bytes()).await.unwrap();
        // What is written after the server refused must not meet a closed connection.
        tokio::time::sleep(Duration::from_millis(100)).await;
        io.write_all(b"{}").await.unwrap();
        let refused = answer(&mut io).await;
        assert!(refused.starts_with("HTTP/1.1 401") && !refused.contains("connection: close"), "{refused}");
    }
    let good = head("authorization: Bearer sesame\r\n", 2);
    io.write_all(format!("{good}{{}}").as_bytes()).await.unwrap();
    assert!(answer(&mut io).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_huge_message_that_is_refused_is_not_waited_for() {
    let server = server().await;
    let reply = String::from_utf8(server.raw(head("", 1 << 30).as_bytes()).await).unwrap();
    assert!(reply.starts_with("HTTP/1.1 401") && reply.contains("connection: close"), "{reply}");
}

#[tokio::test]
async fn a_large_message_that_is_refused_is_taken_so_that_its_sender_sees_the_answer() {
    let server = server().await;
    let mut io = server.connect().await;
    io.write_all(head("", 17 << 20).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    io.write_all(&vec![b' '; 17 << 20]).await.unwrap();
    assert!(answer(&mut io).await.starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn a_caller_that_breaks_off_is_told_that_it_did_and_not_that_the_server_failed() {
    let server = Server::start(HttpOptions::default()).await;
    for (path, kind) in [(GET, "json"), (SUBSCRIBE, "connect+json")] {
        let mut io = server.connect().await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n");
        io.write_all(format!("{head}content-type: application/{kind}\r\n\r\n{{").as_bytes()).await.unwrap();
        io.shutdown().await.unwrap();
        let mut reply = Vec::new();
        tokio::time::timeout(PATIENCE, io.read_to_end(&mut reply)).await.unwrap().unwrap();
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.contains(r#""code":"invalid_argument""#), "{path}: {reply}");
        assert!(reply.contains("tau.runtime.v1.ErrorDetail"), "{path}: {reply}");
    }
}

#[tokio::test]
async fn a_codec_that_does_not_exist_is_refused_in_the_protocol_that_was_asked_for() {
    let server = Server::start(HttpOptions::default()).await;
    let mut request = server.post(GET, "application/grpc+thrift", "");
    *request.uri_mut() = format!("http://localhost{GET}").parse().unwrap();
    request.headers_mut().remove("host");
    let answer = reply(server.http2().await.send_request(request).await.unwrap()).await;
    assert_eq!(answer.body, "");
    assert_eq!(answer.trailers["grpc-status"], "12");
    assert!(answer.trailers.contains_key("grpc-status-details-bin"), "{answer:?}");
    let answer = server.call(server.post(GET, "application/grpc-web+thrift", "")).await;
    assert_eq!(answer.body.first(), Some(&0x80), "trailers in the body: {answer:?}");
}

#[tokio::test]
async fn whoever_never_sends_the_message_is_not_waited_for_for_long() {
    let server = server().await;
    let reply = String::from_utf8(server.raw(head("", 2).as_bytes()).await).unwrap();
    assert!(reply.starts_with("HTTP/1.1 401") && reply.contains("connection: close"), "{reply}");
}

/// A message that shows its size only on the way: whoever sends all of it before it reads sees the answer, and not a
/// connection that broke.
#[tokio::test]
async fn a_stream_that_begins_with_too_much_is_taken_so_that_its_sender_sees_the_answer() {
    let mut options = HttpOptions::default();
    options.messages.max_bytes = 64 << 10;
    let server = Server::start(options).await;
    for path in [ATTACH, SUBSCRIBE] {
        let mut io = server.connect().await;
        let size = 8_u32 << 20;
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n");
        io.write_all(format!("{head}content-type: application/connect+json\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let message = [&[0], &size.to_be_bytes()[..], &vec![b' '; size as usize]].concat();
        for piece in message.chunks(256 << 10) {
            io.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
            io.write_all(piece).await.unwrap();
            io.write_all(b"\r\n").await.unwrap();
        }
        // What is written after the server has answered must not meet a closed connection.
        tokio::time::sleep(Duration::from_millis(100)).await;
        io.write_all(b"0\r\n\r\n").await.unwrap();
        let mut read = Vec::new();
        let told = async {
            while !String::from_utf8_lossy(&read).contains("\r\n0\r\n") {
                assert!(
                    io.read_buf(&mut read).await.unwrap() > 0,
                    "{path}: {}",
                    String::from_utf8_lossy(&read)
                );
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("an answer");
        let reply = String::from_utf8_lossy(&read);
        assert!(reply.contains(r#""code":"resource_exhausted""#), "{path}: {reply}");
        assert!(reply.contains("tau.runtime.v1.ErrorDetail"), "{path}: {reply}");
    }
}

/// And not as a connection that ended before the extension had said hello.
#[tokio::test]
async fn what_is_wrong_with_a_message_of_an_extension_is_told() {
    let mut options = HttpOptions::default();
    options.messages.max_bytes = 64 << 10;
    let runtime = crate::runtime::support::Process::new().runtime;
    let interface = tau_runtime::server::Interface::new(runtime, Default::default()).unwrap();
    let server = Server::start_with(options, interface.router).await;
    let large = format!(r#"{{"hello":{{"clientId":"{}"}}}}"#, "x".repeat(1 << 20));
    for (message, code, reason) in [
        (large.as_str(), "resource_exhausted", "message_too_large"),
        ("{", "invalid_argument", "malformed"),
        (r#"{"heartbeat":{}}"#, "invalid_argument", "protocol_violation"),
    ] {
        let request = server.post(ATTACH, "application/connect+json", envelope(message.as_bytes()));
        let told = server.call(request).await.stream();
        assert_eq!(told, (Vec::new(), Some((code.to_owned(), reason.to_owned()))));
    }
}

/// curl 7.88 throws an answer away when its stream is reset right behind it.
#[tokio::test]
async fn a_stream_whose_message_is_still_on_its_way_is_not_reset() {
    let server = server().await;
    let (mut client, connection) = h2::client::handshake(server.connect().await).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("http://localhost{GET}")).header("content-type", "application/json");
    let (answer, mut message) = client.send_request(request.body(()).unwrap(), false).unwrap();
    assert_eq!(answer.await.unwrap().status(), 401);
    let reset = poll_fn(|context| message.poll_reset(context));
    assert!(tokio::time::timeout(Duration::from_millis(200), reset).await.is_err(), "it was reset");
    message.send_data("{}".into(), true).unwrap();
}
