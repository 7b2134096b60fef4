//! Conditions on the sessions of a list; all must be met.

use tau_core::SessionId;
use tau_core::event::Timestamp;
use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1 as pb;

use super::row::{Order, Row};
use crate::runtime::StoredQuery;
use crate::server::failure::Failure;
use crate::server::service::session_id;
use crate::server::wire::{self, Selector};

/// Sessions that the store is asked for at a time, at most.
const AT_ONCE: usize = 100;

pub(super) struct Filter {
    selector: Option<Selector>,
    states: Vec<EnumValue<pb::SessionState>>,
    id_prefix: String,
    is_live: Option<bool>,
    parent: Option<SessionId>,
    updated_from: Option<Timestamp>,
    updated_before: Option<Timestamp>,
}

impl Filter {
    pub(super) fn read(wire: pb::SessionFilter) -> Result<Self, Failure> {
        let selector = wire.selector.into_option();
        let parent = Some(wire.parent_session_id).filter(|parent| !parent.is_empty());
        Ok(Self {
            selector: selector.map(Selector::read).transpose()?,
            states: wire.states,
            id_prefix: wire.id_prefix,
            is_live: wire.is_live,
            parent: parent.map(|parent| session_id(&parent)).transpose()?,
            updated_from: wire.updated_after.as_option().map(wire::read_timestamp),
            updated_before: wire.updated_before.as_option().map(wire::read_timestamp),
        })
    }

    pub(super) fn wants_stored(&self) -> bool {
        self.is_live != Some(true)
    }

    /// As much of it as a store understands, which knows nothing of what events say.
    pub(super) fn query(&self, order: Order, size: usize) -> StoredQuery {
        StoredQuery {
            page_token: String::new(),
            limit: size.min(AT_ONCE),
            order: order.0,
            sessions: self.selector.as_ref().map(Selector::sessions).unwrap_or_default(),
            id_prefix: self.id_prefix.clone(),
            updated_from: self.updated_from,
            updated_before: self.updated_before,
        }
    }

    pub(super) fn matches(&self, row: &Row) -> bool {
        let is_selected = match &self.selector {
            Some(selector) => selector.matches(row.id, &row.overview),
            // Whoever asks for a session's subagents wants subagents.
            None => self.parent.is_some() || row.overview.parent.is_none(),
        };
        is_selected
            && self.is_live.is_none_or(|is_live| is_live == row.is_live())
            && self.parent.is_none_or(|parent| row.overview.parent == Some(parent))
            && self.updated_from.is_none_or(|from| row.updated >= from)
            && self.updated_before.is_none_or(|before| row.updated < before)
            && (self.id_prefix.is_empty() || row.id.to_string().starts_with(&self.id_prefix))
            && (self.states.is_empty() || self.states.contains(&row.session().state))
    }
}
