//! What is to be said to the runtime: said while other things go on.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::pin::Pin;

use futures::Sink;
use tau_proto::runtime::v1::AttachRequest;
use tau_proto::runtime::v1::attach_request;
use tokio::time::Instant;

use super::error::JournalError;

/// Messages that wait for the runtime to take them.
pub(super) struct Output<'a, S> {
    sink: Pin<&'a mut S>,
    waiting: VecDeque<AttachRequest>,
    /// The sink may hold messages back.
    is_dirty: bool,
    last_push: Instant,
}

impl<'a, S> Output<'a, S> {
    pub(super) fn new(sink: Pin<&'a mut S>) -> Self {
        Self { sink, waiting: VecDeque::new(), is_dirty: false, last_push: Instant::now() }
    }

    /// How many messages wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When something was last said.
    pub(super) const fn last_push(&self) -> Instant {
        self.last_push
    }

    pub(super) fn push(&mut self, message: impl Into<attach_request::Message>) {
        self.last_push = Instant::now();
        self.waiting.push_back(AttachRequest { message: Some(message.into()), ..Default::default() });
    }
}

impl<S> Output<'_, S>
where
    S: Sink<AttachRequest>,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    /// Takes one step: hands a message over, or makes the sink send what it holds. Never ready where there is nothing
    /// to do. Dropping it halfway loses nothing.
    pub(super) async fn progress(&mut self) -> Result<(), JournalError> {
        if !self.waiting.is_empty() {
            poll_fn(|context| self.sink.as_mut().poll_ready(context))
                .await
                .map_err(JournalError::transport)?;
            if let Some(message) = self.waiting.pop_front() {
                self.is_dirty = true;
                self.sink.as_mut().start_send(message).map_err(JournalError::transport)?;
            }
            return Ok(());
        }
        if !self.is_dirty {
            pending::<()>().await;
        }
        poll_fn(|context| self.sink.as_mut().poll_flush(context)).await.map_err(JournalError::transport)?;
        self.is_dirty = false;
        Ok(())
    }

    /// Sends everything that waits.
    pub(super) async fn flush(&mut self) -> Result<(), JournalError> {
        while self.is_dirty || !self.waiting.is_empty() {
            self.progress().await?;
        }
        Ok(())
    }

    /// Sends everything that waits and says that no more comes.
    pub(super) async fn finish(&mut self) -> Result<(), JournalError> {
        self.flush().await?;
        poll_fn(|context| self.sink.as_mut().poll_close(context)).await.map_err(JournalError::transport)
    }
}
