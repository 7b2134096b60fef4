//! What goes wrong when a model is asked.

use std::fmt;
use std::time::Duration;

use tau_core::event::{ModelFailure, ModelFailureKind};
use tau_core::{HumanDuration, redact_url};
use url::Url;

/// Whom a request was for. It prints without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model asked for.
    pub model: String,
    /// The address, for display: credentials and query values are replaced.
    pub url: String,
}

impl Endpoint {
    /// An endpoint; the address is stripped of secrets here.
    pub fn new(provider: impl Into<String>, model: impl Into<String>, url: &Url) -> Self {
        Self { provider: provider.into(), model: model.into(), url: redact_url(url) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "model `{}` at provider `{}` ({})", self.model, self.provider, self.url)
    }
}

/// A model could not be asked, or its answer broke off.
///
/// It prints who was asked, what went wrong, what the server said and what to try.
#[derive(Debug)]
pub struct AgentError {
    kind: ModelFailureKind,
    endpoint: Endpoint,
    problem: String,
    status: Option<u16>,
    retry_after: Option<Duration>,
    retryable: bool,
}

impl AgentError {
    pub(crate) fn new(kind: ModelFailureKind, endpoint: &Endpoint, problem: impl Into<String>) -> Self {
        let retryable = matches!(
            kind,
            ModelFailureKind::Unreachable
                | ModelFailureKind::RateLimited
                | ModelFailureKind::Server
                | ModelFailureKind::Interrupted
        );
        Self {
            kind,
            endpoint: endpoint.clone(),
            problem: problem.into(),
            status: None,
            retry_after: None,
            retryable,
        }
    }

    /// What a server answered with a status other than success.
    pub(crate) fn from_status(
        endpoint: &Endpoint,
        status: u16,
        retry_after: Option<Duration>,
        body: &str,
    ) -> Self {
        let said = ServerWords::read(body);
        let kind = kind_of_status(status);
        let mut problem = format!("answered {status}");
        if (300..400).contains(&status) {
            // Following it would carry the key elsewhere.
            problem.push_str(", a redirect, which is not followed");
        }
        if let Some(wait) = retry_after {
            problem.push_str(&format!(", asking to wait {}", HumanDuration::from(wait)));
        }
        if !said.message.is_empty() {
            problem.push_str(&format!(": {}", said.message));
        }
        let mut error = Self::new(kind, endpoint, problem);
        error.status = Some(status);
        error.retry_after = retry_after;
        error.retryable |= status == 408;
        // A used-up quota does not come back by waiting a little.
        error.retryable &= !said.is_quota();
        error
    }

    /// An error the server put into the stream of an answer that had begun well.
    pub(crate) fn from_stream_body(endpoint: &Endpoint, body: &str) -> Self {
        let said = ServerWords::read(body);
        // Gateways put the status they would have answered with into the code.
        let status = said.code.parse().ok().filter(|status| (400..600).contains(status));
        let kind = if said.is_quota() || said.code == "rate_limit_exceeded" {
            ModelFailureKind::RateLimited
        } else {
            status.map_or(ModelFailureKind::Server, kind_of_status)
        };
        let mut error =
            Self::new(kind, endpoint, format!("reported an error in its answer: {}", said.message));
        error.retryable &= !said.is_quota();
        error
    }

    /// The same error without these texts, should the server have repeated one.
    pub(crate) fn without<'a>(mut self, secrets: impl Iterator<Item = &'a str>) -> Self {
        for secret in secrets {
            if self.problem.contains(secret) {
                self.problem = self.problem.replace(secret, "[redacted]");
            }
        }
        self
    }

    /// What kind of failure.
    #[must_use]
    pub const fn kind(&self) -> ModelFailureKind {
        self.kind
    }

    /// Whom the request was for.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The HTTP status, when the server answered with one other than success.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// How long the server asks to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// What to try.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.kind {
            ModelFailureKind::Unreachable => "check that the server runs and that `base_url` is right",
            ModelFailureKind::Unauthorized => {
                "check the key: `api_key_env` or `api_key_file` of the provider, and what it may use"
            }
            ModelFailureKind::NotFound => {
                "check the name of the model, and that `base_url` ends where the provider says (often in /v1)"
            }
            ModelFailureKind::InvalidRequest => "the server refused the request as it is; see what it said",
            ModelFailureKind::RateLimited => "wait, use another model, or raise the limit at the provider",
            ModelFailureKind::Server => "the fault is at the server; try again later or see its log",
            ModelFailureKind::Timeout => {
                "raise `first_token_timeout` or `idle_timeout` under [client] if the model is slow"
            }
            ModelFailureKind::Interrupted => {
                "try again; if it persists, look for a proxy that cuts long answers"
            }
            ModelFailureKind::Protocol => "check that the provider's `format` is what the server speaks",
            ModelFailureKind::Replay => "make the recording again, or find what changed the request",
            _ => "try again",
        }
    }

    /// The failure as a journal keeps it.
    #[must_use]
    pub fn to_failure(&self) -> ModelFailure {
        ModelFailure::new(self.kind, self.to_string())
    }
}

const fn kind_of_status(status: u16) -> ModelFailureKind {
    match status {
        401 | 403 => ModelFailureKind::Unauthorized,
        // A redirect says that the server is elsewhere.
        300..=399 | 404 => ModelFailureKind::NotFound,
        408 => ModelFailureKind::Timeout,
        429 => ModelFailureKind::RateLimited,
        500.. => ModelFailureKind::Server,
        _ => ModelFailureKind::InvalidRequest,
    }
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; {}", self.endpoint, self.problem, self.hint())
    }
}

impl std::error::Error for AgentError {}

/// The longest text of a server that is shown.
const MAX_WORDS: usize = 2_000;

/// What a server says about an error, out of the several shapes in use.
struct ServerWords {
    message: String,
    code: String,
}

impl ServerWords {
    /// Reads `{"error":{"message","code","type"}}`, `{"error":"..."}`, `{"message"}`, `{"detail"}`, or any text.
    fn read(body: &str) -> Self {
        let parsed = serde_json::from_str::<serde_json::Value>(body).unwrap_or_default();
        // Some gateways wrap the object in a list.
        let value = parsed.get(0).unwrap_or(&parsed);
        let error = value.get("error").unwrap_or(value);
        let text = |value: Option<&serde_json::Value>| match value {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Object(_))) => value.to_string(),
            _ => String::new(),
        };
        let message = [
            error.get("message"),
            Some(error).filter(|e| e.is_string()),
            value.get("message"),
            value.get("detail"),
        ]
        .into_iter()
        .map(text)
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| body.trim().to_owned());
        let code = [error.get("code"), error.get("type")]
            .into_iter()
            .map(text)
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        let end = message.floor_char_boundary(MAX_WORDS);
        Self { message: message[..end].to_owned(), code }
    }

    fn is_quota(&self) -> bool {
        self.code == "insufficient_quota" || self.code == "billing_hard_limit_reached"
    }
}
