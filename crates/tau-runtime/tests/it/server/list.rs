//! Lists of more sessions than fit a page, of which few are live.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use tau_core::SessionId;
use tau_core::event::Timestamp;
use tau_proto::runtime::v1 as pb;
use tau_runtime::runtime::StoredSession;
use tau_session::SessionOverview;

use super::support::{Served, reason};
use crate::driver::support::in_time;

/// A server with so many sessions in its store, made a millisecond after each other, every tenth of the team `red` and
/// every fourth a subagent.
fn served(stored: u64) -> Served {
    let served = Served::new();
    let sessions = (0..stored).map(|number| {
        let mut overview = SessionOverview::default();
        overview.created = Timestamp(1_000 + number);
        overview.updated = overview.created;
        if number % 10 == 0 {
            overview.metadata.insert("team".to_owned(), "red".to_owned());
        }
        overview.parent = (number % 4 == 3).then(|| SessionId::from_u128(1));
        StoredSession::new(SessionId::from_u128(u128::from(number) + 100), overview, number.to_string())
    });
    served.process.store.listed.lock().unwrap().extend(sessions);
    served
}

async fn list(served: &Served, request: pb::ListSessionsRequest) -> pb::ListSessionsResponse {
    in_time(served.sessions.list_sessions(request)).await.unwrap().into_owned()
}

/// Every page up to the last: the ids, and how many sessions the store was made to tell of for the costliest page.
async fn all(served: &Served, mut request: pb::ListSessionsRequest) -> (Vec<String>, usize) {
    let (mut ids, mut most) = (Vec::new(), 0);
    loop {
        let before = served.process.store.told.load(Ordering::Relaxed);
        let page = list(served, request.clone()).await;
        most = most.max(served.process.store.told.load(Ordering::Relaxed) - before);
        assert!(page.sessions.len() <= request.page_size as usize);
        ids.extend(page.sessions.into_iter().map(|session| session.session_id));
        if page.next_page_token.is_empty() {
            return (ids, most);
        }
        request.page_token = page.next_page_token;
    }
}

fn pages(order: pb::SessionOrder, filter: pb::SessionFilter) -> pb::ListSessionsRequest {
    pb::ListSessionsRequest {
        page_size: 50,
        order: order.into(),
        filter: filter.into(),
        ..Default::default()
    }
}

fn everything() -> pb::SessionFilter {
    let subagents = pb::SubagentScope::Included.into();
    let selector = pb::SessionSelector { subagents, ..Default::default() };
    pb::SessionFilter { selector: selector.into(), ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn a_page_costs_what_is_on_it_and_no_session_is_missed_or_told_twice() {
    for order in [pb::SessionOrder::CreatedAscending, pb::SessionOrder::CreatedDescending] {
        let served = served(10_000);
        let live: Vec<String> =
            [served.create().await, served.create().await].map(|id| id.to_string()).to_vec();
        // One of the live ones is in the store, too.
        let mut overview = SessionOverview::default();
        overview.created = Timestamp(5);
        let again = StoredSession::new(live[0].parse().unwrap(), overview, "10000");
        served.process.store.listed.lock().unwrap().push(again);
        let (ids, most) = all(&served, pages(order, everything())).await;
        assert_eq!(ids.len(), 10_002);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 10_002);
        assert!(most <= 100, "a page of 50 made the store tell of {most}");
        let mut stored: Vec<&String> = ids.iter().filter(|id| !live.contains(id)).collect();
        if order == pb::SessionOrder::CreatedDescending {
            stored.reverse();
        }
        assert!(stored.is_sorted());
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_lets_few_through_is_looked_for_a_bounded_while() {
    let served = served(10_000);
    let metadata = [("team".to_owned(), "red".to_owned())].into_iter().collect();
    let selector = pb::SessionSelector { metadata, ..Default::default() };
    let red = pb::SessionFilter { selector: selector.into(), ..Default::default() };
    let (ids, most) = all(&served, pages(pb::SessionOrder::CreatedAscending, red)).await;
    // Every tenth, but for subagents: of 0, 10, 20... every second one is none.
    assert_eq!(ids.len(), 1_000);
    assert!(most <= 1_050, "{most}");
    let nobody = pb::SessionFilter { states: vec![pb::SessionState::Running.into()], ..Default::default() };
    let request = pages(pb::SessionOrder::CreatedAscending, nobody);
    let page = list(&served, request.clone()).await;
    assert!(page.sessions.is_empty() && !page.next_page_token.is_empty() && page.total_size.is_none());
    assert_eq!(all(&served, request).await.0, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_of_its_order() {
    let served = served(100);
    let page = list(&served, pages(pb::SessionOrder::CreatedAscending, everything())).await;
    let mut other = pages(pb::SessionOrder::CreatedDescending, everything());
    other.page_token = page.next_page_token;
    let error = in_time(served.sessions.list_sessions(other)).await.unwrap_err();
    assert_eq!(reason(&error), "invalid_page_token");
}
