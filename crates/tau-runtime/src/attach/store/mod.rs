//! Sessions as an attached journal keeps them.

mod list;
mod overview;
mod read;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use tau_core::SessionId;
use tau_core::event::{Event, EventHash, Seq};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    Call, JournalCapability, JournalError, JournalErrorKind, JournalOperation, OpenSession, ReleaseSession,
    StoredSession as Stored, call_result::Result as Answer, journal_operation::Operation,
    journal_reply::Reply,
};
use tokio::time::Instant;

use super::call::{Asked, CallError};
use super::calls::{Repeat, Request, Settled};
use super::role::Target;
use super::{Attachments, token};
use crate::driver::{OpenError, OpenedSession, Past, SessionOpener};
use crate::journals::time_of;
use crate::runtime::{SessionStore, StoreError, StoreErrorKind, StoredPage, StoredQuery, StoredSession};

/// How long a journal may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many sessions of a page are looked at beside each other.
const BESIDE: usize = 8;

/// The sessions of whichever journal is attached that can open, read and list: how a runtime that stores nothing finds
/// them. Of several the one with the highest priority is asked, then the one whose id comes first.
#[derive(Debug, Clone)]
pub struct AttachedStore {
    hub: Attachments,
    holder: Arc<str>,
}

impl AttachedStore {
    /// The sessions of a hub's journals. `holder` is what the journal names as having a session: this program, so that
    /// no other that runs is named the same.
    #[must_use]
    pub fn new(hub: Attachments, holder: impl Into<Arc<str>>) -> Self {
        Self { hub, holder: holder.into() }
    }

    /// Asks a journal. Whatever it is asked may be repeated: an answer that was lost is of no consequence.
    async fn ask(
        &self,
        session: Option<SessionId>,
        operation: impl Into<Operation>,
    ) -> Result<Reply, StoreError> {
        let operation = operation.into();
        let capability = match &operation {
            Operation::OpenSession(_) | Operation::ReleaseSession(_) => JournalCapability::Open,
            Operation::ReadEvents(_) => JournalCapability::Read,
            Operation::ListStored(_) | Operation::PutSnapshot(_) => JournalCapability::List,
        };
        let operation = JournalOperation { operation: Some(operation), ..Default::default() };
        let call = Call {
            call_id: token::generate(),
            session_id: session.map(|session| session.to_string()).unwrap_or_default(),
            timeout: WireDuration::from(PATIENCE).into(),
            call: Some(operation.into()),
            ..Default::default()
        };
        let target = Target::Journal(capability);
        let deadline = Some(Instant::now() + PATIENCE);
        let request = Request { call, target, repeat: Repeat::Freely, deadline, settled: Settled::Taken };
        let answer = Asked::new(&self.hub.calls, request).map_err(|error| failed(&error))?;
        match answer.answer(drop).await.map_err(|error| failed(&error))? {
            Answer::Journal(reply) => match reply.reply {
                Some(Reply::Error(error)) => Err(refused(error)),
                Some(reply) => Ok(reply),
                None => Err(unexpected()),
            },
            _ => Err(unexpected()),
        }
    }

    async fn take(&self, session: SessionId, take_over: bool) -> Result<OpenedSession, StoreError> {
        let holder = self.holder.to_string();
        let request =
            OpenSession { session_id: session.to_string(), holder, take_over, ..Default::default() };
        let Reply::SessionOpened(opened) = self.ask(Some(session), request).await? else {
            return Err(unexpected());
        };
        let (epoch, head) = (opened.epoch, opened.head.as_option());
        let read = match head.filter(|head| head.seq > 0) {
            Some(head) => read::whole(self, session, head).await,
            None => Ok((Past::default(), EventHash::ZERO)),
        };
        match read {
            Ok((past, last_hash)) => Ok(OpenedSession::new(epoch).with_past(past, last_hash)),
            Err(error) => {
                self.give_back(session, epoch).await;
                Err(error)
            }
        }
    }

