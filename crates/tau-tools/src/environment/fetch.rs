//! The port to the web.

use std::fmt;

use futures::future::BoxFuture;

/// Gets pages of the web for tools, under somebody's network policy.
///
/// An implementer must keep true:
/// - It alone decides what may be reached, by the address it connects to and not by the name alone; what it does not
///   know to be allowed it [denies](FetchErrorKind::Denied).
/// - A redirect is not followed but given back: it may lead where the call was not permitted to go.
/// - The model's request carries no credential of the user.
///
/// A caller may not assume that the body is whole, or that its type is what the server says.
pub trait Fetch: fmt::Debug + Send + Sync {
    /// Gets what stands at an address, at most `limit` bytes of it.
    fn get<'a>(&'a self, url: &'a str, limit: usize) -> BoxFuture<'a, Result<Fetched, FetchError>>;
}

/// What a server answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header, as it came.
    pub content_type: Option<String>,
    /// The `Location` header, as it came.
    pub location: Option<String>,
    /// The body, without any transfer or content encoding, up to the limit.
    pub body: Vec<u8>,
    /// Whether there is more of the body than the limit.
    pub is_cut: bool,
}

impl Fetched {
    /// An answer without headers.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    /// The same answer of a type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The same answer, leading elsewhere.
    #[must_use]
    pub fn with_location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }
}

/// Why nothing was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The network policy does not allow it.
    Denied,
    /// No server answered: the name, the connection, or the certificate is at fault.
    Unreachable,
    /// The server took too long.
    TimedOut,
    /// What the server answered is no HTTP.
    Malformed,
}

/// Nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct FetchError {
    kind: FetchErrorKind,
    problem: String,
}

impl FetchError {
    /// An error, with what is wrong in words for the model.
    pub fn new(kind: FetchErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, problem: problem.into() }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> FetchErrorKind {
        self.kind
    }
}
