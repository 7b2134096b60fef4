//! What all sessions of a process keep together when they ask the same provider.
//!
//! Each session alone behaves well and a hundred of them still storm a server: they retry at the same time, go on asking one
//! that is down, and use up a limit that is the account's. So what is about the provider is shared: a budget of retries, a
//! circuit breaker, slots for requests, tokens by the minute, and the wait that a busy server asked for.

mod breaker;
mod bucket;
pub(crate) mod headers;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tau_core::config::ClientConfig;
use tau_core::{TokenUsage, redact_url};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use url::Url;

use breaker::Breaker;
use bucket::Bucket;

/// The limits of every provider, for all agents that are given them. Cheap to clone; clones are the same limits.
///
/// The configuration of a provider counts that was in force when it was first asked.
#[derive(Clone, Default)]
pub struct Limits {
    providers: Arc<Mutex<BTreeMap<String, Arc<ProviderLimits>>>>,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("providers", &locked(&self.providers).len()).finish()
    }
}

impl Limits {
    /// Limits of which nothing is used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of the provider at an address.
    pub(crate) fn of(&self, provider: &str, base_url: &Url, config: &ClientConfig) -> Arc<ProviderLimits> {
        let key = format!("{provider} {}", redact_url(base_url));
        let mut providers = locked(&self.providers);
        Arc::clone(providers.entry(key).or_insert_with(|| Arc::new(ProviderLimits::new(config))))
    }
}

/// What a request waits for before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Awaited {
    /// One of the requests that may be under way at the same time (`max_concurrent`) has to end.
    Slot,
    /// There have to be tokens again (`tokens_per_minute`).
    Tokens,
    /// The server asked to be left alone for a while.
    Server,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slot => "for one of its other requests to end (`max_concurrent`)",
            Self::Tokens => "for tokens of the next minute (`tokens_per_minute`)",
            Self::Server => "because the server asked for it",
        })
    }
}

/// Something in the way of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub(crate) awaited: Awaited,
    /// How long, where that can be said.
    pub(crate) wait: Option<Duration>,
}

/// What is shared of one provider.
#[derive(Debug)]
pub(crate) struct ProviderLimits {
    breaker: Mutex<Breaker>,
    retries: Mutex<Bucket>,
    tokens: Option<Mutex<Bucket>>,
    slots: Option<Arc<Semaphore>>,
    /// Until when nobody asks for a model, because the server wants it so: limits of rate are a model's.
    held_until: Mutex<BTreeMap<String, Instant>>,
}

impl ProviderLimits {
    fn new(config: &ClientConfig) -> Self {
        let now = Instant::now();
        let slots = config.max_concurrent.map(|most| Arc::new(Semaphore::new(most.max(1) as usize)));
        Self {
            breaker: Mutex::new(Breaker::new(config.breaker_failures(), config.breaker_cooldown())),
            retries: Mutex::new(Bucket::new(config.retry_budget().into(), now)),
            tokens: config.tokens_per_minute.map(|most| Mutex::new(Bucket::new(most.max(1), now))),
            slots,
            held_until: Mutex::default(),
        }
    }

    /// Takes one retry out of the budget, if one is left.
    pub(crate) fn take_retry(&self) -> bool {
        locked(&self.retries).try_take(1.0, Instant::now())
    }

    /// Lets nobody ask for a model for a while.
    pub(crate) fn hold(&self, model: &str, wait: Duration) {
        let Some(until) = Instant::now().checked_add(wait) else { return };
        let mut held = locked(&self.held_until);
        held.entry(model.to_owned()).and_modify(|held| *held = until.max(*held)).or_insert(until);
    }

