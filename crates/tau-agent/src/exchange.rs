//! One exchange with a server: a request, its retries, its time limits, its answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use tau_core::config::ClientConfig;
use tau_core::event::ModelFailureKind;
use tau_core::{ChatResponse, ContentBlock, HumanDuration, Secret, ToolCallId};
use tokio::time::Instant;

use crate::error::{AgentError, Endpoint};
use crate::format::{Format, FormatError};
use crate::retry::{RetrySchedule, parse_retry_after};
use crate::stream::StreamEvent;
use crate::transport::{Transport, TransportError, WireRequest, WireResponse};

/// What every exchange with one server has in common.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) client: ClientConfig,
    pub(crate) format: &'static dyn Format,
    pub(crate) endpoint: Endpoint,
    pub(crate) transport: Arc<dyn Transport>,
    /// What no error may show.
    pub(crate) secrets: Vec<Secret>,
}

impl Exchange {
    pub(crate) fn interrupted(&self) -> AgentError {
        AgentError::new(
            ModelFailureKind::Interrupted,
            &self.endpoint,
            "ended its answer before it was complete",
        )
    }

    fn timed_out(&self, limit: Duration, what: &str) -> AgentError {
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
        error.without(self.secrets.iter().map(Secret::expose))
    }

    /// The answer to a request, with retries.
    pub(crate) fn answer(
        self: Arc<Self>,
        request: WireRequest,
    ) -> impl Stream<Item = Result<StreamEvent, AgentError>> + Send {
        let retries = RetrySchedule::new(&self.client);
        let state = Attempt { exchange: self, request, retries, attempt: 1, phase: Phase::Send };
        futures::stream::unfold(state, |mut state| async move {
            let event = state.next().await?;
            Some((event, state))
        })
    }

    /// The whole body of an answer, without retries.
    pub(crate) async fn fetch(&self, request: WireRequest) -> Result<Vec<u8>, AgentError> {
        let limit = self.client.connect_timeout();
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

    async fn send(&self, request: WireRequest) -> Result<Answer, AgentError> {
        let limit = self.client.first_token_timeout();
        // One limit for status and first token together; one that is too far away to say is none.
        let first_token_by = Instant::now().checked_add(limit);
        let sent = within(first_token_by, self.transport.send(request))
            .await
            .ok_or_else(|| self.timed_out(limit, "no answer"))?;
        let response = self.accepted(sent).await?;
        Ok(Answer { stream: self.format.decode_chat(response), anything_came: false, first_token_by })
    }

    /// The answer, if its status is a success.
    async fn accepted(&self, sent: Result<WireResponse, TransportError>) -> Result<WireResponse, AgentError> {
        let response = sent.map_err(|error| self.transport_error(&error))?;
        if (200..300).contains(&response.status) { Ok(response) } else { Err(self.refused(response).await) }
    }

    /// Reads what a server says about an error, as far as it says it soon.
    async fn refused(&self, mut response: WireResponse) -> AgentError {
        const MOST: usize = 64 * 1024;
        const WORDS: Duration = Duration::from_secs(5);
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
        let _ = tokio::time::timeout(WORDS.min(self.client.first_token_timeout()), read).await;
        let retry_after = response.retry_after.and_then(|value| parse_retry_after(&value, SystemTime::now()));
        let text = String::from_utf8_lossy(&body);
        AgentError::from_status(&self.endpoint, response.status, retry_after, &text)
    }

    async fn receive(&self, answer: &mut Answer) -> Result<StreamEvent, AgentError> {
        let (limit, what, by) = if answer.anything_came {
            let limit = self.client.idle_timeout();
            (limit, "nothing more", Instant::now().checked_add(limit))
        } else {
            (self.client.first_token_timeout(), "nothing", answer.first_token_by)
        };
        let event = within(by, answer.stream.next()).await.ok_or_else(|| self.timed_out(limit, what))?;
        match event {
            Some(Ok(event)) => {
                answer.anything_came = true;
                Ok(event)
            }
            None => Err(self.interrupted()),
            Some(Err(error)) => Err(self.format_error(error)),
        }
    }

    pub(crate) fn format_error(&self, error: FormatError) -> AgentError {
        match error {
            FormatError::Transport(error) => self.transport_error(&error),
            FormatError::Server(body) => AgentError::from_stream_body(&self.endpoint, &body),
            FormatError::Malformed(problem) => {
                let problem = format!("sent what is no {} answer: {problem}", self.format.name());
                AgentError::new(ModelFailureKind::Protocol, &self.endpoint, problem)
            }
        }
    }
}

/// What a future gives, if it gives it in time.
async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

/// Gives calls without an id, or with that of another call of the reply, one of their own: a result could not be
/// paired with its call otherwise. The ids come from the request's bytes, so that a replay makes the same ones,
/// and the next request makes others.
fn name_calls(response: &mut ChatResponse, request: &WireRequest) {
    let mut seen = BTreeSet::new();
    let mut digest = None;
    let calls = Arc::make_mut(&mut response.content).iter_mut().filter_map(|block| match block {
        ContentBlock::ToolCall(call) => Some(call),
        _ => None,
    });
    for (index, call) in calls.enumerate() {
        if call.id.as_str().is_empty() || !seen.insert(call.id.clone()) {
            let digest = *digest.get_or_insert_with(|| request.body.digest());
            call.id = ToolCallId::new(format!("call_{digest:016x}_{index}"));
        }
    }
}

/// One request on its way through its attempts.
struct Attempt {
    exchange: Arc<Exchange>,
    request: WireRequest,
    retries: RetrySchedule,
    attempt: u32,
    phase: Phase,
}

enum Phase {
    Send,
    Wait(Duration),
    Answer(Answer),
    Done,
}

struct Answer {
    stream: BoxStream<'static, Result<StreamEvent, FormatError>>,
    anything_came: bool,
    first_token_by: Option<Instant>,
}

impl Attempt {
    async fn next(&mut self) -> Option<Result<StreamEvent, AgentError>> {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Done) {
                Phase::Done => return None,
                Phase::Wait(delay) => {
                    tokio::time::sleep(delay).await;
                    self.phase = Phase::Send;
                }
                Phase::Send => match self.exchange.send(self.request.clone()).await {
                    Ok(answer) => self.phase = Phase::Answer(answer),
                    Err(error) => return Some(self.failed(self.exchange.without_secrets(error))),
                },
                Phase::Answer(mut answer) => {
                    let event = self.exchange.receive(&mut answer).await;
                    return Some(match event.map_err(|error| self.exchange.without_secrets(error)) {
                        Ok(StreamEvent::Completed(mut response)) => {
                            name_calls(&mut response, &self.request);
                            Ok(StreamEvent::Completed(response))
                        }
                        Ok(event) => {
                            self.phase = Phase::Answer(answer);
                            Ok(event)
                        }
                        Err(error) if answer.anything_came => Err(error),
                        Err(error) => self.failed(error),
                    });
                }
            }
        }
    }

    /// Tries again where that may help; otherwise the error stands.
    fn failed(&mut self, error: AgentError) -> Result<StreamEvent, AgentError> {
        let Some(delay) = self.retries.next_delay(&error) else { return Err(error) };
        self.attempt += 1;
        self.phase = Phase::Wait(delay);
        Ok(StreamEvent::Retrying { attempt: self.attempt, delay, error })
    }
}
