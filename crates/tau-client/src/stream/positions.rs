//! How far sessions were told.

use std::collections::BTreeMap;

use tau_proto::runtime::v1::{SessionEvent, SessionPosition, session_event::Body};

/// How far sessions were told, and from where they are to be asked for again.
#[derive(Debug, Clone, Default)]
pub(super) struct Positions {
    last: BTreeMap<String, u64>,
    /// Sessions that another one started.
    subagents: BTreeMap<String, Subagent>,
}

#[derive(Debug, Clone)]
struct Subagent {
    /// The session that started it, and the event there that says so.
    parent: String,
    started: u64,
    /// Whether the session that started it says that it ended, and whether it says so itself: the two come on ways of
    /// their own.
    is_finished: bool,
    is_told: bool,
}

impl Positions {
    /// Sets where a session is followed from.
    pub(super) fn begin(&mut self, session: &str, after: u64) {
        self.last.insert(session.to_owned(), after);
    }

    /// Takes note of an event, and says whether it is new.
    pub(super) fn take(&mut self, event: &SessionEvent) -> bool {
        let last = self.last.entry(event.session_id.clone()).or_default();
        if event.seq <= *last {
            return false;
        }
        *last = event.seq;
        match &event.body {
            Some(Body::SubagentStarted(started)) => {
                let (parent, started_at) = (event.session_id.clone(), event.seq);
                let subagent = Subagent { parent, started: started_at, is_finished: false, is_told: false };
                self.subagents.insert(started.child_session_id.clone(), subagent);
            }
            Some(Body::SubagentFinished(finished)) => {
                if let Some(subagent) = self.subagents.get_mut(&finished.child_session_id) {
                    subagent.is_finished = true;
                }
            }
            Some(Body::RunFinished(_) | Body::SessionClosed(_)) => {
                if let Some(subagent) = self.subagents.get_mut(&event.session_id) {
                    subagent.is_told = true;
                }
            }
            _ => {}
        }
        true
    }

    /// Takes note of what was told or left out.
    pub(super) fn pass(&mut self, positions: &[SessionPosition]) {
        for position in positions {
            let last = self.last.entry(position.session_id.clone()).or_default();
            *last = position.seq.max(*last);
        }
    }

    /// After which event a session is to be asked for again: subagents are followed from the event that says they began,
    /// so while not all of one was told that must come again.
    pub(super) fn again(&self, session: &str) -> u64 {
        let last = self.last.get(session).copied().unwrap_or_default();
        let open = self.subagents.values().filter(|subagent| !(subagent.is_finished && subagent.is_told));
        let began = open.filter(|subagent| subagent.parent == session).map(|subagent| subagent.started - 1);
        began.min().map_or(last, |began| began.min(last))
    }

    /// The sessions to be asked for again; those that others started come with them.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &str> {
        let sessions = self.last.keys().filter(|session| !self.subagents.contains_key(*session));
        sessions.map(String::as_str)
    }

    /// Forgets a session that is followed no further.
    pub(super) fn forget(&mut self, session: &str) {
        self.last.remove(session);
    }
}

#[cfg(test)]
mod tests {
    use tau_proto::runtime::v1::{RunFinished, SubagentFinished, SubagentStarted};

    use super::*;

    fn event(session: &str, seq: u64, body: impl Into<Option<Body>>) -> SessionEvent {
        SessionEvent { session_id: session.to_owned(), seq, body: body.into(), ..Default::default() }
    }

    #[test]
    fn what_was_told_is_not_new() {
        let mut positions = Positions::default();
        positions.begin("a", 3);
        let new: Vec<bool> = [3, 4, 4, 2, 5].map(|seq| positions.take(&event("a", seq, None))).to_vec();
        assert_eq!(new, [false, true, false, false, true]);
        assert_eq!(positions.again("a"), 5);
    }

    #[test]
    fn a_session_is_asked_for_from_where_its_subagents_began() {
        let mut positions = Positions::default();
        let started =
            |child: &str| SubagentStarted { child_session_id: child.to_owned(), ..Default::default() };
        positions.take(&event("a", 1, None));
        positions.take(&event("a", 2, Some(started("b").into())));
        positions.take(&event("a", 3, Some(started("c").into())));
        positions.take(&event("b", 1, None));
        positions.take(&event("a", 4, None));
        assert_eq!((positions.again("a"), positions.again("b")), (1, 1));
        let finished = SubagentFinished { child_session_id: "b".to_owned(), ..Default::default() };
        positions.take(&event("a", 5, Some(finished.into())));
        // What it said last may still be on its way.
        assert_eq!(positions.again("a"), 1);
        positions.take(&event("b", 2, Some(RunFinished::default().into())));
        assert_eq!(positions.again("a"), 2);
        assert_eq!(positions.sessions().collect::<Vec<_>>(), ["a"]);
    }
}
