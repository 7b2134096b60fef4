//! One session of a list, and where it stands there.

use std::cmp::Ordering;

use tau_core::SessionId;
use tau_core::event::Timestamp;
use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1 as pb;
use tau_session::SessionOverview;

use crate::runtime::{StoredOrder, StoredSession};
use crate::server::wire::{self, Liveness};

/// Where a session stands in an order: a time, then its id.
pub(super) type Place = (Timestamp, SessionId);

/// One session of a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: SessionId,
    pub(super) overview: SessionOverview,
    liveness: Liveness,
    /// When it was made and last written: as it says itself, or, where it is not live, as its journal was told.
    created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Row {
    pub(super) fn live(id: SessionId, overview: SessionOverview, liveness: Liveness) -> Self {
        let (created, updated) = (overview.created, overview.updated);
        Self { id, overview, liveness, created, updated }
    }

    pub(super) fn stored(stored: StoredSession) -> Self {
        let StoredSession { id, overview, holder, created, updated, .. } = stored;
        let liveness = if holder.is_empty() { Liveness::Absent } else { Liveness::Held(holder) };
        Self { id, overview, liveness, created, updated }
    }

    pub(super) fn session(&self) -> pb::Session {
        wire::session(&self.overview, self.id, self.liveness.clone())
    }

    pub(super) const fn is_live(&self) -> bool {
        matches!(self.liveness, Liveness::Live | Liveness::Paused)
    }

    pub(super) const fn place(&self, order: Order) -> Place {
        let time = match order.0 {
            StoredOrder::UpdatedAscending | StoredOrder::UpdatedDescending => self.updated,
            StoredOrder::CreatedAscending | StoredOrder::CreatedDescending => self.created,
        };
        (time, self.id)
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order(pub(super) StoredOrder);

impl Order {
    pub(super) fn of(wire: EnumValue<pb::SessionOrder>) -> Self {
        Self(match wire.as_known() {
            Some(pb::SessionOrder::UpdatedAscending) => StoredOrder::UpdatedAscending,
            Some(pb::SessionOrder::CreatedDescending) => StoredOrder::CreatedDescending,
            Some(pb::SessionOrder::CreatedAscending) => StoredOrder::CreatedAscending,
            Some(pb::SessionOrder::UpdatedDescending | pb::SessionOrder::Unspecified) | None => {
                StoredOrder::UpdatedDescending
            }
        })
    }

    /// How two places stand to each other: the lesser one comes first.
    pub(super) fn compare(self, one: Place, other: Place) -> Ordering {
        match self.0 {
            StoredOrder::UpdatedAscending | StoredOrder::CreatedAscending => one.cmp(&other),
            StoredOrder::UpdatedDescending | StoredOrder::CreatedDescending => other.cmp(&one),
        }
    }
}
