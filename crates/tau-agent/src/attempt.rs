//! One request on its way through its attempts: retries, models asked instead, the time for it all.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use tau_core::event::ModelFailureKind;
use tau_core::{ChatResponse, ContentBlock, HumanDuration, Prices, ToolCallId};
use tokio::time::Instant;

use crate::error::AgentError;
use crate::exchange::{Answer, Exchange, within};
use crate::limits::Obstacle;
use crate::retry::RetrySchedule;
use crate::stream::StreamEvent;
use crate::transport::WireRequest;

/// A model that may be asked, and the request as it is asked it.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) request: WireRequest,
    /// Why it cannot be sent, where that is known before.
    pub(crate) refusal: Option<AgentError>,
    /// At whose prices its answer counts.
    pub(crate) price: Price,
}

/// At whose prices an answer counts.
#[derive(Debug)]
pub(crate) enum Price {
    /// Those of the model that was asked for, which whoever asked knows.
    Asked,
    /// Those of the model that answered in its place; none, where they are not known.
    Own(Option<Prices>),
}

/// The answer of the first of these that can be had, with retries.
pub(crate) fn answer(
    mut choices: VecDeque<Choice>,
) -> impl Stream<Item = Result<StreamEvent, AgentError>> + Send {
    let attempt = choices.pop_front().map(|choice| Attempt::new(choice, choices));
    futures::stream::unfold(attempt, |mut attempt| async move {
        let event = attempt.as_mut()?.next().await?;
        Some((event, attempt))
    })
}

/// One request on its way through its attempts.
struct Attempt {
    choice: Choice,
    /// The models that may be asked instead, in order.
    others: VecDeque<Choice>,
    retries: RetrySchedule,
    attempt: u32,
    /// The time for it all, which is that of the first model, whoever answers.
    limit: Option<Duration>,
    /// When it is up; known from the first poll.
    deadline: Option<Instant>,
    phase: Phase,
}

enum Phase {
    Begin,
    Send,
    /// It is told what the request waits for, and sent then.
    Queue,
    Wait(Duration),
    Answer(Answer),
    Done,
}

impl Attempt {
    fn new(choice: Choice, others: VecDeque<Choice>) -> Self {
        let retries = RetrySchedule::new(&choice.exchange.client);
        let limit = choice.exchange.client.total_timeout();
        Self { choice, others, retries, attempt: 1, limit, deadline: None, phase: Phase::Begin }
    }

    async fn next(&mut self) -> Option<Result<StreamEvent, AgentError>> {
        if matches!(self.phase, Phase::Begin) {
            self.deadline = self.limit.and_then(|limit| Instant::now().checked_add(limit));
            self.phase = Phase::Send;
        }
        match within(self.deadline, self.step()).await {
            Some(event) => event,
            None => {
                self.phase = Phase::Done;
                Some(Err(self.out_of_time()))
            }
        }
    }

    fn out_of_time(&self) -> AgentError {
        let limit = HumanDuration::from(self.limit.unwrap_or_default());
        let problem = format!("did not answer within {limit}, all tries together");
        let endpoint = &self.choice.exchange.endpoint;
        AgentError::new(ModelFailureKind::Timeout, endpoint, problem).at_the_end_of_time()
    }

    async fn step(&mut self) -> Option<Result<StreamEvent, AgentError>> {
        loop {
            if let Some(refusal) = self.choice.refusal.take() {
                self.phase = Phase::Done;
                return Some(Err(refusal));
            }
            let exchange = &self.choice.exchange;
            match std::mem::replace(&mut self.phase, Phase::Done) {
                Phase::Done => return None,
                Phase::Wait(delay) => {
                    tokio::time::sleep(delay).await;
                    self.phase = Phase::Send;
                }
                Phase::Begin | Phase::Send => {
                    self.phase = Phase::Queue;
                    if let Some(Obstacle { awaited, wait }) = exchange.obstacle(&self.choice.request) {
                        return Some(Ok(StreamEvent::Waiting { awaited, wait }));
                    }
                }
                Phase::Queue => match exchange.begin(self.choice.request.clone()).await {
                    Ok(answer) => self.phase = Phase::Answer(answer),
                    Err(error) => return Some(self.failed(error)),
                },
                Phase::Answer(mut answer) => {
                    return Some(match exchange.receive(&mut answer).await {
                        Ok(StreamEvent::Completed(mut response)) => {
                            name_calls(&mut response, &self.choice.request);
                            price(&mut response, &self.choice.price);
                            Ok(StreamEvent::Completed(response))
                        }
                        Ok(event) => {
                            self.phase = Phase::Answer(answer);
                            Ok(event)
                        }
                        Err(error) if error.is_mid_answer() => Err(error),
                        Err(error) => self.failed(error),
                    });
                }
            }
        }
    }

    /// Tries again where that may help, or asks another model; otherwise the error stands.
    fn failed(&mut self, error: AgentError) -> Result<StreamEvent, AgentError> {
        let mut delay = self.retries.next_delay(&error);
        let mut error = error;
        if delay.is_some() && !self.choice.exchange.limits.take_retry() {
            delay = None;
            let budget = self.choice.exchange.client.retry_budget();
            error = error.adding(&format!(
                "; it is not tried again, because all sessions together have used the budget of {budget} retries a \
                 minute (`retry_budget` under [client])"
            ));
        }
        let mut instead = None;
        if delay.is_none() {
            let Some(next) = self.others.pop_front().filter(|_| error.is_unavailable()) else {
                return Err(error);
            };
            instead = Some(next.exchange.endpoint.clone());
            self.retries = RetrySchedule::new(&next.exchange.client);
            self.choice = next;
        }
        self.attempt += 1;
        let delay = delay.unwrap_or_default();
        self.phase = Phase::Wait(delay);
        Ok(StreamEvent::Retrying { attempt: self.attempt, delay, error, instead })
    }
}

/// Says what an answer cost that another model gave than the one whose prices are known to whoever asked.
fn price(response: &mut ChatResponse, price: &Price) {
    if let (Price::Own(prices), Some(usage)) = (price, &response.usage) {
        response.cost = Some(prices.as_ref().map(|prices| prices.cost(usage)).unwrap_or_default());
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
            call.id = made_id(digest, index);
        }
    }
}

fn made_id(digest: u64, index: usize) -> ToolCallId {
    ToolCallId::new(format!("call_{digest:016x}_{index}"))
}

/// Whether an id was made here, and not by a provider, of which several begin theirs alike.
pub(crate) fn is_made_id(id: &str) -> bool {
    let Some((digest, index)) = id.strip_prefix("call_").and_then(|rest| rest.split_once('_')) else {
        return false;
    };
    let is_digest =
        digest.len() == 16 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_digest && !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_were_made_here_are_known_again() {
        for (digest, index) in [(0, 0), (u64::MAX, 17)] {
            assert!(is_made_id(made_id(digest, index).as_str()));
        }
        for id in [
            "call_4162774",
            "call_0123456789abcdef",
            "call_0123456789ABCDEF_0",
            "call_0123456789abcdef_",
            "a",
        ] {
            assert!(!is_made_id(id), "{id}");
        }
    }
}
