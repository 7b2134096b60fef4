//! What every store keeps true, asked of each of them.

use std::sync::Arc;

use tau_orchestrate::checkpoint::{
    MemoryStore, Record, RunId, RunStatus, SqliteStore, Store, StoreErrorKind, StoredRecord,
};

fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

fn record(seq: u64, body: &str) -> Record {
    let status = if body == "end" { RunStatus::Completed } else { RunStatus::Running };
    Record::new(seq, "graph".into(), seq / 2, status, body.as_bytes().to_vec())
}

fn records(stored: &[StoredRecord]) -> Vec<Record> {
    stored.iter().map(|stored| stored.record.clone()).collect()
}

/// The whole suite, on an empty store. Other stores in this tree run it too.
pub(crate) async fn check_all(store: Arc<dyn Store>) {
    appends_follow_each_other(&*store).await;
    one_of_two_that_append_is_told(&store).await;
    bodies_come_back_as_they_were(&*store).await;
    a_log_is_shortened_at_once(&*store).await;
    runs_are_listed_and_deleted(&*store).await;
}

async fn appends_follow_each_other(store: &dyn Store) {
    let (run, other) = (id("follow"), id("follow-2"));
    assert_eq!(store.load(&run).await.unwrap(), []);
    store.append(&run, record(1, "a")).await.unwrap();
    store.append(&run, record(2, "b")).await.unwrap();
    for wrong in [0, 1, 2, 4] {
        let error = store.append(&run, record(wrong, "x")).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Conflict, "record {wrong}");
    }
    let error = store.append(&other, record(2, "x")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict, "a run begins with its first record");
    assert_eq!(store.load(&other).await.unwrap(), []);
    let stored = store.load(&run).await.unwrap();
    assert_eq!(records(&stored), [record(1, "a"), record(2, "b")]);
    assert!(stored[0].at <= stored[1].at);
}

async fn one_of_two_that_append_is_told(store: &Arc<dyn Store>) {
    let run = id("two");
    for seq in 1..=20 {
        let one = tokio::spawn({
            let (store, run) = (Arc::clone(store), run.clone());
            async move { store.append(&run, record(seq, "one")).await }
        });
        let two = tokio::spawn({
            let (store, run) = (Arc::clone(store), run.clone());
            async move { store.append(&run, record(seq, "two")).await }
        });
        let results = [one.await.unwrap(), two.await.unwrap()];
        let taken = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(taken, 1, "{results:?}");
    }
    assert_eq!(store.load(&run).await.unwrap().len(), 20);
}

async fn bodies_come_back_as_they_were(store: &dyn Store) {
    let run = id("bodies:1_2.3");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for (seq, body) in [Vec::new(), bytes].into_iter().enumerate() {
        let record =
            Record::new(seq as u64 + 1, "grüße".into(), u64::from(u32::MAX), RunStatus::Waiting, body);
        store.append(&run, record.clone()).await.unwrap();
        assert_eq!(store.load(&run).await.unwrap().last().map(|stored| &stored.record), Some(&record));
    }
}

async fn a_log_is_shortened_at_once(store: &dyn Store) {
    let run = id("short");
    for seq in 1..=5 {
        store.append(&run, record(seq, "x")).await.unwrap();
    }
    let times = |stored: &[StoredRecord]| stored.iter().map(|stored| stored.at).collect::<Vec<_>>();
    let before = times(&store.load(&run).await.unwrap());
    // Long enough for every clock to show another millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    store.compact(&run, record(3, "base")).await.unwrap();
    assert_eq!(
        times(&store.load(&run).await.unwrap()),
        before[2..],
        "a base is as old as what it stands for"
    );
    let expected = [record(3, "base"), record(4, "x"), record(5, "x")];
    assert_eq!(records(&store.load(&run).await.unwrap()), expected);
    for gone in [1, 2, 6] {
        let error = store.compact(&run, record(gone, "y")).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Conflict);
    }
    store.append(&run, record(6, "z")).await.unwrap();
    assert_eq!(
        store.compact(&id("nobody"), record(1, "y")).await.unwrap_err().kind(),
        StoreErrorKind::Conflict
    );
}

async fn runs_are_listed_and_deleted(store: &dyn Store) {
    for info in store.list().await.unwrap() {
        store.delete(&info.run).await.unwrap();
    }
    for (name, last) in [("b", "end"), ("a", "x"), ("a-", "x"), ("a0", "x")] {
        store.append(&id(name), record(1, "xyz")).await.unwrap();
        store.append(&id(name), record(2, last)).await.unwrap();
    }
    let listed = store.list().await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|info| (info.run.as_str(), &*info.graph, info.status, info.step, info.bytes))
        .collect();
    assert_eq!(
        shown,
        [
            ("a", "graph", RunStatus::Running, 1, 4),
            ("a-", "graph", RunStatus::Running, 1, 4),
            ("a0", "graph", RunStatus::Running, 1, 4),
            ("b", "graph", RunStatus::Completed, 1, 6),
        ]
    );
    assert!(listed.iter().all(|info| info.began <= info.changed));
    store.delete(&id("a")).await.unwrap();
    store.delete(&id("nobody")).await.unwrap();
    let left: Vec<String> = store.list().await.unwrap().iter().map(|info| info.run.to_string()).collect();
    assert_eq!(left, ["a-", "a0", "b"]);
    store.append(&id("a"), record(1, "again")).await.unwrap();
}

#[tokio::test]
async fn memory() {
    check_all(Arc::new(MemoryStore::new())).await;
}

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check_all(Arc::new(SqliteStore::open(folder.path().join("runs.db")).unwrap())).await;
}

#[tokio::test]
async fn sqlite_is_read_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.db");
    let store = SqliteStore::open(&file).unwrap();
    store.append(&id("r"), record(1, "a")).await.unwrap();
    // A second handle beside the first, as of another process.
    let beside = SqliteStore::open(&file).unwrap();
    beside.append(&id("r"), record(2, "b")).await.unwrap();
    assert_eq!(store.append(&id("r"), record(2, "c")).await.unwrap_err().kind(), StoreErrorKind::Conflict);
    drop((store, beside));
    let stored = SqliteStore::open(&file).unwrap().load(&id("r")).await.unwrap();
    assert_eq!(records(&stored), [record(1, "a"), record(2, "b")]);
}

#[test]
fn sqlite_leaves_what_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "not a database, but long enough to look at, as its header has a hundred bytes".repeat(9),
    )
    .unwrap();
    assert_eq!(SqliteStore::open(&text).unwrap_err().kind(), StoreErrorKind::NotAStore);
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let before = std::fs::read(&other).unwrap();
    assert_eq!(SqliteStore::open(&other).unwrap_err().kind(), StoreErrorKind::NotAStore);
    assert_eq!(std::fs::read(&other).unwrap(), before);
    let newer = folder.path().join("newer.db");
    drop(SqliteStore::open(&newer).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(SqliteStore::open(&newer).unwrap_err().kind(), StoreErrorKind::NotAStore);
    let nowhere = folder.path().join("no/such/folder.db");
    assert_eq!(SqliteStore::open(nowhere).unwrap_err().kind(), StoreErrorKind::Unavailable);
}

#[test]
fn names_of_runs_are_short_and_plain() {
    for wrong in ["", "a/b", "a b", "ä", &"x".repeat(201)] {
        RunId::new(wrong).unwrap_err();
    }
    RunId::new(&"x".repeat(200)).unwrap();
}
