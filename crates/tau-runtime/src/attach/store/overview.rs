//! What a list says of a session, kept by the journal beside its events so that a list need not read them all.

use tau_core::SessionId;
use tau_core::event::{EventHash, Seq};
use tau_proto::runtime::v1::{PutSnapshot, SessionPosition, Snapshot};
use tau_session::SessionOverview;

use super::{AttachedStore, read};
use crate::runtime::{StoreError, StoreErrorKind};

/// What the snapshot is called.
pub(super) const NAME: &str = SessionOverview::SNAPSHOT;

/// The overview of a session. What cannot be read of it is left out, with what follows.
pub(super) async fn of(
    store: &AttachedStore,
    session: SessionId,
    head: &SessionPosition,
    snapshot: Option<&Snapshot>,
) -> Result<SessionOverview, StoreError> {
    let known = snapshot.and_then(|snapshot| kept(snapshot, head));
    let mut overview = known.unwrap_or_default();
    let mut last_hash = None;
    while overview.seq.0 < head.seq {
        let page = match read::page(store, session, overview.seq).await {
            Ok(page) => page,
            Err(error) if is_of_events(&error) => return Ok(overview),
            Err(error) => return Err(error),
        };
        let before = overview.seq;
        for event in page.each() {
            // It may be by another version, so nothing is kept of it.
            let Ok(event) = event else { return Ok(overview) };
            overview.apply(&event);
        }
        let Some(read) = overview.seq.0.checked_sub(before.0 + 1) else { return Ok(overview) };
        last_hash = usize::try_from(read).ok().and_then(|index| page.hash(index));
    }
    if let Some(hash) = last_hash {
        keep(store, session, &overview, hash).await;
    }
    Ok(overview)
}

/// What a snapshot says, unless it is of another history or another form.
fn kept(snapshot: &Snapshot, head: &SessionPosition) -> Option<SessionOverview> {
    let at = snapshot.at.as_option()?;
    let is_ahead = at.seq > head.seq || (at.seq == head.seq && at.hash != head.hash);
    let overview: SessionOverview = serde_json::from_slice(&snapshot.body).ok()?;
    (!is_ahead && overview.seq == Seq(at.seq)).then_some(overview)
}

/// Saves the next reader the work. Nobody depends on it.
async fn keep(store: &AttachedStore, session: SessionId, overview: &SessionOverview, hash: EventHash) {
    let Ok(body) = serde_json::to_vec(overview) else { return };
    let at = SessionPosition {
        session_id: session.to_string(),
        seq: overview.seq.0,
        epoch: overview.epoch,
        hash: hash.0.to_vec().into(),
        ..Default::default()
    };
    let snapshot = Snapshot { name: NAME.to_owned(), at: at.into(), body: body.into(), ..Default::default() };
    let request =
        PutSnapshot { session_id: session.to_string(), snapshot: snapshot.into(), ..Default::default() };
    if let Err(error) = store.ask(Some(session), request).await {
        tracing::debug!(%session, %error, "the overview of a session was not kept");
    }
}

/// Whether it is about the events and not about the journal.
fn is_of_events(error: &StoreError) -> bool {
    matches!(error.kind(), StoreErrorKind::Damaged | StoreErrorKind::NewerVersion | StoreErrorKind::NotFound)
}
