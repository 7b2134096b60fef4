//! Which sessions are meant.

use std::collections::{BTreeMap, BTreeSet};

use tau_core::SessionId;
use tau_proto::runtime::v1::{self as pb, SubagentScope};
use tau_session::SessionOverview;

use super::error::{WireError, read_all};
use super::well_known::read_session;
use crate::runtime::agent_of;

/// Sessions by id, metadata and agent: conditions of different kinds must all be met, and one with nothing set names every
/// session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    sessions: BTreeSet<SessionId>,
    metadata: BTreeMap<String, String>,
    agents: BTreeSet<String>,
    includes_subagents: bool,
}

impl Selector {
    /// What whoever lists or follows sessions means.
    pub(crate) fn read(wire: pb::SessionSelector) -> Result<Self, WireError> {
        let includes_subagents = match wire.subagents.as_known() {
            Some(SubagentScope::Unspecified | SubagentScope::Excluded) => false,
            Some(SubagentScope::Included) => true,
            None => return Err(WireError::invalid("subagents", "not known to this version")),
        };
        let sessions = read_all("session_ids", wire.session_ids, |text| read_session("", &text))?;
        Ok(Self {
            sessions: sessions.into_iter().collect(),
            metadata: wire.metadata,
            agents: wire.agents.into_iter().collect(),
            includes_subagents,
        })
    }

    /// The sessions that it names by their ids; none where it leaves that open.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        self.sessions.iter().copied().collect()
    }

    /// Whether a session is meant for its own sake. Where subagents are meant too, one can be meant also because of a
    /// session above it, which is not known here.
    pub(crate) fn matches(&self, session: SessionId, overview: &SessionOverview) -> bool {
        (self.includes_subagents || overview.parent.is_none())
            && (self.sessions.is_empty() || self.sessions.contains(&session))
            && self.metadata.iter().all(|(key, value)| overview.metadata.get(key) == Some(value))
            && (self.agents.is_empty() || self.agents.contains(agent_of(&overview.metadata)))
    }
}
