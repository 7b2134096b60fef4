//! `ListSessions`: those that are live, and those that the store knows.

use std::collections::BTreeMap;

use tau_core::SessionId;
use tau_core::event::Timestamp;
use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1 as pb;
use tau_session::SessionOverview;

use super::{Core, session_id};
use crate::runtime::StoredQuery;
use crate::server::failure::Failure;
use crate::server::reason::Reason;
use crate::server::wire::{self, Liveness, Selector};

/// Sessions of a page where its caller does not say.
const PAGE: u32 = 50;

/// One row of a list.
struct Row {
    id: SessionId,
    overview: SessionOverview,
    liveness: Liveness,
}

impl Core {
    pub(super) async fn list(
        &self,
        request: pb::ListSessionsRequest,
    ) -> Result<pb::ListSessionsResponse, Failure> {
        let filter = Filter::read(request.filter.into_option().unwrap_or_default())?;
        let order = Order::of(request.order);
        let size = if request.page_size == 0 { PAGE } else { request.page_size };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut rows = self.rows(&filter).await?;
        rows.sort_by_cached_key(|row| place(row, order));
        let total = rows.len() as u64;
        let after = token_place(&request.page_token, order)?;
        let rest: Vec<Row> = rows
            .into_iter()
            .filter(|row| after.as_ref().is_none_or(|after| place(row, order) > *after))
            .collect();
        let next_page_token = match rest.get(size.saturating_sub(1)) {
            Some(last) if rest.len() > size => token(last, order),
            _ => String::new(),
        };
        let sessions = rest.into_iter().take(size).map(|row| self.session_row(&row)).collect();
        Ok(pb::ListSessionsResponse {
            sessions,
            next_page_token,
            total_size: Some(total),
            ..Default::default()
        })
    }

    /// Every session that the filter lets through.
    async fn rows(&self, filter: &Filter) -> Result<Vec<Row>, Failure> {
        let mut rows: BTreeMap<SessionId, Row> = BTreeMap::new();
        for live in self.runtime.live() {
            let (id, overview) = (live.id(), live.handle().overview());
            let liveness = if live.is_paused() { Liveness::Paused } else { Liveness::Live };
            rows.insert(id, Row { id, overview, liveness });
        }
        if let Some(store) = self.runtime.store()
            && filter.wants_stored()
        {
            let mut query = StoredQuery::default();
            loop {
                let page = store.list(query).await.map_err(crate::runtime::RuntimeError::from)?;
                for stored in page.sessions {
                    let (id, overview, holder) = (stored.id, stored.overview, stored.holder);
                    let liveness = if holder.is_empty() { Liveness::Absent } else { Liveness::Held(holder) };
                    rows.entry(id).or_insert(Row { id, overview, liveness });
                }
                if page.next_page_token.is_empty() {
                    break;
                }
                query = StoredQuery::default();
                query.page_token = page.next_page_token;
            }
        }
        Ok(rows.into_values().filter(|row| filter.matches(row)).collect())
    }

    fn session_row(&self, row: &Row) -> pb::Session {
        let mut session = row.session();
        session.error = self.error_of(row.id).into();
        session
    }
}

impl Row {
    fn session(&self) -> pb::Session {
        wire::session(&self.overview, self.id, self.liveness.clone())
    }

    const fn is_live(&self) -> bool {
        matches!(self.liveness, Liveness::Live | Liveness::Paused)
    }
}

/// The order of a list; ties go by id.
#[derive(Debug, Clone, Copy)]
enum Order {
    UpdatedDescending,
    UpdatedAscending,
    CreatedDescending,
    CreatedAscending,
}

impl Order {
    fn of(wire: EnumValue<pb::SessionOrder>) -> Self {
        match wire.as_known() {
            Some(pb::SessionOrder::UpdatedAscending) => Self::UpdatedAscending,
            Some(pb::SessionOrder::CreatedDescending) => Self::CreatedDescending,
            Some(pb::SessionOrder::CreatedAscending) => Self::CreatedAscending,
            _ => Self::UpdatedDescending,
        }
    }
}

/// Conditions on sessions; all must be met.
struct Filter {
    selector: Option<Selector>,
    states: Vec<EnumValue<pb::SessionState>>,
    id_prefix: String,
    is_live: Option<bool>,
    parent: Option<SessionId>,
    updated: (Option<Timestamp>, Option<Timestamp>),
}

impl Filter {
    fn read(wire: pb::SessionFilter) -> Result<Self, Failure> {
        let selector = wire.selector.into_option();
        let parent = Some(wire.parent_session_id).filter(|parent| !parent.is_empty());
        Ok(Self {
            selector: selector.map(Selector::read).transpose()?,
            states: wire.states,
            id_prefix: wire.id_prefix,
            is_live: wire.is_live,
            parent: parent.map(|parent| session_id(&parent)).transpose()?,
            updated: (
                wire.updated_after.as_option().map(wire::read_timestamp),
                wire.updated_before.as_option().map(wire::read_timestamp),
            ),
        })
    }

    fn wants_stored(&self) -> bool {
        self.is_live != Some(true)
    }

    fn matches(&self, row: &Row) -> bool {
        let updated = row.overview.updated;
        let is_selected = match &self.selector {
            Some(selector) => selector.matches(row.id, &row.overview),
            // Whoever asks for a session's subagents wants subagents.
            None => self.parent.is_some() || row.overview.parent.is_none(),
        };
        is_selected
            && self.is_live.is_none_or(|is_live| is_live == row.is_live())
            && self.parent.is_none_or(|parent| row.overview.parent == Some(parent))
            && self.updated.0.is_none_or(|after| updated >= after)
            && self.updated.1.is_none_or(|before| updated < before)
            && (self.id_prefix.is_empty() || row.id.to_string().starts_with(&self.id_prefix))
            && (self.states.is_empty() || self.states.contains(&row.session().state))
    }
}

/// Where a row stands in an order: a time, turned round where the newest comes first, then its id.
fn place(row: &Row, order: Order) -> (i128, SessionId) {
    let time = match order {
        Order::UpdatedAscending | Order::UpdatedDescending => row.overview.updated,
        Order::CreatedAscending | Order::CreatedDescending => row.overview.created,
    };
    let moment = i128::from(time.0);
    let is_descending = matches!(order, Order::UpdatedDescending | Order::CreatedDescending);
    (if is_descending { -moment } else { moment }, row.id)
}

fn token(row: &Row, order: Order) -> String {
    let (moment, id) = place(row, order);
    format!("{}.{moment}.{id}", order as u8)
}

fn token_place(token: &str, order: Order) -> Result<Option<(i128, SessionId)>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let mut parts = token.splitn(3, '.');
    let place = (|| {
        let of: u8 = parts.next()?.parse().ok()?;
        let moment = parts.next()?.parse().ok()?;
        let id = parts.next()?.parse().ok()?;
        (of == order as u8).then_some((moment, id))
    })();
    let invalid = || {
        Failure::new(Reason::InvalidPageToken, "the page token is of no page of this list")
            .hint("take it as it was given, with the same order")
    };
    place.map(Some).ok_or_else(invalid)
}
