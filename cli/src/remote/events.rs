//! The events of a session at a server, as a store would give them.

use tau_client::{Client, SubscriptionItem};
use tau_proto::runtime::v1 as pb;

use super::failed;
use crate::store::Entry;

/// All events of a session, from its first to its newest.
pub(crate) async fn entries(client: &Client, session: &str) -> miette::Result<Vec<Entry>> {
    let cursor = pb::SessionCursor { session_id: session.to_owned(), ..Default::default() };
    let request = pb::SubscribeRequest {
        sessions: vec![cursor],
        deltas: pb::DeltaMode::Excluded.into(),
        include_records: true,
        end: pb::SubscribeEnd::AtHead.into(),
        ..Default::default()
    };
    let mut news = client.subscribe(request).await.map_err(failed)?;
    let mut entries = Vec::new();
    while let Some(item) = news.next().await {
        if let SubscriptionItem::Event(event) = item.map_err(failed)?
            && let Some(record) = event.record.into_option()
        {
            entries.push(Entry::new(record));
        }
    }
    Ok(entries)
}
