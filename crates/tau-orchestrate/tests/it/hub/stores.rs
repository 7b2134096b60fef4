//! What every store of messages that must arrive does: one suite, over each of them.

use bytes::Bytes;
use tau_orchestrate::hub::{Handled, MemoryStore, MessageId, MessageStore, Stored};

fn id(origin: u64, number: u64) -> MessageId {
    MessageId::from_parts(origin, number)
}

/// Handed to each check: what opens a store, and opens the same one each time.
macro_rules! suite {
    ($open:expr) => {
        #[tokio::test]
        async fn what_is_put_is_there_until_it_is_settled() {
            let open = $open;
            super::what_is_put_is_there_until_it_is_settled(&open).await;
        }

        #[tokio::test]
        async fn what_came_is_remembered_above_the_mark() {
            let open = $open;
            super::what_came_is_remembered_above_the_mark(&open).await;
        }
    };
}

mod memory {
    use tau_orchestrate::hub::MemoryStore;

    suite!({
        let store = MemoryStore::new();
        move || store.clone()
    });
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use tau_orchestrate::hub::{SqliteStore, StoreErrorKind};

    suite!({
        let folder = tempfile::tempdir().unwrap();
        move || SqliteStore::open(&folder.path().join("outbox.sqlite")).unwrap()
    });

    #[tokio::test]
    async fn what_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(
            &path,
            "This is no database, and long enough to be taken for one by nobody. ".repeat(99),
        )
        .unwrap();
        let kind = |path: &std::path::Path| SqliteStore::open(path).unwrap_err().kind();
        assert_eq!(kind(&path), StoreErrorKind::NotAStore);
        assert_eq!(kind(folder.path()), StoreErrorKind::Unavailable);
        // A database of somebody else, one of the other store of this crate, and one of a newer version.
        let other = folder.path().join("other");
        rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
        assert_eq!(kind(&other), StoreErrorKind::NotAStore);
        let runs = folder.path().join("runs");
        drop(tau_orchestrate::checkpoint::SqliteStore::open(&runs).unwrap());
        assert_eq!(kind(&runs), StoreErrorKind::NotAStore);
        let newer = folder.path().join("newer");
        drop(SqliteStore::open(&newer).unwrap());
        rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert_eq!(kind(&newer), StoreErrorKind::NotAStore);
    }
}

async fn what_is_put_is_there_until_it_is_settled<S: MessageStore>(open: &impl Fn() -> S) {
    let store = open();
    assert_eq!(store.load().await.unwrap(), Stored::default());
    let high = u64::MAX - 7;
    let frames: Vec<(MessageId, Bytes)> =
        [id(1, 1), id(1, 2), id(2, 1), id(high, 1)].map(|id| (id, Bytes::from(format!("{id}\0")))).into();
    for (id, frame) in frames.iter().rev() {
        store.put(*id, frame.clone()).await.unwrap();
    }
    assert_eq!(open().load().await.unwrap().outgoing, frames);
    store.settle(vec![id(1, 1), id(9, 9), id(high, 1)]).await.unwrap();
    assert_eq!(open().load().await.unwrap().outgoing, frames[1..3]);
    store.settle(vec![]).await.unwrap();
    store.settle(vec![id(1, 2), id(2, 1)]).await.unwrap();
    assert_eq!(open().load().await.unwrap(), Stored::default());
}

async fn what_came_is_remembered_above_the_mark<S: MessageStore>(open: &impl Fn() -> S) {
    let store = open();
    let high = u64::MAX - 7;
    store.handled((1..=4).map(|number| Handled::new(id(high, number), 1)).collect()).await.unwrap();
    store.handled(vec![Handled::new(id(2, 5), 5), Handled::new(id(2, 5), 5)]).await.unwrap();
    let stored = open().load().await.unwrap();
    assert_eq!(stored.handled, [id(2, 5), id(high, 1), id(high, 2), id(high, 3), id(high, 4)]);
    assert_eq!(stored.settled, [(2, 5), (high, 1)]);
    // The mark forgets what is below, in its own origin alone, and never goes back.
    store.handled(vec![Handled::new(id(high, 6), 4)]).await.unwrap();
    store.handled(vec![Handled::new(id(high, 5), 2), Handled::new(id(high, 1), 1)]).await.unwrap();
    let stored = open().load().await.unwrap();
    assert_eq!(stored.handled, [id(2, 5), id(high, 4), id(high, 5), id(high, 6)]);
    assert_eq!(stored.settled, [(2, 5), (high, 4)]);
    assert_eq!(stored.outgoing, []);
    // Nothing of that is in another store.
    assert_eq!(MemoryStore::new().load().await.unwrap(), Stored::default());
}
