//! HTTP with server-sent events, as specifications before 2025-03-26 had it: one stream of events from the server,
//! whose first event names the address that messages are sent to.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use rmcp::RoleClient;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::auth::{AuthClient, AuthError};
use sseer::EventStream;
use sseer::event::Event;
use thiserror::Error;
use url::Url;

use super::client::{Redirects, check_scheme, client, header_map, headers};
use super::stderr::StderrTail;
use crate::auth::manager;
use crate::client::ConnectOptions;
use crate::config::RemoteConfig;
use crate::error::McpError;

/// A larger event is an error of the server, which must not fill the memory.
const EVENT_BYTES: usize = 16 << 20;
/// What is kept of an event that is no message.
const NOISE_BYTES: usize = 200;

/// What goes wrong between the two ends. Names no address: it may hold a key.
#[derive(Debug, Error)]
pub(crate) enum SseError {
    /// The server answers with an error.
    #[error("HTTP {0}")]
    Status(u16),
    /// The server wants to know who is there.
    #[error("HTTP {status}")]
    Unauthorized { status: u16, challenge: Option<String> },
    #[error("{0}")]
    Request(reqwest::Error),
    #[error("{0}")]
    Token(#[source] AuthError),
    #[error("it answers `{0}` and not text/event-stream")]
    ContentType(String),
    #[error("its stream ended before it named an address for messages")]
    NoEndpoint,
    #[error("it names an address for messages that is not its own")]
    ForeignEndpoint,
}

impl From<reqwest::Error> for SseError {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error.without_url())
    }
}

/// A transport over one stream of events. It does not connect again: a server keeps nothing for a stream that broke.
pub(crate) struct SseTransport {
    requests: Requests,
    endpoint: Url,
    events: Option<BoxStream<'static, Event>>,
    noise: StderrTail,
}

impl SseTransport {
    /// Opens the stream and waits for the address of messages.
    pub(crate) async fn open(
        name: &str,
        config: &RemoteConfig,
        options: &ConnectOptions,
        noise: StderrTail,
    ) -> Result<Result<Self, SseError>, McpError> {
        check_scheme(name, &config.url)?;
        let http = client(name, &config.url, Redirects::SameOrigin)?;
        let tokens = AuthClient::new(http, manager(name, config, options).await?);
        let requests = Requests { tokens, headers: Arc::new(header_map(&headers(name, config)?)) };
        Ok(Self::begin(requests, &config.url, noise).await)
    }

    async fn begin(requests: Requests, url: &Url, noise: StderrTail) -> Result<Self, SseError> {
        let request = requests.tokens.http_client.get(url.clone()).header(ACCEPT, "text/event-stream");
        let response = requests.send(request).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            return Err(SseError::ContentType(kind.unwrap_or("nothing").chars().take(100).collect()));
        }
        // Redirects stay within the origin, so either address will do.
        let mut events = events(response.bytes_stream()).boxed();
        while let Some(event) = events.next().await {
            if &*event.event == "endpoint" {
                let endpoint = url.join(event.data.trim()).map_err(|_| SseError::ForeignEndpoint)?;
                if endpoint.origin() != url.origin() {
                    return Err(SseError::ForeignEndpoint);
                }
                return Ok(Self { requests, endpoint, events: Some(events), noise });
            }
        }
        Err(SseError::NoEndpoint)
    }
}

impl Transport<RoleClient> for SseTransport {
    type Error = SseError;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), SseError>> + Send + 'static {
        let (requests, endpoint) = (self.requests.clone(), self.endpoint.clone());
        async move {
            let request = requests.tokens.http_client.post(endpoint).json(&item);
            // Its answer comes as an event; what it says here is of no use.
            requests.send(request).await.map(drop)
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let events = self.events.as_mut()?;
        loop {
            let event = events.next().await?;
            match serde_json::from_str(&event.data) {
                Ok(message) => return Some(message),
                Err(_) => {
                    self.noise.push(&event.data.as_bytes()[..event.data.len().min(NOISE_BYTES)]);
                    self.noise.push(b"\n");
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), SseError> {
        self.events = None;
        Ok(())
    }
}

/// How requests are sent: with the server's headers, and its token where there is one.
#[derive(Clone)]
struct Requests {
    tokens: AuthClient<reqwest::Client>,
    headers: Arc<HeaderMap>,
}

impl Requests {
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, SseError> {
        let mut request = request.headers(self.headers.as_ref().clone());
        match self.tokens.get_access_token().await {
            Ok(token) => request = request.bearer_auth(token),
            Err(AuthError::AuthorizationRequired) => {}
            Err(error) => return Err(SseError::Token(error)),
        }
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        match status.as_u16() {
            status @ (401 | 403) => {
                Err(SseError::Unauthorized { status, challenge: challenge.map(str::to_owned) })
            }
            status => Err(SseError::Status(status)),
        }
    }
}

/// The events of an answer, to the first error.
fn events<E: Send + 'static>(
    bytes: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> impl Stream<Item = Event> + Send {
    let bounded = bytes.scan(Bound::default(), |bound, chunk| {
        let chunk = chunk.ok().filter(|chunk| bound.admits(chunk));
        std::future::ready(chunk.map(Ok::<Bytes, std::convert::Infallible>))
    });
    EventStream::new(bounded.boxed())
        .take_while(|event| std::future::ready(event.is_ok()))
        .filter_map(async |event| event.ok())
}

/// Counts the bytes since the last blank line, which ends an event.
#[derive(Default)]
struct Bound {
    event: usize,
    at_line_start: bool,
}

impl Bound {
    fn admits(&mut self, chunk: &[u8]) -> bool {
        for byte in chunk {
            match byte {
                b'\r' => {}
                b'\n' if self.at_line_start => self.event = 0,
                b'\n' => self.at_line_start = true,
                _ => self.at_line_start = false,
            }
            self.event += 1;
        }
        self.event <= EVENT_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(chunks: Vec<Vec<u8>>) -> Vec<(String, usize)> {
        let chunks = futures::stream::iter(
            chunks.into_iter().map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk))),
        );
        events(chunks).map(|event| (event.event.to_string(), event.data.len())).collect().await
    }

    #[tokio::test]
    async fn events_are_read_whatever_their_pieces() {
        let text = "event: endpoint\ndata: /messages?id=1\n\n: ping\n\ndata: {}\r\n\r\n";
        let pieces = text.bytes().map(|byte| vec![byte]).collect();
        let expected = [("endpoint".to_owned(), 14), ("message".to_owned(), 2)];
        assert_eq!(read(pieces).await, expected);
        assert_eq!(read(vec![text.into()]).await, expected);
    }

    #[tokio::test]
    async fn an_event_that_never_ends_ends_the_stream() {
        let first = b"data: 1\n\n".to_vec();
        let endless = std::iter::repeat_n(vec![b'x'; 1 << 20], 40);
        let chunks = std::iter::once(first).chain([b"data: ".to_vec()]).chain(endless).collect();
        assert_eq!(read(chunks).await, [("message".to_owned(), 1)]);
    }
}
