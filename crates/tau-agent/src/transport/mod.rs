//! Moving a request's bytes to whoever answers, and the answer's bytes back.

mod http;
mod replay;

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tau_core::event::ModelFailureKind;
use tau_core::{Secret, redact_url};
use url::Url;

use crate::limits::headers;
use crate::request::WireBody;

pub use http::HttpTransport;
pub use replay::{Difference, Matching, Recording, RecordingError, ReplayTransport};
pub(crate) use replay::{appended, pattern};

/// Moves requests and answers, knowing nothing of what they say.
///
/// An implementer must keep true: one call sends one request; dropping the future or the answer's body gives
/// the exchange up; no error prints a header's value. A caller may not assume that the answer's chunks fall on
/// any border, not even one between characters.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a request. The future resolves when the status of the answer is known.
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>>;
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Reads something; has no body.
    Get,
    /// Asks for something; has a JSON body.
    Post,
}

impl Method {
    /// Its name in HTTP.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// The media type of JSON.
const JSON: &str = "application/json";

/// A request: JSON is posted, or something is read. It prints without secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct WireRequest {
    /// What it is for.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers beside those every JSON request has.
    pub headers: Vec<(String, Secret)>,
    /// The media type of the body.
    pub content_type: String,
    /// The body: JSON, but for recordings of sound.
    pub body: WireBody,
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("url", &redact_url(&self.url))
            .field("headers", &self.headers)
            .field("body_len", &self.body.len())
            .finish()
    }
}

impl WireRequest {
    /// A POST without further headers.
    #[must_use]
    pub fn post(url: Url, body: WireBody) -> Self {
        Self { method: Method::Post, url, headers: Vec::new(), content_type: JSON.to_owned(), body }
    }

    /// A GET without further headers.
    #[must_use]
    pub fn get(url: Url) -> Self {
        let (headers, content_type) = (Vec::new(), String::new());
        Self { method: Method::Get, url, headers, content_type, body: WireBody::default() }
    }
}

/// An answer whose body is still on its way.
#[non_exhaustive]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`; empty when there is none.
    pub content_type: String,
    /// Headers about limits, retries and the request's id: names in lower case, and values. The others are not kept.
    pub headers: Vec<(String, String)>,
    /// The body, in chunks as they come.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

impl WireResponse {
    /// The same answer with those of these headers that are kept.
    #[must_use]
    pub fn with_headers<'h>(mut self, all: impl IntoIterator<Item = (&'h str, &'h str)>) -> Self {
        let kept = all.into_iter().filter(|(name, _)| headers::is_kept(name));
        self.headers.extend(kept.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self
    }

    /// An answer with a status, a content type and a body.
    pub fn new(
        status: u16,
        content_type: impl Into<String>,
        body: BoxStream<'static, Result<Bytes, TransportError>>,
    ) -> Self {
        Self { status, content_type: content_type.into(), headers: Vec::new(), body }
    }
}

/// Bytes could not be moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TransportError {
    kind: ModelFailureKind,
    problem: String,
}

impl TransportError {
    /// An error of a kind, in words that hold no secret.
    pub fn new(kind: ModelFailureKind, problem: impl Into<String>) -> Self {
        Self { kind, problem: problem.into() }
    }

    /// What kind of failure.
    #[must_use]
    pub const fn kind(&self) -> ModelFailureKind {
        self.kind
    }
}
