use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;
use tau_testkit::{ModelServer, Reply, chunk};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GET: &[u8] = b"GET /v1/models?x=1 HTTP/1.1\r\nHost: here\r\n\r\n";

async fn connect(server: &ModelServer) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

/// Reads until the text ends with `end`.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "closed after {read:?}");
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_reply_of_bytes_alone_has_a_length_and_keeps_the_connection() {
    let server =
        ModelServer::start(|number, _| Reply::json(201, &json!({ "number": number }))).await.unwrap();
    let mut client = connect(&server).await;
    for number in 0..3 {
        client.write_all(GET).await.unwrap();
        let answer = read_until(&mut client, "}").await;
        let expected = format!(
            "HTTP/1.1 201 Scripted\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{{\"number\":{number}}}"
        );
        assert_eq!(answer, expected);
    }
    assert_eq!(server.request_count(), 3);
    let request = &server.requests()[2];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/v1/models?x=1"));
    assert_eq!(request.header("host"), Some("here"));
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn a_reply_without_a_body_is_complete() {
    let server = ModelServer::with_replies([Reply::status(204)]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    assert_eq!(
        read_until(&mut client, "\r\n\r\n").await,
        "HTTP/1.1 204 Scripted\r\ncontent-length: 0\r\n\r\n"
    );
}

#[tokio::test]
async fn bodies_come_with_a_length_or_in_chunks_and_in_any_pieces() {
    let requests = [
        "POST /a HTTP/1.1\r\nContent-Length: 11\r\n\r\n{\"a\":[1,2]}",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n7;x=y\r\n:[1,2]}\r\n0\r\n\r\n",
    ];
    let server = ModelServer::start(|_, _| Reply::status(200).bytes("ok")).await.unwrap();
    for text in requests {
        for piece in [1, 7, 1000] {
            let mut client = connect(&server).await;
            client.set_nodelay(true).unwrap();
            for bytes in text.as_bytes().chunks(piece) {
                client.write_all(bytes).await.unwrap();
                tokio::task::yield_now().await;
            }
            read_until(&mut client, "ok").await;
        }
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    for request in requests {
        assert_eq!(request.body, "{\"a\":[1,2]}");
        assert_eq!(request.json(), json!({ "a": [1, 2] }));
    }
}

#[tokio::test]
async fn a_client_that_expects_a_word_before_its_body_gets_it() {
    let server = ModelServer::with_replies([Reply::status(200).bytes("ok")]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await.unwrap();
    read_until(&mut client, "HTTP/1.1 100 Continue\r\n\r\n").await;
    client.write_all(b"{}").await.unwrap();
    read_until(&mut client, "ok").await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server =
        ModelServer::start(|number, _| Reply::status(200).bytes(format!("<{number}>"))).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(&[GET, GET].concat()).await.unwrap();
    let answers = read_until(&mut client, "<1>").await;
    assert!(answers.contains("<0>"), "{answers}");
}

#[tokio::test]
async fn what_comes_before_a_pause_is_sent_before_it() {
    let reply = Reply::stream().event(&json!(1)).pause(Duration::from_millis(50)).event(&json!(2));
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    let first = read_until(&mut client, "data: 1\n\n\r\n").await;
    assert!(first.contains("transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n"), "{first}");
    let second = read_until(&mut client, "0\r\n\r\n").await;
    assert_eq!(second, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
}

#[tokio::test]
async fn close_ends_and_reset_breaks() {
    let replies =
        [Reply::stream().event(&json!(1)).close(), Reply::stream().reset(), Reply::raw("no HTTP at all")];
    let server = ModelServer::with_replies(replies).await.unwrap();

    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("data: 1\n\n\r\n"), "no end marker: {answer}");

    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    let error = client.read_to_string(&mut answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    answer.clear();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "no HTTP at all");
}

#[tokio::test]
async fn a_hang_lasts_until_the_client_leaves() {
    let server = ModelServer::with_replies([Reply::stream().hang()]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    server.wait_for_requests(1).await;
    read_until(&mut client, "\r\n\r\n").await;
    let mut byte = [0];
    let more = tokio::time::timeout(Duration::from_millis(30), client.read(&mut byte)).await;
    assert!(more.is_err(), "nothing comes, not even an end");
    drop(client);
    server.wait_for_abandoned(1).await;
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let server = ModelServer::with_replies([Reply::stream().hang()]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    server.wait_for_requests(1).await;
    let address = server.address();
    drop(server);
    let mut rest = Vec::new();
    // An end or a reset, whichever the system makes of it.
    let _ = client.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_script_that_ran_out_says_so() {
    let server = ModelServer::with_replies([]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    let answer = read_until(&mut client, "}}").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("the script holds 0 replies"), "{answer}");
}

#[tokio::test]
async fn an_unrecorded_server_counts_and_keeps_nothing() {
    let server = ModelServer::start_unrecorded(|n, _| Reply::text(&n.to_string())).await.unwrap();
    let mut client = connect(&server).await;
    for _ in 0..2 {
        client.write_all(GET).await.unwrap();
        read_until(&mut client, "[DONE]\n\n").await;
    }
    assert_eq!(server.request_count(), 2);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn many_connections_get_a_number_each() {
    let server = ModelServer::start(|n, _| Reply::status(200).bytes(format!("<{n}>"))).await.unwrap();
    let mut answers = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = connect(&server).await;
        client.write_all(GET).await.unwrap();
        clients.push(client);
    }
    for client in &mut clients {
        answers.push(read_until(client, ">").await.split('<').nth(1).unwrap().to_owned());
    }
    answers.sort_by_key(|answer| answer.trim_end_matches('>').parse::<usize>().unwrap());
    let expected: Vec<String> = (0..20).map(|n| format!("{n}>")).collect();
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn model_replies_are_streams_of_chunks() {
    let reply = Reply::tool_calls([("a", "ls", "{}"), ("b", "cat", "{\"path\":\"x\"}")]);
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let mut client = connect(&server).await;
    client.write_all(GET).await.unwrap();
    let answer = read_until(&mut client, "[DONE]\n\n").await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let events: Vec<&str> = body.split("\n\n").collect();
    let expected = [
        chunk::tool_call(0, "a", "ls", "{}"),
        chunk::tool_call(1, "b", "cat", "{\"path\":\"x\"}"),
        chunk::finish("tool_calls"),
        chunk::usage(10, 5),
    ];
    for (event, expected) in events.iter().zip(&expected) {
        assert_eq!(*event, format!("data: {expected}"));
    }
    assert_eq!(events[4..], ["data: [DONE]", ""]);
}
