//! Fork: a new session that begins as a copy of another.

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::event::{Event, EventHeader};
use tau_core::{EventId, SessionId};

use super::Session;
use super::handle::Handle;
use super::log::Log;
use super::open::ResumeError;
use super::options::SessionOptions;
use super::past::Past;
use crate::kernel::{Input, Rejection, decide};

/// A session cannot be copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForkError {
    /// The events are not the beginning of a session.
    #[error(transparent)]
    Events(#[from] ResumeError),
    /// The kernel takes them for no session that could go on.
    #[error(transparent)]
    Rejected(#[from] Rejection),
}

impl Session {
    /// A new session that begins as a copy of what happened in another, and the handle to it. What the other had under
    /// way there stays with it, and ends here as cancelled or unknown.
    ///
    /// The configuration is the other's; of the options' only the model, the tools, the environment and the durability
    /// count. The copy and what ends in it are one append: half of it would be taken for a session with work to go on
    /// with.
    ///
    /// # Errors
    /// When nothing happened in it.
    pub fn fork(options: SessionOptions, past: Past) -> Result<(Self, Handle), ForkError> {
        Self::fork_as(options, past, None)
    }

    /// The same, found by something else where that is given: in the same append, or a crash would leave the other's.
    pub(crate) fn fork_as(
        mut options: SessionOptions,
        past: Past,
        metadata: Option<BTreeMap<String, String>>,
    ) -> Result<(Self, Handle), ForkError> {
        let from = past.session().ok_or(ResumeError::Empty)?;
        let settling = decide(&past.state, Input::Fork { from, at: past.seq() })?;

        let id = options.durability.session.unwrap_or_else(SessionId::generate);
        let epoch = options.durability.epoch.unwrap_or(1);
        options.durability.describe(id, metadata.as_ref().unwrap_or(&past.overview().metadata));
        let (mut session, handle) = Self::with_state(options, id, past.state, epoch, Log::default());
        let mut events = copies(&past.events, id, epoch);
        events.extend(session.apply(settling.events, None));
        if let Some(metadata) = metadata {
            let described = decide(&session.state, Input::Describe { metadata })?;
            events.extend(session.apply(described.events, None));
        }
        session.commit(events, settling.effects);
        Ok((session, handle))
    }
}

/// The same events as those of another session. What brought one about is looked for among them.
fn copies(original: &[Arc<Event>], session: SessionId, epoch: u64) -> Vec<Arc<Event>> {
    let mut ids: BTreeMap<EventId, EventId> = BTreeMap::new();
    let mut copy = |event: &Arc<Event>| {
        let EventHeader { seq, time, .. } = event.header;
        let cause = event.header.cause.and_then(|cause| ids.get(&cause).copied());
        let header = EventHeader { session, seq, epoch, id: EventId::generate(), time, cause };
        ids.insert(event.header.id, header.id);
        Arc::new(Event { header, body: event.body.clone() })
    };
    original.iter().map(&mut copy).collect()
}
