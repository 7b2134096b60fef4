//! How a node is run: again, for how long, or not at all.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::Value;

use super::node::BoxError;
use crate::state::State;

/// How a node is run. By default once, for as long as it takes, and as often as edges lead to it.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub(super) retry: Option<Retry>,
    pub(super) timeout: Option<Duration>,
    pub(super) cache: Option<Cache>,
    pub(super) visits: Option<NonZeroU32>,
}

impl Policy {
    /// The default policy.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tries again after an error or a timeout. A panic is not tried again.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Drops an attempt that takes longer. Needs a runtime with time, as waiting between attempts does.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Takes the update from an earlier run where there is one.
    #[must_use]
    pub fn with_cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The most supersteps of one run in which the node runs. Every cycle needs such a limit on one of its nodes, or the
    /// graph a limit of supersteps.
    #[must_use]
    pub fn with_visits(mut self, visits: NonZeroU32) -> Self {
        self.visits = Some(visits);
        self
    }
}

type IsTransient = Arc<dyn Fn(&BoxError) -> bool + Send + Sync>;

/// How often an attempt is made, and how long is waited in between: twice as long each time, plus a random part.
#[derive(Clone)]
pub struct Retry {
    attempts: NonZeroUsize,
    first: Duration,
    longest: Duration,
    transient: Option<IsTransient>,
}

impl Retry {
    /// At most this many attempts, the first included; half a second before the second one, at most a minute.
    #[must_use]
    pub fn attempts(attempts: NonZeroUsize) -> Self {
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(60));
        Self { attempts, first, longest, transient: None }
    }

    /// Waits that long before the second attempt, and never longer than `longest`.
    #[must_use]
    pub fn with_wait(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// Tries again only after errors of which `transient` says so.
    #[must_use]
    pub fn only_if(mut self, transient: impl Fn(&BoxError) -> bool + Send + Sync + 'static) -> Self {
        self.transient = Some(Arc::new(transient));
        self
    }

    pub(super) fn is_transient(&self, error: &BoxError) -> bool {
        self.transient.as_ref().is_none_or(|transient| transient(error))
    }

    /// The waits between attempts, one fewer than attempts.
    pub(super) fn waits(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.attempts.get() - 1)
            .with_jitter()
            .build()
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .field("first", &self.first)
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

type CacheKey = Arc<dyn Fn(&State, Option<&Value>) -> Option<String> + Send + Sync>;

/// When the update of an earlier run of a node is taken instead of running it. Kept in the memory of the graph, for all of its
/// runs; a node that asks is not cached.
#[derive(Clone)]
pub struct Cache {
    key: CacheKey,
    pub(super) keep: Option<Duration>,
    pub(super) capacity: NonZeroUsize,
}

impl Cache {
    /// An update is taken where `key` gives the same text for the state and the input of the task. Without a text the node runs.
    #[must_use]
    pub fn by(key: impl Fn(&State, Option<&Value>) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { key: Arc::new(key), keep: None, capacity: const { NonZeroUsize::new(1024).unwrap() } }
    }

    /// Forgets an update after that long.
    #[must_use]
    pub fn with_keep(mut self, keep: Duration) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Keeps at most this many updates, 1,024 by default; the oldest goes first.
    #[must_use]
    pub fn with_capacity(mut self, capacity: NonZeroUsize) -> Self {
        self.capacity = capacity;
        self
    }

    pub(super) fn key(&self, state: &State, input: Option<&Value>) -> Option<String> {
        (self.key)(state, input)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("keep", &self.keep)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
