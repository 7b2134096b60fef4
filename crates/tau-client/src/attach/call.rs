//! A call of a tool, as its handler sees it.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

/// Bytes of progress of one call that may wait to be taken, before the handler does.
pub(super) const PROGRESS_BUFFER: usize = 256 << 10;
/// The largest piece of progress: the interface allows more, and nobody reads more at a time.
const PIECE: usize = 32 << 10;

/// What a call says of itself while it runs.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) call_id: String,
    pub(super) text: String,
}

/// A call of a tool.
#[derive(Debug)]
pub struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) key: String,
    pub(super) session: String,
    pub(super) run: String,
    pub(super) call_id: String,
    pub(super) progress: UnboundedSender<Progress>,
    pub(super) room: Arc<Semaphore>,
}

impl ToolCall {
    /// The tool's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The arguments, read as a type. The model made them and they need not fit the schema; what is wrong is told in words
    /// that help it.
    ///
    /// # Errors
    /// When they are not what `T` is.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.arguments)
    }

    /// The arguments as the model wrote them.
    #[must_use]
    pub fn arguments_json(&self) -> &str {
        &self.arguments
    }

    /// The same for every attempt at this call, and for no other call. What is idempotent passes it on.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// The session on whose behalf it is.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session
    }

    /// The run on whose behalf it is.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run
    }

    /// Shows output to whoever follows the session; the model does not see it. Waits while more than 256 KiB was not taken
    /// yet.
    pub async fn progress(&self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.floor_char_boundary(PIECE));
            rest = later;
            let size = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            // It is never closed while the call runs.
            let Ok(room) = self.room.acquire_many(size).await else { return };
            room.forget();
            let progress = Progress { call_id: self.call_id.clone(), text: piece.to_owned() };
            // Whoever listened is gone, and with it whoever would have been told.
            let _ = self.progress.send(progress);
        }
    }
}
