//! `ListSessions`: those that are live, and those that the store knows, a page at a time.
//!
//! Both are gone through in the same order, from where the page before ended: the live ones are in memory, the others are
//! asked of the store as the page needs them. So a page costs what is on it, however many sessions there are.

mod filter;
mod row;
mod stored;
mod token;

use std::collections::{BTreeMap, VecDeque};

use tau_core::SessionId;
use tau_proto::runtime::v1 as pb;

use super::Core;
use crate::server::failure::Failure;
use crate::server::wire::Liveness;
use filter::Filter;
use row::{Order, Row};
use stored::Stored;
use token::Token;

/// Sessions of a page where its caller does not say.
const PAGE: u32 = 50;

impl Core {
    pub(super) async fn list(
        &self,
        request: pb::ListSessionsRequest,
    ) -> Result<pb::ListSessionsResponse, Failure> {
        let filter = Filter::read(request.filter.into_option().unwrap_or_default())?;
        let order = Order::of(request.order);
        let size = if request.page_size == 0 { PAGE } else { request.page_size };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut reached = Token::read(&request.page_token, order)?;

        let all_live = self.live_rows();
        let mut live = after(&all_live, &filter, order, &reached);
        let store = self.runtime.store().filter(|_| filter.wants_stored()).map(|store| &**store);
        let mut stored = Stored::new(store, filter.query(order, size), reached.stored.clone());
        let mut rows = Vec::new();
        while rows.len() < size && stored.fill().await? {
            let Some(row) = next(&mut live, &mut stored, order) else { break };
            reached.place = Some(row.place(order));
            // One that is live is told of as it is here.
            if row.is_live() || (!all_live.contains_key(&row.id) && filter.matches(&row)) {
                rows.push(self.session_row(&row));
            }
        }
        reached.stored = stored.reached();
        let is_all = live.is_empty() && stored.is_done();
        let is_counted = request.page_token.is_empty() && stored.is_done();
        Ok(pb::ListSessionsResponse {
            total_size: is_counted.then_some((rows.len() + live.len()) as u64),
            sessions: rows,
            next_page_token: if is_all { String::new() } else { reached.text(order) },
            ..Default::default()
        })
    }

    fn live_rows(&self) -> BTreeMap<SessionId, Row> {
        let rows = self.runtime.live().into_iter().map(|live| {
            let liveness = if live.is_paused() { Liveness::Paused } else { Liveness::Live };
            (live.id(), Row::live(live.id(), live.handle().overview(), liveness))
        });
        rows.collect()
    }

    fn session_row(&self, row: &Row) -> pb::Session {
        let mut session = row.session();
        session.error = self.error_of(row.id).into();
        session
    }
}

/// The live sessions that the filter lets through, in order, from a place on.
fn after(all: &BTreeMap<SessionId, Row>, filter: &Filter, order: Order, reached: &Token) -> VecDeque<Row> {
    let follows =
        |row: &Row| reached.place.is_none_or(|place| order.compare(place, row.place(order)).is_lt());
    let mut rows: Vec<Row> =
        all.values().filter(|row| follows(row) && filter.matches(row)).cloned().collect();
    rows.sort_by(|one, other| order.compare(one.place(order), other.place(order)));
    rows.into()
}

/// Whichever comes next of those that are live and those that are stored.
fn next(live: &mut VecDeque<Row>, stored: &mut Stored<'_>, order: Order) -> Option<Row> {
    let is_live_first = match (live.front(), stored.first()) {
        (Some(live), Some(stored)) => order.compare(live.place(order), stored.place(order)).is_le(),
        (live, _) => live.is_some(),
    };
    if is_live_first { live.pop_front() } else { stored.next() }
}
