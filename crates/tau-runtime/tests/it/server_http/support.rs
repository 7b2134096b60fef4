//! A server with three methods, and clients that can send anything.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bytes::Bytes;
use connectrpc::handler::{bidi_streaming_handler_fn, handler_fn, streaming_handler_fn};
use connectrpc::{ConnectError, RequestContext, Response, Router, ServiceResult, ServiceStream};
use futures::{StreamExt, stream};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tau_proto::DESCRIPTORS;
use tau_proto::buffa::Message;
use tau_proto::runtime::v1 as pb;
use tau_runtime::server::http::{
    Drained, HttpOptions, HttpService, JsonShapes, Listener, PeerCertificates, serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(super) const GET: &str = "/tau.runtime.v1.RuntimeService/GetSession";
pub(super) const UPDATE: &str = "/tau.runtime.v1.RuntimeService/UpdateSession";
pub(super) const SUBSCRIBE: &str = "/tau.runtime.v1.RuntimeService/Subscribe";
pub(super) const ATTACH: &str = "/tau.runtime.v1.ExtensionService/Attach";

/// Long enough for any answer that comes at all.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: DropGuard,
    ended: JoinHandle<Drained>,
}

impl Server {
    pub(super) async fn start(options: HttpOptions) -> Self {
        Self::start_with(options, router()).await
    }

    pub(super) async fn start_with(options: HttpOptions, router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let (service, shutdown) = (service_of(router, &options), stop.clone());
        let ended =
            tokio::spawn(async move { serve(Listener::Tcp(listener), service, &options, shutdown).await });
        Self { address, stop: stop.drop_guard(), ended }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Tells the server to stop and waits until it has.
    pub(super) async fn stop(self) -> Drained {
        tokio::time::timeout(PATIENCE, self.begin_stop()).await.expect("the server stops").unwrap()
    }

    pub(super) fn begin_stop(self) -> JoinHandle<Drained> {
        self.stop.disarm().cancel();
        self.ended
    }

    /// One call on an HTTP/1.1 connection of its own.
    pub(super) async fn call(&self, request: Request<Full<Bytes>>) -> Reply {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.connect().await)).await.unwrap();
        tokio::spawn(connection);
        let answer = tokio::time::timeout(PATIENCE, sender.send_request(request)).await.expect("an answer");
        reply(answer.unwrap()).await
    }

    /// A connection for calls over HTTP/2.
    pub(super) async fn http2(&self) -> http2::SendRequest<Full<Bytes>> {
        let io = TokioIo::new(self.connect().await);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// A unary JSON request to this server.
    pub(super) fn json(&self, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        self.post(path, "application/json", body)
    }

    pub(super) fn post(&self, path: &str, kind: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header("host", self.address.to_string()).header("content-type", kind);
        request.body(Full::new(body.into())).unwrap()
    }

    /// Sends bytes and reads until the server closes.
    pub(super) async fn raw(&self, sent: &[u8]) -> Vec<u8> {
        let mut io = self.connect().await;
        // The server may have closed already.
        let _ = io.write_all(sent).await;
        let mut received = Vec::new();
        tokio::time::timeout(PATIENCE, io.read_to_end(&mut received)).await.expect("the server closes").ok();
        received
    }
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) trailers: HeaderMap,
    pub(super) body: Bytes,
}

pub(super) async fn reply<B>(response: http::Response<B>) -> Reply
where
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let (head, body) = response.into_parts();
    let body = tokio::time::timeout(PATIENCE, body.collect()).await.expect("the answer ends").unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    Reply { status: head.status, headers: head.headers, trailers, body: body.to_bytes() }
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Status, code and reason of a unary error.
    pub(super) fn error(&self) -> (u16, String, String) {
        let (code, reason) = error_of(&self.json());
        (self.status.as_u16(), code, reason)
    }

    /// The messages of a Connect stream of JSON, and code and reason of the error it ended with.
    pub(super) fn stream(&self) -> (Vec<Value>, Option<(String, String)>) {
        let mut messages = Vec::new();
        let mut rest = &self.body[..];
        while let Some((head, tail)) = rest.split_at_checked(5) {
            let size = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
            let message: Value = serde_json::from_slice(&tail[..size]).unwrap();
            rest = &tail[size..];
            if head[0] == 2 {
                assert!(rest.is_empty(), "something follows the end");
                return (messages, message.get("error").map(error_of));
            }
            messages.push(message);
        }
        panic!("the stream has no end: {self:?}")
    }
}