    async fn give_back(&self, session: SessionId, epoch: u64) {
        let request = ReleaseSession { session_id: session.to_string(), epoch, ..Default::default() };
        if let Err(error) = self.ask(Some(session), request).await {
            // It stays with this holder until the journal finds that it is gone.
            tracing::warn!(%session, epoch, %error, "a session could not be given back");
        }
    }

    async fn page(&self, query: StoredQuery) -> Result<StoredPage, StoreError> {
        let request = list::request(query);
        let Reply::StoredListed(listed) = self.ask(None, request).await? else { return Err(unexpected()) };
        let found = futures::stream::iter(listed.sessions).map(|stored| self.listed(stored));
        let sessions: Vec<Option<StoredSession>> = found.buffered(BESIDE).try_collect().await?;
        Ok(StoredPage {
            sessions: sessions.into_iter().flatten().collect(),
            next_page_token: listed.next_page_token,
        })
    }

    /// A session as a list shows it. `None` for one that is none of ours, or has not begun.
    async fn listed(&self, stored: Stored) -> Result<Option<StoredSession>, StoreError> {
        let Some(head) = stored.head.as_option().filter(|head| head.seq > 0) else { return Ok(None) };
        let Ok(id) = head.session_id.parse() else { return Ok(None) };
        let overview = overview::of(self, id, head, stored.snapshot.as_option()).await?;
        // A list that did not go on would begin again.
        if stored.page_token.is_empty() {
            return Err(unexpected());
        }
        let mut session = StoredSession::new(id, overview, stored.page_token);
        session.last_hash = read::hash(&head.hash).unwrap_or_default();
        session.holder = stored.holder;
        session.created = stored.created.as_option().map_or(session.created, time_of);
        session.updated = stored.updated.as_option().map_or(session.updated, time_of);
        Ok(Some(session))
    }
}

impl SessionOpener for AttachedStore {
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, OpenError>> {
        async move { self.take(session, false).await.map_err(|error| Arc::new(error) as OpenError) }.boxed()
    }
}

impl SessionStore for AttachedStore {
    fn take_over(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, StoreError>> {
        self.take(session, true).boxed()
    }

    fn release(&self, session: SessionId, epoch: u64) -> BoxFuture<'_, ()> {
        self.give_back(session, epoch).boxed()
    }

    fn read(&self, session: SessionId, after: Seq) -> BoxFuture<'_, Result<Vec<Event>, StoreError>> {
        async move { read::page(self, session, after).await?.events() }.boxed()
    }

    fn list(&self, query: StoredQuery) -> BoxFuture<'_, Result<StoredPage, StoreError>> {
        self.page(query).boxed()
    }
}

fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the journal answered something else than it was asked")
}

fn failed(error: &CallError) -> StoreError {
    let why = match error {
        CallError::NoProvider => "no journal is attached that can do this; attach one, and try again",
        CallError::Lost => "the journal went away and did not come back",
        CallError::TimedOut => "the journal took too long",
        CallError::Busy => "the same is being asked already",
        CallError::Failed { message, .. } if !message.is_empty() => message,
        CallError::Failed { .. } => "the journal did not do it, and does not say why",
    };
    StoreError::new(StoreErrorKind::Unavailable, why)
}

fn refused(error: JournalError) -> StoreError {
    let kind = match error.kind.as_known() {
        Some(JournalErrorKind::NotFound) => StoreErrorKind::NotFound,
        Some(JournalErrorKind::InUse) => StoreErrorKind::InUse,
        Some(JournalErrorKind::Deleted) => StoreErrorKind::Deleted,
        Some(JournalErrorKind::Damaged) => StoreErrorKind::Damaged,
        Some(JournalErrorKind::ReadOnly) => StoreErrorKind::ReadOnly,
        Some(JournalErrorKind::Unavailable | JournalErrorKind::Unspecified) | None => {
            StoreErrorKind::Unavailable
        }
    };
    StoreError::new(kind, error.detail).with_holder(error.holder)
}
