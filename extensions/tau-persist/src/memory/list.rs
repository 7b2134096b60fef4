//! Lists of sessions.

use crate::clock::to_millis;
use crate::id::SessionId;
use crate::store::{ListSessions, SessionInfo};

/// The page that is asked for, of all sessions.
pub(super) fn page(sessions: impl Iterator<Item = SessionInfo>, request: &ListSessions) -> Vec<SessionInfo> {
    let is_descending = request.order.is_descending();
    let key = |info: &SessionInfo| (to_millis(request.order.time(info)), info.session.clone());
    let after = request.after.as_ref().map(|(time, session)| (to_millis(*time), session.clone()));
    let follows = |key: (i64, SessionId)| match &after {
        None => true,
        Some(after) if is_descending => key < *after,
        Some(after) => key > *after,
    };
    let mut list: Vec<SessionInfo> =
        sessions.filter(|info| is_asked_for(info, request) && follows(key(info))).collect();
    list.sort_by_cached_key(key);
    if is_descending {
        list.reverse();
    }
    list.truncate(request.limit);
    list
}

fn is_asked_for(info: &SessionInfo, request: &ListSessions) -> bool {
    let updated = to_millis(info.updated);
    (request.sessions.is_empty() || request.sessions.contains(&info.session))
        && info.session.as_str().starts_with(&request.prefix)
        && request.updated_from.is_none_or(|from| updated >= to_millis(from))
        && request.updated_before.is_none_or(|before| updated < to_millis(before))
}
