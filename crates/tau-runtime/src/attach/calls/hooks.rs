//! The book as far as hooks go: whose there are, and which are missed.

use std::sync::Arc;

use tokio::time::Instant;

use super::book::Book;
use super::client::{Client, Parting};
use crate::attach::hooks::HooksProvider;
use crate::attach::role::Roles;
use crate::attach::selector::SessionTraits;
use crate::hooks::{FailurePolicy, HookSpec};

impl Book {
    /// The hooks of a session by client: of those that are attached or expected back all, and of those that were lost for
    /// good the ones that fail closed.
    pub(in crate::attach) fn hooks(
        &self,
        session: &SessionTraits,
        now: Instant,
    ) -> impl Iterator<Item = (&str, impl Iterator<Item = &Arc<HookSpec>>)> {
        self.clients.iter().filter_map(move |(id, client)| {
            let provider = client.roles.hooks.as_ref().filter(|hooks| hooks.selector.selects(session))?;
            let is_expected = client.is_expected(now);
            let hooks = provider
                .hooks
                .iter()
                .filter(move |hook| is_expected || hook.on_failure == FailurePolicy::Block);
            Some((id.as_str(), hooks))
        })
    }

    /// Forgets clients that were given up, but for what sessions must not go on without.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.clients.retain(|_, client| {
            let is_expected = !client.begun.is_empty() || client.is_expected(now);
            if !is_expected {
                client.keep_guards();
            }
            is_expected || client.roles.hooks.is_some()
        });
    }

    /// Whether a client has said that it leaves, or was told to.
    pub(super) fn has_parted(&self, id: &str) -> bool {
        let live = self.clients.get(id).and_then(|client| client.live.as_ref());
        live.is_some_and(|live| live.parting != Parting::No)
    }
}

impl Client {
    /// Forgets what it took on, but for the hooks that fail closed.
    pub(super) fn keep_guards(&mut self) {
        let hooks = std::mem::take(&mut self.roles).hooks.and_then(HooksProvider::into_guards);
        self.roles = Roles { hooks, ..Roles::default() };
    }
}
