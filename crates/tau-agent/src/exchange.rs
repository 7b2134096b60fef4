//! Exchanges with one server: a request, the time limits, an answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use tau_core::HumanDuration;
use tau_core::config::ClientConfig;
use tau_core::event::ModelFailureKind;
use tokio::time::Instant;

use crate::error::{AgentError, Endpoint, Refusal};
use crate::format::{Format, FormatError};
use crate::limits::{Admission, Obstacle, ProviderLimits, headers};
use crate::secrets::Secrets;
use crate::stream::StreamEvent;
use crate::transport::{Transport, TransportError, WireRequest, WireResponse};

/// How many bytes of a request make a token, about: English text in JSON.
const BYTES_PER_TOKEN: u64 = 4;

/// What every exchange with one server has in common.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) client: ClientConfig,
    pub(crate) format: &'static dyn Format,
    pub(crate) endpoint: Endpoint,
    pub(crate) transport: Arc<dyn Transport>,
    /// What no error may show.
    pub(crate) secrets: Secrets,
    /// What is shared with everybody else who asks this server.
    pub(crate) limits: Arc<ProviderLimits>,
}

/// An answer that is on its way.
pub(crate) struct Answer {
    stream: BoxStream<'static, Result<StreamEvent, FormatError>>,
    anything_came: bool,
    first_token_by: Option<Instant>,
    admission: Admission,
}

impl Exchange {
    pub(crate) fn interrupted(&self) -> AgentError {
        AgentError::new(
            ModelFailureKind::Interrupted,
            &self.endpoint,
            "ended its answer before it was complete",
        )
    }

    pub(crate) fn timed_out(&self, limit: Duration, what: &str) -> AgentError {
        let limit = HumanDuration::from(limit);
        AgentError::new(ModelFailureKind::Timeout, &self.endpoint, format!("sent {what} for {limit}"))
    }

    fn transport_error(&self, error: &TransportError) -> AgentError {
        let verb = match error.kind() {
            ModelFailureKind::Unreachable => "could not be reached",
            ModelFailureKind::Interrupted => "broke off its answer",
            ModelFailureKind::Replay => "has no recorded answer to this request",
            _ => "failed",
        };
        AgentError::new(error.kind(), &self.endpoint, format!("{verb}: {error}"))
    }

    /// The error without the secrets that the server may have repeated.
    fn without_secrets(&self, error: AgentError) -> AgentError {
        error.without(&self.secrets)
    }

    /// The whole body of an answer that takes no thought, without retries.
    pub(crate) async fn fetch(&self, request: WireRequest) -> Result<Vec<u8>, AgentError> {
        self.fetch_within(self.client.connect_timeout(), request).await
    }

    /// The whole body of an answer that comes in time, without retries.
    pub(crate) async fn fetch_within(
        &self,
        limit: Duration,
        request: WireRequest,
    ) -> Result<Vec<u8>, AgentError> {
        let answer = async {
            let sent = self.transport.send(request).await;
            let response = self.accepted(sent).await?;
            let body = response.body.try_fold(Vec::new(), async |mut body, chunk| {
                body.extend_from_slice(&chunk);
                Ok(body)
            });
            body.await.map_err(|error| self.transport_error(&error))
        };
        let answer = tokio::time::timeout(limit, answer).await;
        answer
            .map_err(|_| self.timed_out(limit, "no answer"))
            .flatten()
            .map_err(|error| self.without_secrets(error))
    }

    /// What a request would be held up by, if it were sent now.
    pub(crate) fn obstacle(&self, request: &WireRequest) -> Option<Obstacle> {
        self.limits.obstacle(&self.endpoint.model, request.body.len() / BYTES_PER_TOKEN)
    }

