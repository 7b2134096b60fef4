//! A session's end of the hub.

use std::sync::Arc;
use std::time::Duration;

use tau_core::SessionId;
use tau_core::event::{EventHash, Record, Seq};
use tau_proto::runtime::v1::FencedReason;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::book::Shared;
use super::entry::Kept;
use super::wire;
use crate::attach::SessionTraits;
use crate::kernel::gate::{Position, Refusal};

/// Where a session stands when it begins to append.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) session: SessionId,
    /// What journals choose it by.
    pub(crate) traits: SessionTraits,
    /// The epoch that it appends under, and the last event before.
    pub(crate) position: Position,
    /// The hash of that event.
    pub(crate) hash: EventHash,
    /// How many journals must hold an event.
    pub(crate) required: usize,
}

/// What a session hears of its journals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A journal is there.
    Attached { client: String },
    /// A journal is gone, or does not take the session any more.
    Lost { client: String },
    /// A journal holds every event up to `seq`.
    Acked { client: String, seq: Seq },
    /// A journal refuses events. It is sent nothing more of the session until [`Appender::resend`].
    Refused { client: String, refusal: Refusal, detail: String },
    /// Another writer of this runtime has the session.
    Superseded,
}

/// Hands a session's events to the hub. Dropped, it says that no more come; what was handed over is still sent.
#[derive(Debug)]
pub(crate) struct Appender {
    shared: Arc<Shared>,
    session: SessionId,
    token: u64,
}

/// Registers a session with the hub.
pub(super) fn register(
    shared: &Arc<Shared>,
    standing: Standing,
) -> (Appender, mpsc::UnboundedReceiver<Outcome>) {
    let (sender, outcomes) = mpsc::unbounded_channel();
    let session = standing.session;
    let token = shared.lock().register(standing, sender);
    (Appender { shared: Arc::clone(shared), session, token }, outcomes)
}

impl Appender {
    /// Hands over the records of one decision or of several, which stay together. Never waits.
    pub(crate) fn append(&self, records: impl IntoIterator<Item = (Record, EventHash)>) {
        let mut kept: Vec<Kept> =
            records.into_iter().map(|(record, hash)| Kept::new(wire::to_wire(record), hash)).collect();
        if let Some(last) = kept.last_mut() {
            last.ends_append = true;
            self.shared.lock().append(self.session, self.token, kept);
        }
    }

    /// Sends a journal again what comes after a place, not before `delay` has passed.
    pub(crate) fn resend(&self, client: &str, after: Seq, delay: Duration) {
        let at = Instant::now() + delay;
        self.shared.lock().resend(self.session, self.token, client, after, at);
    }

    /// Tells every journal that nothing more comes under this epoch, and that what waits is to be forgotten.
    pub(crate) fn fence(&self, reason: FencedReason) {
        self.shared.lock().fence(self.session, self.token, reason);
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        self.shared.lock().end(self.session, self.token);
    }
}
