//! Which sessions a role is for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tau_core::SessionId;
use tau_proto::runtime::v1::{SessionSelector, SubagentScope};

use super::error::Violation;
use crate::runtime::agent_of;

/// What extensions choose sessions by, and what calls on behalf of one carry. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SessionTraits(Arc<Traits>);

#[derive(Debug, Clone)]
struct Traits {
    id: SessionId,
    epoch: u64,
    above: Vec<SessionId>,
    agent: String,
    metadata: BTreeMap<String, String>,
}

impl SessionTraits {
    /// A session that no other session started, without an agent's name, metadata or epoch.
    #[must_use]
    pub fn new(id: SessionId) -> Self {
        let (above, agent, metadata) = (Vec::new(), String::new(), BTreeMap::new());
        Self(Arc::new(Traits { id, epoch: 0, above, agent, metadata }))
    }

    /// A session as its metadata describe it, which also name its agent.
    #[must_use]
    pub(crate) fn described(id: SessionId, metadata: &BTreeMap<String, String>) -> Self {
        Self::new(id).with_metadata(metadata.clone()).with_agent(agent_of(metadata))
    }

    /// The same session, written under an epoch.
    #[must_use]
    pub fn with_epoch(mut self, epoch: u64) -> Self {
        Arc::make_mut(&mut self.0).epoch = epoch;
        self
    }

    /// The same session as a subagent: the sessions above it.
    #[must_use]
    pub fn with_above(mut self, above: Vec<SessionId>) -> Self {
        Arc::make_mut(&mut self.0).above = above;
        self
    }

    /// The same session of an agent.
    #[must_use]
    pub fn with_agent(mut self, agent: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).agent = agent.into();
        self
    }

    /// The same session with metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: BTreeMap<String, String>) -> Self {
        Arc::make_mut(&mut self.0).metadata = metadata;
        self
    }

    /// A subagent of the session: what is said of the session is said of it.
    #[must_use]
    pub fn below(&self, child: SessionId) -> Self {
        let mut below = self.clone();
        let traits = Arc::make_mut(&mut below.0);
        traits.above.push(traits.id);
        (traits.id, traits.epoch) = (child, 0);
        below
    }

    /// Which session.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.0.id
    }

    /// What people find it by.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// The epoch it is written under; 0 where none is known.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }
}

/// A selector, read and checked.
#[derive(Debug, Default)]
pub(crate) struct Selector {
    sessions: BTreeSet<SessionId>,
    metadata: BTreeMap<String, String>,
    agents: BTreeSet<String>,
    without_subagents: bool,
}

impl Selector {
    pub(crate) fn read(selector: &SessionSelector) -> Result<Self, Violation> {
        let sessions = selector.session_ids.iter().map(|id| id.parse().map_err(|_| Violation::Selector));
        Ok(Self {
            sessions: sessions.collect::<Result<_, _>>()?,
            metadata: selector.metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            agents: selector.agents.iter().cloned().collect(),
            without_subagents: match selector.subagents.as_known() {
                Some(SubagentScope::Excluded) => true,
                Some(SubagentScope::Unspecified | SubagentScope::Included) => false,
                None => return Err(Violation::Selector),
            },
        })
    }

    /// Whether it leaves no session out.
    pub(super) fn is_everything(&self) -> bool {
        let Self { sessions, metadata, agents, without_subagents } = self;
        sessions.is_empty() && metadata.is_empty() && agents.is_empty() && !without_subagents
    }

    /// Whether the role is for a session. Everything that is said must hold.
    pub(crate) fn selects(&self, session: &SessionTraits) -> bool {
        let Traits { id, above, agent, metadata, .. } = &*session.0;
        if self.without_subagents && !above.is_empty() {
            return false;
        }
        let mut with_above = std::iter::once(id).chain(above);
        (self.sessions.is_empty() || with_above.any(|id| self.sessions.contains(id)))
            && (self.agents.is_empty() || self.agents.contains(agent))
            && self.metadata.iter().all(|(key, value)| metadata.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tau_core::SessionId;
    use tau_proto::runtime::v1::{SessionSelector, SubagentScope};

    use super::{Selector, SessionTraits};

    #[test]
    fn everything_that_is_said_must_hold() {
        let id = SessionId::from_u128;
        let metadata = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        let session = SessionTraits::new(id(1)).with_agent("coder").with_metadata(metadata);
        let child = session.clone().with_above(vec![id(7)]);
        let all = SessionSelector::default();
        let sessions = |ids: &[u128]| SessionSelector {
            session_ids: ids.iter().map(|bits| id(*bits).to_string()).collect(),
            ..Default::default()
        };
        let agents = |agent: &str| SessionSelector { agents: vec![agent.into()], ..sessions(&[1]) };
        let team = |team: &str| SessionSelector {
            metadata: [("team".to_owned(), team.to_owned())].into_iter().collect(),
            ..Default::default()
        };
        let alone = SessionSelector { subagents: SubagentScope::Excluded.into(), ..Default::default() };
        for (selector, top, below) in [
            (all, true, true),
            (sessions(&[2, 1]), true, true),
            (sessions(&[7]), false, true),
            (sessions(&[2]), false, false),
            (agents("coder"), true, true),
            (agents("writer"), false, false),
            (team("a"), true, true),
            (team("b"), false, false),
            (alone, true, false),
        ] {
            let read = Selector::read(&selector).unwrap();
            assert_eq!((read.selects(&session), read.selects(&child)), (top, below), "{selector:?}");
            assert_eq!(read.is_everything(), selector == SessionSelector::default(), "{selector:?}");
        }
        assert!(
            Selector::read(&SessionSelector { session_ids: vec!["x".into()], ..Default::default() }).is_err()
        );
    }
}
