//! Lists of what a store holds, page by page.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::{ListStored, SessionPosition, Snapshot, StoredListed, StoredSession};

use super::operation::{Refusal, shown};
use crate::clock::{from_millis, to_millis};
use crate::holder::{Holder, Liveness};
use crate::id::SessionId;
use crate::store::{ListSessions, SessionInfo, Store};

/// Sessions of one answer, at most.
const MAX_SESSIONS: usize = 1_000;
/// An answer ends when its snapshots have so many bytes.
const MAX_BYTES: usize = 2 << 20;
/// Sessions that are looked through at a time when some are asked for by name.
const STEP: usize = 1_000;

/// A page of the list that is asked for.
pub(super) async fn list(store: &dyn Store, request: &ListStored) -> Result<StoredListed, Refusal> {
    let size = usize::try_from(request.page_size).unwrap_or(MAX_SESSIONS).clamp(1, MAX_SESSIONS);
    let wanted: BTreeSet<&str> = request.session_ids.iter().map(String::as_str).collect();
    let mut after = token_of(&request.page_token);
    let (mut sessions, mut bytes) = (Vec::new(), 0);
    loop {
        let limit = if wanted.is_empty() { size - sessions.len() } else { STEP };
        let infos = store.list(ListSessions { limit, after: after.take() }).await?;
        let is_last = infos.len() < limit;
        for info in infos {
            after = Some((info.updated, info.session.clone()));
            if !wanted.is_empty() && !wanted.contains(info.session.as_str()) {
                continue;
            }
            let session = stored(store, info, &request.snapshot_name).await?;
            bytes += session.snapshot.as_option().map_or(0, |snapshot| snapshot.body.len());
            sessions.push(session);
            if sessions.len() == wanted.len() && !wanted.is_empty() {
                return Ok(StoredListed { sessions, ..Default::default() });
            }
            if sessions.len() == size || bytes >= MAX_BYTES {
                let next_page_token = after.as_ref().map(token).unwrap_or_default();
                return Ok(StoredListed { sessions, next_page_token, ..Default::default() });
            }
        }
        if is_last {
            return Ok(StoredListed { sessions, ..Default::default() });
        }
    }
}

/// The session, with the snapshot of a name where that is not empty.
async fn stored(store: &dyn Store, info: SessionInfo, snapshot: &str) -> Result<StoredSession, Refusal> {
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

/// The place in the list after a session, as text.
fn token((updated, session): &(SystemTime, SessionId)) -> String {
    format!("{}.{session}", to_millis(*updated))
}

/// Reads a place; the beginning where it is none.
fn token_of(text: &str) -> Option<(SystemTime, SessionId)> {
    let (millis, session) = text.split_once('.')?;
    Some((from_millis(millis.parse().ok()?), SessionId::new(session).ok()?))
}
