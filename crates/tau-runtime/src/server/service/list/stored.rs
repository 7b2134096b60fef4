//! The sessions of the store, as a page needs them.

use std::collections::VecDeque;

use super::row::Row;
use crate::runtime::{RuntimeError, SessionStore, StoredQuery};
use crate::server::failure::Failure;

/// So many sessions of the store are looked at for one page, about, however few of them meet the filter.
const LOOKED_AT: usize = 1_000;

/// Goes through the sessions of the store.
pub(super) struct Stored<'a> {
    store: Option<&'a dyn SessionStore>,
    query: StoredQuery,
    /// What was asked for and not looked at, with where the list goes on after each.
    rows: VecDeque<(Row, String)>,
    /// Where the list goes on after what was looked at.
    reached: String,
    looked_at: usize,
    /// Nothing follows what was asked for.
    is_last: bool,
}

impl<'a> Stored<'a> {
    /// From a place on, as the store names it; none where there is no store.
    pub(super) fn new(store: Option<&'a dyn SessionStore>, mut query: StoredQuery, from: String) -> Self {
        query.page_token.clone_from(&from);
        let is_last = store.is_none();
        Self { store, query, rows: VecDeque::new(), reached: from, looked_at: 0, is_last }
    }

    /// Sees to it that the first one is here, if there is one. `false` when enough was looked at.
    pub(super) async fn fill(&mut self) -> Result<bool, Failure> {
        while let (true, false, Some(store)) = (self.rows.is_empty(), self.is_last, self.store) {
            if self.looked_at >= LOOKED_AT {
                return Ok(false);
            }
            let page = store.list(self.query.clone()).await.map_err(RuntimeError::from)?;
            self.looked_at += page.sessions.len().max(self.query.limit);
            self.is_last = page.next_page_token.is_empty();
            if page.sessions.is_empty() {
                self.reached.clone_from(&page.next_page_token);
            }
            self.query.page_token = page.next_page_token;
            let rows = page.sessions.into_iter();
            self.rows.extend(rows.map(|mut stored| {
                let token = std::mem::take(&mut stored.page_token);
                (Row::stored(stored), token)
            }));
        }
        Ok(true)
    }

    pub(super) fn first(&self) -> Option<&Row> {
        self.rows.front().map(|(row, _)| row)
    }

    pub(super) fn next(&mut self) -> Option<Row> {
        let (row, token) = self.rows.pop_front()?;
        self.reached = token;
        Some(row)
    }

    /// Where the list goes on, as the store names it.
    pub(super) fn reached(&self) -> String {
        self.reached.clone()
    }

    /// Whether nothing follows.
    pub(super) fn is_done(&self) -> bool {
        self.rows.is_empty() && self.is_last
    }
}
