//! Reaching a session.

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::event::{CancelScope, Event, PermissionAnswer, PlanAnswer, QuestionAnswer, Seq};
use tau_core::{ContentBlock, Message, RunId, SessionId, ToolCallId};
use tau_session::SessionOverview;
use tokio::sync::{mpsc, oneshot};

use super::durability::Answer;
use super::end::SessionErrorKind;
use super::log::Log;
use super::subagents::FutureHandle;
use super::subscription::Subscription;
use crate::kernel::{Input, Rejection, State};

/// What a handle asks of its session, and where the answer goes.
#[derive(Debug)]
pub(super) enum Command {
    /// Something for the kernel.
    Give { input: Box<Input>, expected: Head, answer: Answer },
    /// The handle of a subagent.
    Subagent { child: SessionId, answer: oneshot::Sender<FutureHandle> },
}

impl Command {
    /// Says that the session has failed.
    pub(super) fn fail(self, kind: SessionErrorKind) {
        if let Self::Give { answer, .. } = self {
            // Whoever asked may have gone: then nobody needs the answer.
            let _ = answer.send(Err(HandleError::Failed(kind)));
        }
    }
}

/// The way to reach a session. Cheap to clone; the session ends when every handle is gone or it is
/// closed.
///
/// An answer means that what was asked is durable, as far as the session's [`Durability`](super::Durability) goes, and
/// gives the first event that it led to.
#[derive(Debug, Clone)]
pub struct Handle {
    id: SessionId,
    mailbox: mpsc::Sender<Command>,
    log: Arc<Log>,
}

/// The session could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// It does not fit the state the session is in.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The session went on since the place it was expected to be at.
    #[error("the session is at event {head} by now")]
    Moved {
        /// Its newest event.
        head: Seq,
    },
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
    /// The session has failed, so what was asked may not be durable: it is as if it had not been asked.
    #[error("{0}")]
    Failed(SessionErrorKind),
}

/// The newest event that a session must have for a change to it to be right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a place, or none, is all there is")]
pub enum Head {
    /// Whichever it is.
    #[default]
    Any,
    /// This one, or else the change is [refused](HandleError::Moved).
    At(Seq),
}

impl Handle {
    pub(super) const fn new(id: SessionId, mailbox: mpsc::Sender<Command>, log: Arc<Log>) -> Self {
        Self { id, mailbox, log }
    }

