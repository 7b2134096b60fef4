//! Whoever is told of what happens in a session from within its process.

use std::fmt;

use futures::future::BoxFuture;
use tau_core::SessionId;

use super::Subscription;

/// Follows a session, for as long as it is live here.
///
/// It hears what every subscriber hears, from the first event: of one that is taken up, its past again. It decides nothing,
/// nobody waits for it, and its task may be gone with the process.
pub trait Observer: fmt::Debug + Send + Sync {
    /// The task that follows a session. It should end when the subscription does.
    fn follow(&self, session: SessionId, updates: Subscription) -> BoxFuture<'static, ()>;
}
