//! Lists of what a store holds, page by page.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::{
    ListStored, SessionPosition, Snapshot, StoredListed, StoredOrder, StoredSession,
};

use super::operation::{Refusal, shown};
use crate::clock::{from_millis, to_millis};
use crate::holder::{Holder, Liveness};
use crate::id::SessionId;
use crate::store::{ListOrder, ListSessions, SessionInfo, Store};

/// Sessions of one answer, at most.
const MAX_SESSIONS: usize = 1_000;
/// An answer ends when its snapshots have so many bytes.
const MAX_BYTES: usize = 2 << 20;

/// A page of the list that is asked for.
pub(super) async fn list(store: &dyn Store, request: &ListStored) -> Result<StoredListed, Refusal> {
    let size = usize::try_from(request.page_size).unwrap_or(MAX_SESSIONS).clamp(1, MAX_SESSIONS);
    let Some(asked) = read(request, size) else { return Ok(StoredListed::default()) };
    let order = asked.order;
    let infos = store.list(asked).await?;
    let (mut is_last, mut bytes) = (infos.len() < size, 0);
    let (mut sessions, mut next_page_token) = (Vec::with_capacity(infos.len()), String::new());
    for info in infos {
        next_page_token = token(order, &info);
        let session = stored(store, info, &request.snapshot_name, next_page_token.clone()).await?;
        bytes += session.snapshot.as_option().map_or(0, |snapshot| snapshot.body.len());
        sessions.push(session);
        if bytes >= MAX_BYTES {
            is_last = false;
            break;
        }
    }
    if is_last {
        next_page_token.clear();
    }
    Ok(StoredListed { sessions, next_page_token, ..Default::default() })
}

/// What the store is asked; `None` where nothing can meet it.
fn read(request: &ListStored, size: usize) -> Option<ListSessions> {
    let mut asked = ListSessions::first(size).in_order(match request.order.as_known() {
        Some(StoredOrder::UpdatedAscending) => ListOrder::UpdatedAscending,
        Some(StoredOrder::CreatedDescending) => ListOrder::CreatedDescending,
        Some(StoredOrder::CreatedAscending) => ListOrder::CreatedAscending,
        Some(StoredOrder::UpdatedDescending | StoredOrder::Unspecified) | None => {
            ListOrder::UpdatedDescending
        }
    });
    asked.after = token_of(&request.page_token);
    asked.prefix.clone_from(&request.id_prefix);
    asked.updated_from = request.updated_after.as_option().map(moment);
    asked.updated_before = request.updated_before.as_option().map(moment);
    let names = request.session_ids.iter();
    asked.sessions = names.filter_map(|name| SessionId::new(name.as_str()).ok()).collect();
    (request.session_ids.is_empty() || !asked.sessions.is_empty()).then_some(asked)
}

/// The session, with the snapshot of a name where that is not empty.
async fn stored(
    store: &dyn Store,
    info: SessionInfo,
    snapshot: &str,
    page_token: String,
) -> Result<StoredSession, Refusal> {
    let kept = if snapshot.is_empty() { None } else { store.snapshot(&info.session, snapshot).await? };
    let kept = kept.map(|kept| {
        let at = SessionPosition {
            session_id: info.session.to_string(),
            seq: kept.seq,
            hash: kept.hash.0.to_vec().into(),
            ..Default::default()
        };
        Snapshot { name: kept.name, at: at.into(), body: kept.body, ..Default::default() }
    });
    let holder = info.holder.as_deref().map(Holder::parse);
    let holder = holder.filter(|holder| holder.liveness() != Liveness::Gone);
    Ok(StoredSession {
        head: info.head.to_wire(&info.session).into(),
        created: time(info.created).into(),
        updated: time(info.updated).into(),
        holder: holder.as_ref().map(shown).unwrap_or_default(),
        snapshot: kept.into(),
        page_token,
        ..Default::default()
    })
}

fn time(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
        ..Default::default()
    }
}

fn moment(time: &Timestamp) -> SystemTime {
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    let nanos = u32::try_from(time.nanos).unwrap_or_default().min(999_999_999);
    // A moment that is too far ahead is one that nothing was written after.
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanos)).unwrap_or_else(|| from_millis(i64::MAX))
}

/// The place in the list after a session, as text.
fn token(order: ListOrder, info: &SessionInfo) -> String {
    format!("{}.{}", to_millis(order.time(info)), info.session)
}

/// Reads a place; the beginning where it is none.
fn token_of(text: &str) -> Option<(SystemTime, SessionId)> {
    let (millis, session) = text.split_once('.')?;
    Some((from_millis(millis.parse().ok()?), SessionId::new(session).ok()?))
}
