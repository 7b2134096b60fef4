//! How hooks do: how often each was asked, how often it failed, and how.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tau_core::event::HookPoint;

use super::point::can_deny;
use super::port::{FailurePolicy, HookFailure, HookSpec};

/// So many hooks are remembered; beyond that, the one that was asked longest ago is forgotten.
const MAX_HOOKS: usize = 1_000;
/// So many bytes of an error are remembered.
const MAX_ERROR: usize = 500;

/// How hooks do, of all sessions that share it. Cheap to clone; every clone is the same. It holds memory for a bounded
/// number of hooks.
#[derive(Debug, Clone, Default)]
pub struct HookHealth(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    /// How often anything was asked.
    asked: u64,
    /// By source, name and point, with when it was asked last.
    hooks: BTreeMap<(String, String, HookPoint), (u64, HookStatus)>,
}

/// How a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookStatus {
    /// The hook as it was when it was asked last.
    pub spec: Arc<HookSpec>,
    /// How often it was asked, or told.
    pub asked: u64,
    /// How often it failed.
    pub failed: u64,
    /// How often that counted as a denial.
    pub denied: u64,
    /// Whether it failed when it was asked last.
    pub is_failing: bool,
    /// Its last failure, in words, and when that was.
    pub last_failure: Option<(String, SystemTime)>,
}

impl HookStatus {
    const fn new(spec: Arc<HookSpec>) -> Self {
        Self { spec, asked: 0, failed: 0, denied: 0, is_failing: false, last_failure: None }
    }
}

impl HookHealth {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every hook that was asked so far: by source, then by name.
    #[must_use]
    pub fn hooks(&self) -> Vec<HookStatus> {
        self.lock().hooks.values().map(|(_, status)| status.clone()).collect()
    }

    /// A hook was asked, and failed or not.
    pub(super) fn record(&self, spec: &Arc<HookSpec>, failure: Option<&HookFailure>) {
        let mut book = self.lock();
        book.asked += 1;
        let now = book.asked;
        let key = (spec.source.clone(), spec.name.clone(), spec.point);
        if !book.hooks.contains_key(&key) {
            book.make_room();
        }
        let (last, status) =
            book.hooks.entry(key).or_insert_with(|| (now, HookStatus::new(Arc::clone(spec))));
        *last = now;
        status.spec = Arc::clone(spec);
        status.asked += 1;
        status.is_failing = failure.is_some();
        if let Some(failure) = failure {
            status.failed += 1;
            status.denied += u64::from(counts_as_denial(spec));
            status.last_failure = Some((bounded(failure.to_string()), SystemTime::now()));
        }
    }
}

impl Book {
    fn make_room(&mut self) {
        while self.hooks.len() >= MAX_HOOKS {
            let oldest = self.hooks.iter().min_by_key(|(_, (last, _))| *last).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.hooks.remove(&oldest);
        }
    }
}

/// Whether a failure of a hook is as if it had denied.
pub(crate) fn counts_as_denial(spec: &HookSpec) -> bool {
    spec.on_failure == FailurePolicy::Block && can_deny(spec.point)
}

fn bounded(mut text: String) -> String {
    if text.len() > MAX_ERROR {
        text.truncate(text.floor_char_boundary(MAX_ERROR));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tau_core::event::HookPoint;

    use super::{HookHealth, MAX_ERROR, MAX_HOOKS};
    use crate::hooks::{FailurePolicy, HookFailure, HookSpec};

    #[test]
    fn it_counts_and_stays_small() {
        let health = HookHealth::default();
        let guard = HookSpec::new("guard", HookPoint::BeforeTool).with_failure(FailurePolicy::Block);
        let (guard, told) = (Arc::new(guard), Arc::new(HookSpec::new("told", HookPoint::AfterModel)));
        health.record(&guard, None);
        health.record(&guard, Some(&HookFailure::TimedOut));
        health.record(&told, Some(&HookFailure::Failed("ä".repeat(10_000))));
        health.record(&told, None);
        let hooks = health.hooks();
        let counts: Vec<_> = hooks
            .iter()
            .map(|hook| (hook.spec.name.as_str(), hook.asked, hook.failed, hook.denied, hook.is_failing))
            .collect();
        assert_eq!(counts, [("guard", 2, 1, 1, true), ("told", 2, 1, 0, false)]);
        let errors: Vec<&str> =
            hooks.iter().map(|hook| hook.last_failure.as_ref().unwrap().0.as_str()).collect();
        assert_eq!(errors[0], "it took too long");
        assert!(errors[1].len() <= MAX_ERROR + "…".len());
        // One that was asked lately is kept.
        for number in 0..MAX_HOOKS * 2 {
            health.record(&Arc::new(HookSpec::new(number.to_string(), HookPoint::BeforeTool)), None);
            health.record(&guard, None);
        }
        let hooks = health.hooks();
        assert_eq!(hooks.len(), MAX_HOOKS);
        assert!(hooks.iter().any(|hook| hook.spec.name == "guard"));
        assert!(hooks.iter().all(|hook| hook.spec.name != "told"));
    }
}