    /// The session.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.id
    }

    /// Asks for work and gives the id of its run. It starts when the runs before it have ended.
    ///
    /// # Errors
    /// When the content is empty or no person's, or the session has ended.
    pub async fn prompt(
        &self,
        content: impl IntoIterator<Item = ContentBlock>,
    ) -> Result<RunId, HandleError> {
        let run = RunId::generate();
        self.prompt_as(run, content, Head::Any).await?;
        Ok(run)
    }

    /// Asks for work under an id that the caller chose: asked again with it, nothing happens twice.
    ///
    /// # Errors
    /// [`Rejection::DuplicateRun`] when the session knows the run already; else as [`Handle::prompt`].
    pub async fn prompt_as(
        &self,
        run: RunId,
        content: impl IntoIterator<Item = ContentBlock>,
        expected: Head,
    ) -> Result<Seq, HandleError> {
        let content = content.into_iter().collect();
        self.give(Input::Prompt { run, content }, expected).await
    }

    /// Changes what the session is found by, in place of what was there. The model is not told.
    ///
    /// # Errors
    /// When the session went on since, or has ended.
    pub async fn describe(
        &self,
        metadata: BTreeMap<String, String>,
        expected: Head,
    ) -> Result<Seq, HandleError> {
        self.give(Input::Describe { metadata }, expected).await
    }

    /// Puts a conversation that was held elsewhere before everything else. Only a new session takes one.
    ///
    /// # Errors
    /// When the session has begun or has ended, or the messages are no conversation that can go on.
    pub async fn import(&self, messages: impl IntoIterator<Item = Message>) -> Result<Seq, HandleError> {
        self.send(Input::Import { messages: messages.into_iter().collect() }).await
    }

    /// Adds context, which the model reads with its next request.
    ///
    /// # Errors
    /// When the content is empty or no person's, or the session has ended.
    pub async fn inject(&self, content: impl IntoIterator<Item = ContentBlock>) -> Result<Seq, HandleError> {
        self.send(Input::Inject { content: content.into_iter().collect() }).await
    }

    /// Answers a request for permission.
    ///
    /// # Errors
    /// When the call does not wait for permission (any more), or the session has ended.
    pub async fn answer_permission(
        &self,
        call_id: ToolCallId,
        answer: PermissionAnswer,
    ) -> Result<Seq, HandleError> {
        self.send(Input::PermissionAnswer { call_id, answer }).await
    }

    /// Answers a question of the model.
    ///
    /// # Errors
    /// When the call does not wait for an answer (any more), or the session has ended.
    pub async fn answer_question(
        &self,
        call_id: ToolCallId,
        answer: QuestionAnswer,
    ) -> Result<Seq, HandleError> {
        self.send(Input::QuestionAnswer { call_id, answer }).await
    }

    /// Decides about a plan of the model.
    ///
    /// # Errors
    /// When the call does not wait for a decision (any more), or the session has ended.
    pub async fn answer_plan(&self, call_id: ToolCallId, answer: PlanAnswer) -> Result<Seq, HandleError> {
        self.send(Input::PlanAnswer { call_id, answer }).await
    }

    /// Goes back to an earlier place: whatever is on is stopped, and what came after `to` no longer counts. The journal
    /// keeps it, and what tools did is not undone.
    ///
    /// # Errors
    /// When there is no such earlier place, or the session has ended.
    pub async fn rewind(&self, to: Seq, expected: Head) -> Result<Seq, HandleError> {
        let events = self.log.after(Seq::default());
        let until = usize::try_from(to.0).ok().and_then(|to| events.get(..to));
        let until = until.ok_or(Rejection::NoSuchPlace(to))?;
        let past = Arc::new(State::fold(until.iter().map(|event| &event.body)));
        self.give(Input::Rewind { to, past }, expected).await
    }

    /// The handle of a subagent that is on, to follow it, to answer for it and to steer it; `None` when it is not.
    pub async fn subagent(&self, child: SessionId) -> Option<Self> {
        let (answer, answered) = oneshot::channel();
        self.mailbox.send(Command::Subagent { child, answer }).await.ok()?;
        let mut handle = answered.await.ok()??;
        handle.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Cancels. When it returns, the cancel is committed and everything it stops is being stopped; the stopping itself
    /// does not wait for a journal.
    ///
    /// # Errors
    /// When there is nothing to cancel, or the session has ended.
    pub async fn cancel(&self, scope: CancelScope) -> Result<Seq, HandleError> {
        self.send(Input::Cancel { scope }).await
    }

    /// Cancels one run, be it on or waiting, and no other, as [`Handle::cancel`].
    ///
    /// # Errors
    /// When it neither is on nor waits (any more), or the session has ended.
    pub async fn cancel_run(&self, run: RunId) -> Result<Seq, HandleError> {
        self.send(Input::CancelRun { run }).await
    }

    /// Follows the session from the event after `after`; [`Seq::default`] is the beginning.
    #[must_use]
    pub fn subscribe(&self, after: Seq) -> Subscription {
        Subscription::new(Arc::clone(&self.log), after)
    }

    /// The events so far after `after`.
    #[must_use]
    pub fn events(&self, after: Seq) -> Vec<Arc<Event>> {
        self.log.after(after)
    }

    /// What a list says of the session, as far as it may be told.
    #[must_use]
    pub fn overview(&self) -> SessionOverview {
        self.log.overview()
    }

    /// Whether the session waits for a journal.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.log.is_paused()
    }

    async fn send(&self, input: Input) -> Result<Seq, HandleError> {
        self.give(input, Head::Any).await
    }

    async fn give(&self, input: Input, expected: Head) -> Result<Seq, HandleError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Give { input: Box::new(input), expected, answer };
        self.mailbox.send(command).await.map_err(|_| HandleError::Ended)?;
        answered.await.map_err(|_| HandleError::Ended)?
    }
}
