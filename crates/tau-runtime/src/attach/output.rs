//! What is being said to an extension: one message at a time, while other things go on.

use std::future::{pending, poll_fn};
use std::pin::Pin;

use futures::Sink;
use tau_proto::runtime::v1::{AttachResponse, attach_response::Message};
use tokio::time::Instant;

use super::error::AttachError;

/// At most one message waits: what an extension does not read stays with the sessions.
pub(super) struct Output<'a, S> {
    sink: Pin<&'a mut S>,
    waiting: Option<AttachResponse>,
    /// The sink may hold messages back.
    is_dirty: bool,
    spoken: Instant,
}

impl<'a, S> Output<'a, S>
where
    S: Sink<AttachResponse>,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    pub(super) fn new(sink: Pin<&'a mut S>) -> Self {
        Self { sink, waiting: None, is_dirty: false, spoken: Instant::now() }
    }

    /// Whether the next message may be said.
    pub(super) const fn is_free(&self) -> bool {
        self.waiting.is_none()
    }

    /// When something was last said.
    pub(super) const fn spoken(&self) -> Instant {
        self.spoken
    }

    pub(super) fn say(&mut self, message: Message) {
        self.spoken = Instant::now();
        self.waiting = Some(AttachResponse { message: Some(message), ..Default::default() });
    }

    /// Takes one step: hands the message over, or makes the sink send what it holds. Never ready where there is nothing
    /// to do. Dropping it halfway loses nothing.
    pub(super) async fn progress(&mut self) -> Result<(), AttachError> {
        if self.waiting.is_some() {
            poll_fn(|context| self.sink.as_mut().poll_ready(context))
                .await
                .map_err(AttachError::transport)?;
            if let Some(message) = self.waiting.take() {
                self.is_dirty = true;
                self.sink.as_mut().start_send(message).map_err(AttachError::transport)?;
            }
            return Ok(());
        }
        if !self.is_dirty {
            pending::<()>().await;
        }
        poll_fn(|context| self.sink.as_mut().poll_flush(context)).await.map_err(AttachError::transport)?;
        self.is_dirty = false;
        Ok(())
    }

    /// Says that nothing more comes.
    pub(super) async fn close(&mut self) -> Result<(), AttachError> {
        while self.waiting.is_some() {
            self.progress().await?;
        }
        poll_fn(|context| self.sink.as_mut().poll_close(context)).await.map_err(AttachError::transport)
    }
}
