//! Hooks of several sources.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use tau_core::SessionId;
use tau_core::event::HookPoint;

use super::port::{Hooks, RegisteredHook};

/// Hooks of several sources as one: by priority, then by source, then as each orders them.
#[derive(Debug, Clone)]
pub struct SeveralHooks(Vec<Arc<dyn Hooks>>);

impl SeveralHooks {
    /// These, in this order.
    #[must_use]
    pub const fn new(sources: Vec<Arc<dyn Hooks>>) -> Self {
        Self(sources)
    }
}

impl Hooks for SeveralHooks {
    fn points(&self) -> BTreeSet<HookPoint> {
        self.0.iter().flat_map(|source| source.points()).collect()
    }

    fn at(&self, point: HookPoint) -> Vec<RegisteredHook> {
        let mut hooks: Vec<RegisteredHook> = self.0.iter().flat_map(|source| source.at(point)).collect();
        hooks.sort_by_key(|hook| Reverse(hook.spec.priority));
        hooks
    }

    fn below(&self, child: SessionId) -> Arc<dyn Hooks> {
        Arc::new(Self(self.0.iter().map(|source| source.below(child)).collect()))
    }
}
