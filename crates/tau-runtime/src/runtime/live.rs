//! A session that is live: its handle, and how it ends.

use std::sync::Arc;

use tau_core::SessionId;
use tau_core::event::{EventHash, Seq};
use tau_tools::environment::Environment;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::RuntimeError;
use super::factory::EnvironmentChoice;
use crate::attach::RemoteEnvironment;
use crate::driver::{Handle, SessionEnd, SessionError};

/// How a session's task ended.
pub type Ended = Result<SessionEnd, Arc<SessionError>>;

/// A session that is live here. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveSession(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    handle: Handle,
    files: Arc<dyn Environment>,
    environment: EnvironmentChoice,
    provided: Option<RemoteEnvironment>,
    began: Seq,
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the interface tells records"))]
    began_hash: EventHash,
    required_acks: usize,
    stop: CancellationToken,
    ended: watch::Receiver<Option<Ended>>,
    /// Cancelled when nothing holds the session any more.
    gone: CancellationToken,
}

/// What there is to know of a session that starts.
pub(super) struct MadeOf {
    pub(super) handle: Handle,
    pub(super) files: Arc<dyn Environment>,
    pub(super) environment: EnvironmentChoice,
    /// The environment that an extension gives it.
    pub(super) provided: Option<RemoteEnvironment>,
    /// Its newest event before it became live, and the hash of that.
    pub(super) began: Seq,
    pub(super) began_hash: EventHash,
    pub(super) required_acks: usize,
}

impl LiveSession {
    pub(super) fn new(
        made: MadeOf,
        stop: CancellationToken,
        ended: watch::Receiver<Option<Ended>>,
        gone: CancellationToken,
    ) -> Self {
        let MadeOf { handle, files, environment, provided, began, began_hash, required_acks } = made;
        Self(Arc::new(Inner {
            handle,
            files,
            environment,
            provided,
            began,
            began_hash,
            required_acks,
            stop,
            ended,
            gone,
        }))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.0.handle.session_id()
    }

    /// The way to it.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.0.handle
    }

    /// The files and processes that its tools act on.
    #[must_use]
    pub fn files(&self) -> &dyn Environment {
        &*self.0.files
    }

    /// What was chosen for its tools to act through.
    #[must_use]
    pub fn environment(&self) -> &EnvironmentChoice {
        &self.0.environment
    }

    /// Whether it waits for a journal, or a tool of it for the extension that gives its environment and is away.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.handle.is_paused() || self.0.provided.as_ref().is_some_and(RemoteEnvironment::is_missed)
    }

    /// Its newest event before it became live here; 0 for a session that was made here.
    #[must_use]
    pub fn began(&self) -> Seq {
        self.0.began
    }

    /// The hash of that event in its journal.
    #[cfg(feature = "server")]
    pub(crate) fn began_hash(&self) -> EventHash {
        self.0.began_hash
    }

    /// How many journals must hold its events.
    #[must_use]
    pub fn required_acks(&self) -> usize {
        self.0.required_acks
    }

    /// The session, once the first event of it here is durable: until then nobody may be told that it is there.
    pub(super) async fn begun(self) -> Result<Self, RuntimeError> {
        // What is told is durable. Of a copy, the events come together.
        if self.0.handle.subscribe(self.0.began).next().await.is_some() {
            return Ok(self);
        }
        match self.ended().await {
            Err(error) => Err(error.into()),
            Ok(_) => Err(RuntimeError::NotLive(self.id())),
        }
    }

    /// Lets it go where it stands, so that it can be resumed.
    pub fn release(&self) {
        self.0.stop.cancel();
    }

    /// How it ended; `None` while it is live.
    #[must_use]
    pub fn end(&self) -> Option<Ended> {
        self.0.ended.borrow().clone()
    }

    /// Waits until it has ended and is let go, so that it can be resumed.
    pub async fn ended(&self) -> Ended {
        let end = self.stopped().await;
        self.0.gone.cancelled().await;
        end
    }

    /// Waits until it does nothing any more. Whoever keeps it may hold it yet.
    pub(crate) async fn stopped(&self) -> Ended {
        let mut ended = self.0.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(end) => end.clone().unwrap_or(Ok(SessionEnd::Abandoned)),
            // Its task is gone without a word: it crashed, and can be resumed.
            Err(_) => Ok(SessionEnd::Abandoned),
        }
    }
}