fn error_of(error: &Value) -> (String, String) {
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<String> =
        details.iter().map(|detail| reason(detail["value"].as_str().unwrap())).collect();
    (error["code"].as_str().unwrap().to_owned(), reasons.join(", "))
}

fn reason(detail: &str) -> String {
    let bytes = BASE64_STANDARD_NO_PAD.decode(detail).unwrap();
    pb::ErrorDetail::decode_from_slice(&bytes).unwrap().reason
}

pub(super) fn expected(status: u16, code: &str, reason: &str) -> (u16, String, String) {
    (status, code.to_owned(), reason.to_owned())
}

/// A message of a stream.
pub(super) fn envelope(message: &[u8]) -> Vec<u8> {
    let size = u32::try_from(message.len()).unwrap();
    [&[0], &size.to_be_bytes()[..], message].concat()
}

pub(super) fn service(options: &HttpOptions) -> HttpService<Router> {
    service_of(router(), options)
}

fn service_of(router: Router, options: &HttpOptions) -> HttpService<Router> {
    HttpService::new(router, JsonShapes::decode(DESCRIPTORS).unwrap(), &[], options)
}

fn router() -> Router {
    let (runtime, extension) = ("tau.runtime.v1.RuntimeService", "tau.runtime.v1.ExtensionService");
    Router::new()
        .route_idempotent(runtime, "GetSession", handler_fn(get_session))
        .route(runtime, "UpdateSession", handler_fn(update_session))
        .route_server_stream(runtime, "Subscribe", streaming_handler_fn(subscribe))
        .route_bidi_stream(extension, "Attach", bidi_streaming_handler_fn(attach))
}

/// Answers with the id that it is asked for, unless that is an order.
async fn get_session(
    ctx: RequestContext,
    request: pb::GetSessionRequest,
) -> ServiceResult<pb::GetSessionResponse> {
    let session_id = match &*request.session_id {
        "panic" => panic!("as ordered"),
        "never" => std::future::pending().await,
        "who" => {
            let peer = ctx.extensions().get::<PeerCertificates>();
            peer.map_or(String::new(), |peer| {
                peer.der().map(|one| BASE64_STANDARD_NO_PAD.encode(one)).collect()
            })
        }
        "deadline" => ctx.time_remaining().map_or(0, |time| time.as_secs()).to_string(),
        "late" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            request.session_id
        }
        _ => request.session_id,
    };
    let session = pb::Session { session_id, ..Default::default() };
    Response::ok(pb::GetSessionResponse { session: session.into(), ..Default::default() })
}

async fn update_session(
    _: RequestContext,
    request: pb::UpdateSessionRequest,
) -> ServiceResult<pb::UpdateSessionResponse> {
    Response::ok(pb::UpdateSessionResponse { session: request.session, ..Default::default() })
}

/// Two messages, and then what is ordered.
async fn subscribe(
    _: RequestContext,
    request: pb::SubscribeRequest,
) -> ServiceResult<ServiceStream<pb::SubscribeResponse>> {
    let order = request.event_kinds.into_iter().next().unwrap_or_default();
    if order == "early" {
        return Err(ConnectError::invalid_argument("as ordered"));
    }
    let lagged = |missed| pb::Lagged { missed, ..Default::default() };
    let told =
        move |missed| pb::SubscribeResponse { message: Some(lagged(missed).into()), ..Default::default() };
    let two = stream::iter([1, 2]).map(move |missed| Ok(told(missed)));
    let rest = stream::once(async move {
        match &*order {
            "panic" => panic!("as ordered"),
            "never" => std::future::pending().await,
            _ => Ok(told(3)),
        }
    });
    Response::stream_ok(two.chain(rest))
}

/// As many answers as requests; the first that is wrong ends it.
async fn attach(
    _: RequestContext,
    requests: ServiceStream<pb::AttachRequest>,
) -> ServiceResult<ServiceStream<pb::AttachResponse>> {
    let heartbeat =
        |_| pb::AttachResponse { message: Some(pb::Heartbeat::default().into()), ..Default::default() };
    Response::stream_ok(requests.map(move |request| request.map(heartbeat)))
}
