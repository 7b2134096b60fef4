//! What an error of a connection over HTTP means, in words that name no address: it may hold a key.

use std::error::Error;

use rmcp::transport::DynamicTransportError;
use rmcp::transport::auth::AuthError;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, InsufficientScopeError, StreamableHttpError,
};

use super::sse::SseError;
use crate::error::McpErrorKind;

/// An error as far as it may be told.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: McpErrorKind,
    /// Completes the sentence "The server ...".
    pub(crate) problem: String,
    /// What the server said about who may come in.
    pub(crate) challenge: Option<String>,
    /// Whether the connection is gone: a server that is there again may know nothing of it.
    pub(crate) is_lost: bool,
}

impl Fault {
    fn new(kind: McpErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, problem: problem.into(), challenge: None, is_lost: false }
    }

    fn unauthorized(challenge: Option<String>) -> Self {
        let problem = match &challenge {
            Some(challenge) if challenge.contains("insufficient_scope") => {
                "wants more rights than were granted"
            }
            _ => "wants to know who is calling",
        };
        Self { kind: McpErrorKind::Unauthorized, problem: problem.to_owned(), challenge, is_lost: false }
    }
}

/// What an error of a transport means; `None` for one that is not of HTTP.
pub(crate) fn fault(error: &DynamicTransportError) -> Option<Fault> {
    let mut current: Option<&(dyn Error + 'static)> = Some(error.error.as_ref());
    while let Some(error) = current {
        if let Some(fault) = of(error) {
            return Some(fault);
        }
        current = error.source();
    }
    None
}

fn of(error: &(dyn Error + 'static)) -> Option<Fault> {
    if let Some(error) = error.downcast_ref::<SseError>() {
        return Some(of_sse(error));
    }
    if let Some(error) = error.downcast_ref::<AuthRequiredError>() {
        return Some(Fault::unauthorized(Some(error.www_authenticate_header.clone())));
    }
    if let Some(error) = error.downcast_ref::<InsufficientScopeError>() {
        return Some(Fault::unauthorized(Some(error.www_authenticate_header.clone())));
    }
    if let Some(error) = error.downcast_ref::<AuthError>() {
        return Some(of_token(error));
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return Some(of_request(error));
    }
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>()? {
        StreamableHttpError::Client(error) => Some(of_request(error)),
        StreamableHttpError::Auth(error) => Some(of_token(error)),
        StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => None,
        StreamableHttpError::HttpStatus(error) => {
            Some(Fault::new(McpErrorKind::Unreachable, format!("answers with HTTP {}", error.status)))
        }
        StreamableHttpError::TransportChannelClosed => {
            Some(Fault::new(McpErrorKind::Exited, "closed the connection"))
        }
        other => Some(Fault::new(McpErrorKind::Protocol, format!("answers with something else: {other}"))),
    }
}

pub(crate) fn of_sse(error: &SseError) -> Fault {
    match error {
        SseError::Unauthorized { status: 401, challenge } => Fault::unauthorized(challenge.clone()),
        SseError::Unauthorized { challenge: Some(challenge), .. } => {
            Fault::unauthorized(Some(challenge.clone()))
        }
        SseError::Unauthorized { status, .. } | SseError::Status(status) => {
            Fault::new(McpErrorKind::Unreachable, format!("answers with HTTP {status}"))
        }
        SseError::Request(error) => of_request(error),
        SseError::Token(error) => of_token(error),
        other => Fault::new(McpErrorKind::Protocol, format!("is no MCP server over SSE: {other}")),
    }
}

fn of_token(error: &AuthError) -> Fault {
    match error {
        AuthError::AuthorizationRequired | AuthError::TokenRefreshRejected(_) => Fault::unauthorized(None),
        // Others may quote what the authorization server said, or an address.
        AuthError::CredentialStoreError(_) => Fault::new(
            McpErrorKind::Unauthorized,
            "has a token that cannot be read from where tokens are kept",
        ),
        _ => Fault::new(McpErrorKind::Unauthorized, "has a token that cannot be renewed at the moment"),
    }
}

fn of_request(error: &reqwest::Error) -> Fault {
    if let Some(status) = error.status() {
        if status.as_u16() == 401 {
            return Fault::unauthorized(None);
        }
        return Fault::new(McpErrorKind::Unreachable, format!("answers with HTTP {}", status.as_u16()));
    }
    // The causes name what failed; only the error on top names the address.
    let mut cause = None;
    let mut current = error.source();
    while let Some(error) = current {
        cause = Some(error.to_string());
        current = error.source();
    }
    let cause = cause.unwrap_or_else(|| "the request failed".to_owned());
    let fault = Fault::new(McpErrorKind::Unreachable, format!("cannot be reached: {cause}"));
    Fault { is_lost: true, ..fault }
}
