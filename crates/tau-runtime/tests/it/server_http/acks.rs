//! Many small messages to a handler that is slow to take them: h2 ends a connection on which too many small frames lie
//! unread (`too_many_data_frames`), unless its window is large.

use std::time::Duration;

use connectrpc::client::{BidiSendHalf, ClientConfig, Http2Connection};
use connectrpc::handler::bidi_streaming_handler_fn;
use connectrpc::{ConnectError, ErrorCode, RequestContext, Response, Router, ServiceResult, ServiceStream};
use futures::StreamExt;
use tau_proto::runtime::v1::{self as pb, ExtensionServiceClient, attach_request, attach_response};
use tau_runtime::server::http::HttpOptions;

use super::support::Server;

/// How long the handler takes for each message.
const WORK: Duration = Duration::from_millis(2);

/// Tells the number of each acknowledgement when it is done with it.
async fn slow_attach(
    _: RequestContext,
    requests: ServiceStream<pb::AttachRequest>,
) -> ServiceResult<ServiceStream<pb::AttachResponse>> {
    Response::stream_ok(requests.then(async |request| {
        tokio::time::sleep(WORK).await;
        let Some(attach_request::Message::Ack(ack)) = request?.message else {
            return Err(ConnectError::invalid_argument("no acknowledgement"));
        };
        let number = ack.positions.iter().map(|position| position.seq).sum();
        let taken = pb::CallReceived { number, ..Default::default() };
        Ok(pb::AttachResponse { message: Some(taken.into()), ..Default::default() })
    }))
}

/// Sends so many acknowledgements as fast as they are taken: the numbers that the handler told until the end.
async fn acknowledge(count: u64, options: HttpOptions) -> Result<Vec<u64>, ConnectError> {
    let router = Router::new().route_bidi_stream(
        "tau.runtime.v1.ExtensionService",
        "Attach",
        bidi_streaming_handler_fn(slow_attach),
    );
    let server = Server::start_with(options, router).await;
    let uri: http::Uri = format!("http://{}", server.address).parse().unwrap();
    let connection = Http2Connection::builder()
        .initial_stream_window_size(256 << 10)
        .initial_connection_window_size(64 << 20)
        .connect_plaintext(uri.clone())
        .await
        .unwrap();
    let client = ExtensionServiceClient::new(connection.shared(64), ClientConfig::new(uri));
    let (mut sender, mut receiver) = client.attach().await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        for seq in 1..=count {
            let session_id = "01234567-89ab-7cde-8f01-23456789abcd".to_owned();
            let position = pb::SessionPosition { session_id, seq, ..Default::default() };
            let ack = pb::Ack { positions: vec![position], ..Default::default() };
            let message = pb::AttachRequest { message: Some(ack.into()), ..Default::default() };
            BidiSendHalf::send(&mut sender, message).await?;
        }
        Ok::<_, ConnectError>(())
    });
    let mut told = Vec::new();
    while let Some(message) = receiver.message::<pb::AttachResponse>().await? {
        match message.to_owned_message().message {
            Some(attach_response::Message::CallReceived(taken)) => told.push(taken.number),
            other => panic!("{other:?}"),
        }
    }
    sending.await.unwrap()?;
    Ok(told)
}

async fn check(count: u64) {
    let told = acknowledge(count, HttpOptions::default()).await.unwrap();
    assert_eq!(told, (1..=count).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_small_acks_reach_a_handler_that_is_slow() {
    check(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: cargo xtask abuse"]
async fn fifty_thousand_small_acks_reach_a_handler_that_is_slow() {
    check(50_000).await;
}

/// What the window is for: if this no longer fails, neither proves anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_small_window_they_do_not() {
    let mut options = HttpOptions::default();
    options.connections.connection_window = 64 << 10;
    let error = acknowledge(2_000, options).await.unwrap_err();
    let is_ended = matches!(error.code, ErrorCode::Internal | ErrorCode::Unavailable);
    assert!(is_ended, "the connection is ended, and either half may see it first: {error:?}");
}