    /// Sends a request as soon as the limits allow it.
    pub(crate) async fn begin(&self, request: WireRequest) -> Result<Answer, AgentError> {
        let tokens = request.body.len() / BYTES_PER_TOKEN;
        let mut admission =
            self.limits.admit(&self.endpoint.model, tokens).await.map_err(|wait| {
                AgentError::circuit_open(&self.endpoint, self.client.breaker_failures(), wait)
            })?;
        let limit = self.client.first_token_timeout();
        // One limit for status and first token together; one that is too far away to say is none.
        let first_token_by = Instant::now().checked_add(limit);
        let sent = within(first_token_by, self.transport.send(request)).await;
        let accepted = match sent.ok_or_else(|| self.timed_out(limit, "no answer")) {
            Ok(sent) => self.accepted(sent).await,
            Err(error) => Err(error),
        };
        match accepted {
            Ok(response) => {
                let stream = self.format.decode_chat(response);
                Ok(Answer { stream, anything_came: false, first_token_by, admission })
            }
            Err(error) => {
                self.judge(&error, &mut admission);
                Err(self.without_secrets(error))
            }
        }
    }

    /// Tells the limits what an error means that came before anything of an answer.
    fn judge(&self, error: &AgentError, admission: &mut Admission) {
        if error.is_fault_of_server() {
            admission.failed();
        } else {
            admission.refused();
        }
        let asked = error.retry_after().filter(|_| error.kind() == ModelFailureKind::RateLimited);
        if let Some(wait) =
            asked.filter(|wait| error.is_retryable() && *wait <= self.client.max_retry_delay())
        {
            self.limits.hold(&self.endpoint.model, wait);
        }
    }

    /// The answer, if its status is a success.
    async fn accepted(&self, sent: Result<WireResponse, TransportError>) -> Result<WireResponse, AgentError> {
        let response = sent.map_err(|error| self.transport_error(&error))?;
        if (200..300).contains(&response.status) { Ok(response) } else { Err(self.refused(response).await) }
    }

    /// Reads what a server says about an error, as far as it says it soon.
    async fn refused(&self, mut response: WireResponse) -> AgentError {
        const MOST: usize = 64 * 1024;
        let mut body = Vec::new();
        let read = async {
            while let Some(Ok(chunk)) = response.body.next().await {
                body.extend_from_slice(&chunk);
                if body.len() > MOST {
                    break;
                }
            }
        };
        // What was read until then is shown; a slow error body must not hide the error.
        let limit = self.client.error_body_timeout().min(self.client.first_token_timeout());
        let _ = tokio::time::timeout(limit, read).await;
        let refusal = Refusal {
            status: response.status,
            retry_after: headers::asked_wait(&response.headers, SystemTime::now()),
            should_retry: headers::value(&response.headers, "x-should-retry")
                .and_then(|text| text.parse().ok()),
            body: &String::from_utf8_lossy(&body),
        };
        AgentError::from_status(&self.endpoint, &refusal)
    }

    /// The next thing of an answer.
    pub(crate) async fn receive(&self, answer: &mut Answer) -> Result<StreamEvent, AgentError> {
        let event = self.next_event(answer).await.map_err(|error| self.without_secrets(error));
        match &event {
            Ok(event) => {
                answer.anything_came = true;
                answer.admission.begun();
                if let StreamEvent::Completed(response) = event
                    && let Some(usage) = response.usage
                {
                    answer.admission.used(usage);
                }
            }
            Err(error) if !answer.anything_came => self.judge(error, &mut answer.admission),
            Err(_) => return event.map_err(AgentError::while_answering),
        }
        event
    }

    async fn next_event(&self, answer: &mut Answer) -> Result<StreamEvent, AgentError> {
        let (limit, what, by) = if answer.anything_came {
            let limit = self.client.idle_timeout();
            (limit, "nothing more", Instant::now().checked_add(limit))
        } else {
            (self.client.first_token_timeout(), "nothing", answer.first_token_by)
        };
        let event = within(by, answer.stream.next()).await.ok_or_else(|| self.timed_out(limit, what))?;
        match event {
            Some(Ok(event)) => Ok(event),
            None => Err(self.interrupted()),
            Some(Err(error)) => Err(self.format_error(error)),
        }
    }

    pub(crate) fn format_error(&self, error: FormatError) -> AgentError {
        let error = match error {
            FormatError::Transport(error) => self.transport_error(&error),
            FormatError::Server(body) => AgentError::from_stream_body(&self.endpoint, &body),
            FormatError::Malformed(problem) => {
                let problem = format!("sent what is no {} answer: {problem}", self.format.name());
                AgentError::new(ModelFailureKind::Protocol, &self.endpoint, problem)
            }
        };
        self.without_secrets(error)
    }
}

/// What a future gives, if it gives it in time.
pub(crate) async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}
