//! Hubs of one process.

use std::num::NonZeroUsize;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::{mpsc, watch};

use super::{Frames, Transport, TransportError, TransportStatus};
use crate::hub::subject::{Pattern, Subject};
use crate::hub::tree::SubjectTree;
use crate::sync::{read, write};

type Subscribers = RwLock<SubjectTree<mpsc::Sender<Bytes>>>;

/// A transport between the hubs of one process. Clones are the same one: every hub gets a clone.
///
/// It loses nothing and keeps the order of each publisher: a publisher waits for a subscription that has no room.
#[derive(Debug, Clone)]
pub struct InProcess {
    subscribers: Arc<Subscribers>,
    status: watch::Sender<TransportStatus>,
    capacity: NonZeroUsize,
}

impl Default for InProcess {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(1024).unwrap_or(NonZeroUsize::MIN);
        Self { subscribers: Arc::default(), status: watch::Sender::new(TransportStatus::Connected), capacity }
    }
}

impl InProcess {
    /// A transport with nobody on it, whose subscriptions have room for 1,024 frames each.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Transport for InProcess {
    fn publish(&self, subject: Subject, frame: Bytes) -> BoxFuture<'_, Result<(), TransportError>> {
        async move {
            let mut wanted = Vec::new();
            read(&self.subscribers).find(&subject, |subscriber| wanted.push(subscriber.clone()));
            for subscriber in wanted {
                // One that is gone in the meantime wants nothing more.
                let _ = subscriber.send(frame.clone()).await;
            }
            Ok(())
        }
        .boxed()
    }

    fn subscribe(&self, pattern: Pattern) -> BoxFuture<'_, Result<Frames, TransportError>> {
        let (sender, receiver) = mpsc::channel(self.capacity.get());
        write(&self.subscribers).insert(&pattern, sender);
        let end = Unsubscribe { subscribers: Arc::clone(&self.subscribers), pattern };
        let frames = stream::unfold((receiver, end), |(mut receiver, end)| async {
            let frame = receiver.recv().await?;
            Some((frame, (receiver, end)))
        });
        async { Ok(frames.boxed()) }.boxed()
    }

    fn status(&self) -> watch::Receiver<TransportStatus> {
        self.status.subscribe()
    }
}

/// Takes out whoever does not listen any more.
struct Unsubscribe {
    subscribers: Arc<Subscribers>,
    pattern: Pattern,
}

impl Drop for Unsubscribe {
    fn drop(&mut self) {
        // The receiver goes before this does, so the channel is closed.
        write(&self.subscribers).remove(&self.pattern, mpsc::Sender::is_closed);
    }
}