    /// What a request of about so many tokens would wait for, if it were sent now. Others may be quicker, so it is a word for
    /// people and no promise.
    pub(crate) fn obstacle(&self, model: &str, tokens: u64) -> Option<Obstacle> {
        /// What is over before anybody has read of it is not told.
        const SHORT: Duration = Duration::from_millis(500);
        let now = Instant::now();
        let held = locked(&self.held_until).get(model).map(|until| until.saturating_duration_since(now));
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let tokens = self.tokens.as_ref().map(|bucket| locked(bucket).wait_for(tokens as f64, now));
        let timed = [(Awaited::Server, held), (Awaited::Tokens, tokens)];
        let longest = timed.into_iter().filter_map(|(awaited, wait)| Some((awaited, wait?)));
        let longest = longest.filter(|(_, wait)| *wait >= SHORT).max_by_key(|(_, wait)| *wait);
        if let Some((awaited, wait)) = longest {
            return Some(Obstacle { awaited, wait: Some(wait) });
        }
        let is_full = self.slots.as_ref().is_some_and(|slots| slots.available_permits() == 0);
        is_full.then_some(Obstacle { awaited: Awaited::Slot, wait: None })
    }

    /// Waits for the right to send a model a request of about so many tokens.
    ///
    /// # Errors
    /// When the server failed so often that it is not asked: how long it is not.
    pub(crate) async fn admit(self: &Arc<Self>, model: &str, tokens: u64) -> Result<Admission, Duration> {
        if let Some(wait) = locked(&self.breaker).refuses_for(Instant::now()) {
            return Err(wait);
        }
        let mut admission = Admission {
            limits: Arc::clone(self),
            slot: None,
            reserved: 0.0,
            is_told: true,
            has_begun: false,
        };
        self.wait_while_held(model).await;
        if let Some(bucket) = &self.tokens {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let amount = tokens as f64;
            admission.reserved = amount;
            let wait = locked(bucket).take(amount, Instant::now());
            tokio::time::sleep(wait).await;
        }
        if let Some(slots) = &self.slots {
            // Closed never: the semaphore lives as long as the limits.
            admission.slot = Arc::clone(slots).acquire_owned().await.ok();
            // One that was under way meanwhile may have been told to wait.
            self.wait_while_held(model).await;
        }
        locked(&self.breaker).admit(Instant::now())?;
        admission.is_told = false;
        Ok(admission)
    }

    async fn wait_while_held(&self, model: &str) {
        /// Whoever waited for the same moment does not ask in the same moment.
        const SPREAD: Duration = Duration::from_millis(250);
        loop {
            let held = locked(&self.held_until).get(model).copied();
            let Some(until) = held.filter(|until| *until > Instant::now()) else { return };
            tokio::time::sleep_until(until + SPREAD.mul_f64(fastrand::f64())).await;
        }
    }
}

/// The right to have one request under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Arc<ProviderLimits>,
    /// Given back when it is dropped.
    slot: Option<OwnedSemaphorePermit>,
    /// Tokens taken ahead, by the length of the request.
    reserved: f64,
    /// Whether it was said how the server does.
    is_told: bool,
    /// Whether an answer began, which is when tokens are used.
    has_begun: bool,
}

impl Admission {
    /// The answer began.
    pub(crate) fn begun(&mut self) {
        self.has_begun = true;
        self.refused();
    }

    /// The server works, if only to refuse the request.
    pub(crate) fn refused(&mut self) {
        if !std::mem::replace(&mut self.is_told, true) {
            locked(&self.limits.breaker).succeeded();
        }
    }

    /// The server failed.
    pub(crate) fn failed(&mut self) {
        if !std::mem::replace(&mut self.is_told, true) {
            locked(&self.limits.breaker).failed(Instant::now());
        }
    }

    /// What the answer really used; what was taken ahead is put right.
    pub(crate) fn used(&mut self, usage: TokenUsage) {
        if let Some(bucket) = &self.limits.tokens {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let used = usage.total() as f64;
            locked(bucket).give(self.reserved - used);
            self.reserved = used;
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(bucket) = self.limits.tokens.as_ref().filter(|_| !self.has_begun) {
            locked(bucket).give(self.reserved);
        }
        if !self.is_told {
            locked(&self.limits.breaker).abandoned(Instant::now());
        }
    }
}

/// No code panics while it holds one of these, and what they hold is right after every step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
