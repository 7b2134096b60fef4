//! What goes wrong when a model is asked.

use std::fmt;
use std::time::Duration;

use tau_core::event::{ModelFailure, ModelFailureKind};
use tau_core::{HumanDuration, redact_url};
use url::Url;

use crate::said::ServerWords;
use crate::secrets::Secrets;

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
    stage: Stage,
}

/// How far a request came before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The server was not asked, because it failed too often.
    CircuitOpen,
    /// The server was not asked, because it takes no such picture.
    Unsendable,
    /// Nothing of an answer came.
    Asked,
    /// A part of the answer came.
    Answering,
    /// Its time was up, whatever had come.
    TimeUp,
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
            stage: Stage::Asked,
        }
    }

    /// The server was not asked: it failed too often, and is asked again after a while.
    pub(crate) fn circuit_open(endpoint: &Endpoint, failures: u32, wait: Duration) -> Self {
        let problem = format!(
            "is not asked, because the server failed {failures} times in a row; it is asked again in {}",
            HumanDuration::from(whole_seconds(wait))
        );
        let mut error = Self::new(ModelFailureKind::Unreachable, endpoint, problem);
        error.stage = Stage::CircuitOpen;
        error.retry_after = Some(wait);
        error
    }

    /// The server was not asked: it fetches no picture by its address.
    pub(crate) fn unsendable(endpoint: &Endpoint, problem: String) -> Self {
        let mut error = Self::new(ModelFailureKind::InvalidRequest, endpoint, problem);
        error.stage = Stage::Unsendable;
        error
    }

    /// What a server answered with a status other than success.
    pub(crate) fn from_status(endpoint: &Endpoint, answer: &Refusal<'_>) -> Self {
        let Refusal { status, retry_after, should_retry, body } = *answer;
        let said = ServerWords::read(body);
        let kind = match said.kind() {
            _ if said.is_permanent(status) => ModelFailureKind::InvalidRequest,
            // Google refuses a key with 400.
            Some(ModelFailureKind::Unauthorized) if status == 400 => ModelFailureKind::Unauthorized,
            _ => kind_of_status(status),
        };
        let mut problem = format!("answered {status}");
        if (300..400).contains(&status) {
            // Following it would carry the key elsewhere.
            problem.push_str(", a redirect, which is not followed");
        }
        let wait = retry_after.or(said.wait);
        if let Some(wait) = wait {
            problem.push_str(&format!(", asking to wait {}", HumanDuration::from(wait)));
        }
        if !said.message.is_empty() {
            problem.push_str(&format!(": {}", said.message));
        }
        let mut error = Self::new(kind, endpoint, problem);
        error.status = Some(status);
        error.retry_after = wait;
        // 408 and 425 say that the same request may do later; 501 and 505 that it never will.
        error.retryable = (error.retryable || matches!(status, 408 | 425)) && !matches!(status, 501 | 505);
        error.retryable = should_retry.unwrap_or(error.retryable);
        // A used-up quota does not come back by waiting a little, nor does an empty account.
        error.retryable &= !said.is_quota() && status != UNPAID;
        error
    }

    /// An error the server put into the stream of an answer that had begun well.
    pub(crate) fn from_stream_body(endpoint: &Endpoint, body: &str) -> Self {
        let said = ServerWords::read(body);
        // Gateways put the status they would have answered with into the code.
        let status = said.code().parse().ok().filter(|status| (400..600).contains(status));
        let kind = match status {
            _ if said.is_permanent(500) => ModelFailureKind::InvalidRequest,
            Some(status) => kind_of_status(status),
            None => said.kind().unwrap_or(ModelFailureKind::Server),
        };
        let mut error =
            Self::new(kind, endpoint, format!("reported an error in its answer: {}", said.message));
        error.retry_after = said.wait;
        error.retryable &= !said.is_quota() && status != Some(UNPAID);
        error
    }

    /// The same error, of an answer of which a part had come.
    pub(crate) const fn while_answering(mut self) -> Self {
        self.stage = Stage::Answering;
        self
    }

    /// The same error, of a request whose whole time was up.
    pub(crate) const fn at_the_end_of_time(mut self) -> Self {
        self.stage = Stage::TimeUp;
        self
    }

    /// The same error with more said about it.
    pub(crate) fn adding(mut self, words: &str) -> Self {
        self.problem.push_str(words);
        self
    }

    /// The same error without these, should the server have repeated one.
    pub(crate) fn without(mut self, secrets: &Secrets) -> Self {
        self.problem = secrets.removed_from(&self.problem);
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

    /// Whether the server was not asked at all, because it failed too often; [`retry_after`](Self::retry_after) says
    /// when it is asked again.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        self.stage == Stage::CircuitOpen
    }

    /// Whether a part of the answer had come. Such a request is not tried again by itself, because somebody saw it.
    #[must_use]
    pub fn is_mid_answer(&self) -> bool {
        self.stage == Stage::Answering
    }

    /// Whether the model cannot be had now, so that another may be asked in its place. A request, key or name that is
    /// wrong is no such reason.
    pub(crate) fn is_unavailable(&self) -> bool {
        let is_down = matches!(
            self.kind,
            ModelFailureKind::Unreachable
                | ModelFailureKind::RateLimited
                | ModelFailureKind::Server
                | ModelFailureKind::Timeout
                | ModelFailureKind::Interrupted
        );
        is_down && !matches!(self.stage, Stage::Answering | Stage::TimeUp)
    }

    /// Whether it says that the server does not do its work.
    pub(crate) fn is_fault_of_server(&self) -> bool {
        self.is_unavailable() && self.kind != ModelFailureKind::RateLimited && !self.is_circuit_open()
    }

    /// What to try.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.kind {
            _ if self.stage == Stage::CircuitOpen => {
                "wait, give the model `fallbacks`, or see the server's log; `breaker_failures` under [client] says when \
                 a server is left alone"
            }
            _ if self.stage == Stage::Unsendable => "give the picture itself, from a file",
            _ if self.stage == Stage::TimeUp => "raise `total_timeout` under [client], or leave it out",
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

    /// The failure as a journal keeps it. An answer that had begun was interrupted, whatever the reason, as long as it may
    /// go better the next time; so the turn can be asked for again.
    #[must_use]
    pub fn to_failure(&self) -> ModelFailure {
        let may_pass =
            self.retryable || matches!(self.kind, ModelFailureKind::Timeout | ModelFailureKind::Protocol);
        let kind = if self.is_mid_answer() && may_pass { ModelFailureKind::Interrupted } else { self.kind };
        ModelFailure::new(kind, self.to_string())
    }
}

/// An answer whose status is no success.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub(crate) status: u16,
    /// How long its headers ask to wait.
    pub(crate) retry_after: Option<Duration>,
    /// What it says itself about trying again.
    pub(crate) should_retry: Option<bool>,
    pub(crate) body: &'a str,
}

/// Rounded up, because nobody waits for milliseconds.
const fn whole_seconds(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + if wait.subsec_nanos() > 0 { 1 } else { 0 })
}

/// What OpenRouter, DeepSeek and others answer when the account is empty.
const UNPAID: u16 = 402;

const fn kind_of_status(status: u16) -> ModelFailureKind {
    match status {
        401 | 403 => ModelFailureKind::Unauthorized,
        // A redirect says that the server is elsewhere.
        300..=399 | 404 => ModelFailureKind::NotFound,
        408 => ModelFailureKind::Timeout,
        // Another provider may be paid.
        429 | UNPAID => ModelFailureKind::RateLimited,
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
