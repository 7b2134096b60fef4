//! Hooks in memory.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_core::event::{HookDecision, HookPoint};

use super::ask::HookAsk;
use super::port::{Hook, HookFailure, HookSpec, Hooks, RegisteredHook};

/// Hooks in memory, the same for a session and its subagents. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct HookList {
    /// In the order in which they are asked.
    hooks: Arc<[RegisteredHook]>,
    points: BTreeSet<HookPoint>,
}

/// A hook that is a function.
struct Function<F>(F);

impl<F> Hook for Function<F>
where
    F: Fn(&HookAsk) -> Result<HookDecision, HookFailure> + Send + Sync,
{
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>> {
        // Within the future, so that a panic is one of it.
        Box::pin(async move { (self.0)(ask) })
    }
}

impl HookList {
    /// The same with another hook, behind those of its priority.
    #[must_use]
    pub fn with_hook(mut self, spec: HookSpec, hook: Arc<dyn Hook>) -> Self {
        self.points.insert(spec.point);
        let mut hooks = self.hooks.to_vec();
        hooks.push(RegisteredHook::new(Arc::new(spec), hook));
        hooks.sort_by_key(|hook| Reverse(hook.spec.priority));
        self.hooks = hooks.into();
        self
    }

    /// The same with a function that decides.
    #[must_use]
    pub fn with(
        self,
        spec: HookSpec,
        decide: impl Fn(&HookAsk) -> Result<HookDecision, HookFailure> + Send + Sync + 'static,
    ) -> Self {
        self.with_hook(spec, Arc::new(Function(decide)))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hooks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }
}

impl Hooks for HookList {
    fn points(&self) -> BTreeSet<HookPoint> {
        self.points.clone()
    }

    fn at(&self, point: HookPoint) -> Vec<RegisteredHook> {
        self.hooks.iter().filter(|hook| hook.spec.point == point).cloned().collect()
    }

    fn below(&self, _child: SessionId) -> Arc<dyn Hooks> {
        Arc::new(self.clone())
    }
}
