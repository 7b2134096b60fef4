//! Requests over connections that are opened again when the server closes them.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// The longest that an answer may take; beyond it the server hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) trailers: HeaderMap,
    pub(super) body: Bytes,
}

/// A client with one connection of each version.
pub(super) struct Client {
    address: String,
    http1: Option<http1::SendRequest<Full<Bytes>>>,
    http2: Option<http2::SendRequest<Full<Bytes>>>,
}

impl Client {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), http1: None, http2: None }
    }

    /// Sends a request and reads the whole answer. An error: the server closed without one, or takes too long.
    pub(super) async fn send(&mut self, version: Version, request: Request<Bytes>) -> anyhow::Result<Answer> {
        let answer = match version {
            Version::Http1 => tokio::time::timeout(PATIENCE, self.send1(request)).await,
            Version::Http2 => tokio::time::timeout(PATIENCE, self.send2(request)).await,
        };
        let answer = answer.context("no answer in time").and_then(|answer| answer);
        if answer.is_err() {
            (self.http1, self.http2) = (None, None);
        }
        answer
    }

    async fn send1(&mut self, mut request: Request<Bytes>) -> anyhow::Result<Answer> {
        request.headers_mut().insert("host", self.address.parse()?);
        // It is known to be closed where the server said so.
        let kept = match self.http1.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let mut sender = match kept {
            Some(sender) => sender,
            None => {
                let (sender, connection) = http1::handshake(self.connect().await?).await?;
                tokio::spawn(connection);
                sender
            }
        };
        let answer = read(sender.send_request(request.map(Full::new)).await?).await?;
        self.http1 = Some(sender);
        Ok(answer)
    }

    async fn send2(&mut self, mut request: Request<Bytes>) -> anyhow::Result<Answer> {
        *request.uri_mut() = format!("http://{}{}", self.address, request.uri()).parse()?;
        let kept = match self.http2.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let mut sender = match kept {
            Some(sender) => sender,
            None => {
                let (sender, connection) =
                    http2::handshake(TokioExecutor::new(), self.connect().await?).await?;
                tokio::spawn(connection);
                sender
            }
        };
        let answer = read(sender.send_request(request.map(Full::new)).await?).await?;
        self.http2 = Some(sender);
        Ok(answer)
    }

    async fn connect(&self) -> anyhow::Result<TokioIo<TcpStream>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(stream))
    }
}

async fn read(response: http::Response<hyper::body::Incoming>) -> anyhow::Result<Answer> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.context("the answer breaks off")?;
    let trailers = body.trailers().cloned().unwrap_or_default();
    Ok(Answer { status: head.status, headers: head.headers, trailers, body: body.to_bytes() })
}
