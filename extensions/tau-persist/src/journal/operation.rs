//! What a journal is asked beside storing: sessions are opened, read and listed. Each may be asked again without harm,
//! so nothing is remembered of what was answered.

use std::sync::Arc;

use tau_proto::runtime::v1::{
    EventsRead, JournalError, JournalErrorKind, JournalOperation, JournalReply, PutSnapshot, ReadEvents,
    ReleaseSession, SessionOpened, SessionReleased, SnapshotPut, journal_operation::Operation,
    journal_reply::Reply,
};

use super::leases::Leases;
use super::listing;
use crate::error::{StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::holder::Holder;
use crate::id::{ParseSessionIdError, SessionId};
use crate::store::{self, Store};

/// Events of one answer, at most.
const MAX_EVENTS: usize = 10_000;
/// Bytes of bodies of one answer, at most.
const MAX_BYTES: usize = 8 << 20;
/// The longest name of a holder, in bytes.
const MAX_HOLDER: usize = 256;
/// The longest explanation, in bytes.
const MAX_DETAIL: usize = 1_024;

/// Why an operation was not carried out.
#[derive(Debug)]
pub(super) enum Refusal {
    Store(StoreError),
    /// No session can be called that.
    Name(ParseSessionIdError),
    /// The runtime asks what this version does not know.
    Unknown,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ParseSessionIdError> for Refusal {
    fn from(error: ParseSessionIdError) -> Self {
        Self::Name(error)
    }
}

/// Carries an operation out.
pub(super) async fn answer(
    store: Arc<dyn Store>,
    leases: Arc<Leases>,
    operation: JournalOperation,
) -> JournalReply {
    let reply = match operation.operation {
        Some(operation) => carry_out(&*store, &leases, operation).await,
        None => Err(Refusal::Unknown),
    };
    let reply = reply.unwrap_or_else(|refusal| error(&refusal).into());
    JournalReply { reply: Some(reply), ..Default::default() }
}

async fn carry_out(store: &dyn Store, leases: &Leases, operation: Operation) -> Result<Reply, Refusal> {
    match operation {
        Operation::OpenSession(open) => {
            let session = SessionId::new(open.session_id)?;
            let holder = holder(open.holder);
            let lease = match open.take_over {
                true => leases.take_over(session.clone(), holder).await?,
                false => leases.take(session.clone(), holder).await?,
            };
            let head = (lease.head.seq > 0).then(|| lease.head.to_wire(&session));
            Ok(SessionOpened { epoch: lease.epoch, head: head.into(), ..Default::default() }.into())
        }
        Operation::ReleaseSession(ReleaseSession { session_id, epoch, .. }) => {
            leases.release(SessionId::new(session_id)?, epoch).await?;
            Ok(SessionReleased::default().into())
        }
        Operation::ReadEvents(read) => Ok(events(store, read).await?.into()),
        Operation::ListStored(list) => Ok(listing::list(store, &list).await?.into()),
        Operation::PutSnapshot(put) => {
            // It is a cache, so nobody depends on it.
            let kept = keep(store, put).await;
            if let Err(refusal) = kept {
                tracing::debug!(?refusal, "a snapshot was not kept");
            }
            Ok(SnapshotPut::default().into())
        }
    }
}

async fn events(store: &dyn Store, read: ReadEvents) -> Result<EventsRead, Refusal> {
    let session = SessionId::new(read.session_id)?;
    let head = store.head(&session).await?;
    let head = head.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound).in_session(&session))?;
    let position = head.to_wire(&session);
    let within = |asked: Option<usize>, most: usize| asked.unwrap_or(most).clamp(1, most);
    let request = store::ReadEvents::after(session, read.after_seq)
        .with_max_events(within(usize::try_from(read.max_events).ok(), MAX_EVENTS))
        .with_max_bytes(within(usize::try_from(read.max_bytes).ok(), MAX_BYTES));
    let events = if read.after_seq < head.seq { store.read(request).await? } else { Vec::new() };
    Ok(EventsRead { events, head: position.into(), ..Default::default() })
}

async fn keep(store: &dyn Store, put: PutSnapshot) -> Result<(), Refusal> {
    let session = SessionId::new(put.session_id)?;
    let snapshot = put.snapshot.into_option().ok_or(Refusal::Unknown)?;
    let at = snapshot.at.into_option().ok_or(Refusal::Unknown)?;
    let hash = Sha256Hash::from_slice(&at.hash).ok_or(Refusal::Unknown)?;
    let snapshot = store::Snapshot::new(session, snapshot.name, at.seq, hash, snapshot.body);
    Ok(store.put_snapshot(snapshot).await?)
}

/// Whoever asks, as a lease names it.
fn holder(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_HOLDER));
    if name.is_empty() { "a runtime without a name".to_owned() } else { name }
}

/// A holder for people.
pub(super) fn shown(holder: &Holder) -> String {
    match holder.process_id() {
        Some(id) => format!("{} (process {id})", holder.label()),
        None => holder.label().to_owned(),
    }
}

fn error(refusal: &Refusal) -> JournalError {
    let (kind, holder, mut detail) = match refusal {
        Refusal::Store(error) => (kind(error.kind()), held_by(error.kind()), error.to_string()),
        Refusal::Name(error) => (JournalErrorKind::NotFound, String::new(), error.to_string()),
        Refusal::Unknown => {
            let detail = "this version of the journal does not know what it is asked";
            (JournalErrorKind::Unavailable, String::new(), detail.to_owned())
        }
    };
    detail.truncate(detail.floor_char_boundary(MAX_DETAIL));
    JournalError { kind: kind.into(), holder, detail, ..Default::default() }
}

fn held_by(kind: &StoreErrorKind) -> String {
    match kind {
        StoreErrorKind::Leased { holder, .. } => shown(&Holder::parse(holder)),
        _ => String::new(),
    }
}

/// What the runtime is to make of an error.
const fn kind(kind: &StoreErrorKind) -> JournalErrorKind {
    match kind {
        StoreErrorKind::NotFound => JournalErrorKind::NotFound,
        // A conflict of leases: somebody else was faster.
        StoreErrorKind::Leased { .. } | StoreErrorKind::Conflict { .. } | StoreErrorKind::Fenced { .. } => {
            JournalErrorKind::InUse
        }
        StoreErrorKind::Deleted => JournalErrorKind::Deleted,
        StoreErrorKind::Corrupt(_) | StoreErrorKind::HashMismatch { .. } => JournalErrorKind::Damaged,
        StoreErrorKind::ReadOnly => JournalErrorKind::ReadOnly,
        StoreErrorKind::Gap { .. }
        | StoreErrorKind::Invalid(_)
        | StoreErrorKind::TooLarge { .. }
        | StoreErrorKind::NewerSchema { .. }
        | StoreErrorKind::OlderSchema { .. }
        | StoreErrorKind::NotAStore
        | StoreErrorKind::StorageFull
        | StoreErrorKind::Locked
        | StoreErrorKind::Io
        | StoreErrorKind::Closed => JournalErrorKind::Unavailable,
    }
}
