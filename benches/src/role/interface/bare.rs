//! The floor: the same messages from handlers that do nothing else, served by `connectrpc` itself.

use connectrpc::handler::{handler_fn, streaming_handler_fn};
use connectrpc::{ConnectError, RequestContext, Response, Router, Server, ServiceResult, ServiceStream};
use futures::{StreamExt, stream};
use tau_proto::runtime::v1::{
    self as pb, ADMIN_SERVICE_SERVICE_NAME, RUNTIME_SERVICE_SERVICE_NAME, context_entry,
};
use tokio::net::TcpListener;

use crate::interface::{NOBODY, WORD};

pub(super) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let router = Router::new()
        .route(ADMIN_SERVICE_SERVICE_NAME, "GetInfo", handler_fn(get_info))
        .route_server_stream(RUNTIME_SERVICE_SERVICE_NAME, "Run", streaming_handler_fn(run))
        .route_server_stream(RUNTIME_SERVICE_SERVICE_NAME, "Subscribe", streaming_handler_fn(subscribe));
    let server = Server::from_listener(listener).with_max_concurrent_streams(1_000);
    server.serve(router).await.map_err(|error| anyhow::anyhow!("{error}"))
}

async fn get_info(_: RequestContext, _: pb::GetInfoRequest) -> ServiceResult<pb::GetInfoResponse> {
    Response::ok(pb::GetInfoResponse::default())
}

/// As many words as the prompt asks for.
async fn run(_: RequestContext, request: pb::RunRequest) -> ServiceResult<ServiceStream<pb::RunResponse>> {
    let text = match request.prompt.first().and_then(|entry| entry.entry.as_ref()) {
        Some(context_entry::Entry::Text(text)) => text.as_str(),
        _ => "",
    };
    let words: u64 = text.parse().map_err(|_| ConnectError::invalid_argument("the prompt is no number"))?;
    let told = |_| Ok(pb::RunResponse { message: Some(word().into()), ..Default::default() });
    Response::stream_ok(stream::iter(0..words).map(told))
}

/// As many words as the cursor's place says, and then nothing.
async fn subscribe(
    _: RequestContext,
    request: pb::SubscribeRequest,
) -> ServiceResult<ServiceStream<pb::SubscribeResponse>> {
    let words = request.sessions.first().map_or(0, |cursor| cursor.after_seq);
    let told = |_| Ok(pb::SubscribeResponse { message: Some(word().into()), ..Default::default() });
    Response::stream_ok(stream::iter(0..words).map(told).chain(stream::pending()))
}

fn word() -> pb::Delta {
    pb::Delta {
        session_id: NOBODY.to_owned(),
        after_seq: 4,
        delta: Some(pb::delta::Delta::Text(WORD.to_owned())),
        ..Default::default()
    }
}
