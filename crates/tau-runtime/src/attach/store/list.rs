//! Lists as a journal is asked for them.

use tau_core::SessionId;
use tau_proto::runtime::v1::{self as pb, ListStored};

use super::overview;
use crate::journals::wire_time;
use crate::runtime::{StoredOrder, StoredQuery};

/// Sessions of one page where nobody says.
const PAGE: u32 = 100;

pub(super) fn request(query: StoredQuery) -> ListStored {
    let order = match query.order {
        StoredOrder::UpdatedDescending => pb::StoredOrder::UpdatedDescending,
        StoredOrder::UpdatedAscending => pb::StoredOrder::UpdatedAscending,
        StoredOrder::CreatedDescending => pb::StoredOrder::CreatedDescending,
        StoredOrder::CreatedAscending => pb::StoredOrder::CreatedAscending,
    };
    ListStored {
        page_size: u32::try_from(query.limit).ok().filter(|limit| *limit > 0).unwrap_or(PAGE),
        page_token: query.page_token,
        session_ids: query.sessions.iter().map(SessionId::to_string).collect(),
        snapshot_name: overview::NAME.to_owned(),
        order: order.into(),
        id_prefix: query.id_prefix,
        updated_after: query.updated_from.map(wire_time).into(),
        updated_before: query.updated_before.map(wire_time).into(),
        ..Default::default()
    }
}
