//! Databases that are damaged, full, locked, or none.

use std::time::Duration;

use futures::executor::block_on;
use tau_persist::{
    Append, Damage, ReadEvents, SCHEMA_VERSION, SqliteOptions, SqliteStore, Store as _,
    StoreErrorKind as Kind, verify_session,
};

use crate::support::{Folder, Writer, id, kind, read_all};

/// A closed database with one session of ten events, of which the seventh has a large body.
fn damaged_by(sql: &str) -> (Folder, SqliteStore) {
    let folder = Folder::new();
    let store = folder.open();
    let mut writer = Writer::new("s");
    writer.append(&store, 6);
    let large = writer.event(vec![7; 100_000]);
    store.append(Append::new(vec![large])).wait().unwrap();
    writer.append(&store, 3);
    drop(store);
    folder.tamper(sql);
    let store = folder.open();
    (folder, store)
}

#[test]
fn damage_is_found_and_what_is_before_it_is_read() {
    for (sql, damage, intact) in [
        ("UPDATE event SET kind = 'x' WHERE seq = 4", Damage::Chain, 4),
        ("UPDATE event SET body = x'00' WHERE seq = 10", Damage::Head, 10),
        ("UPDATE event SET prev_hash = zeroblob(32) WHERE seq = 5", Damage::Chain, 4),
        ("UPDATE event SET prev_hash = x'00' WHERE seq = 5", Damage::Chain, 4),
        ("UPDATE event SET epoch = 9 WHERE seq = 2", Damage::Chain, 2),
        ("UPDATE event SET epoch = -1 WHERE seq = 5", Damage::Event, 4),
        ("UPDATE event SET schema_version = -1 WHERE seq = 5", Damage::Event, 4),
        ("UPDATE event SET nanos = 99999999999 WHERE seq = 5", Damage::Event, 4),
        ("UPDATE event SET extra = x'ff' WHERE seq = 5", Damage::Event, 4),
        ("UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE seq = 5", Damage::Event, 4),
        ("UPDATE event SET body = NULL WHERE seq = 5", Damage::Event, 4),
        ("UPDATE event SET body = x'00' WHERE seq = 7", Damage::Event, 6),
        ("DELETE FROM event WHERE seq = 1", Damage::MissingEvent, 0),
        ("DELETE FROM event WHERE seq = 5", Damage::MissingEvent, 4),
        ("DELETE FROM event WHERE seq > 8", Damage::MissingEvent, 8),
        ("DELETE FROM blob", Damage::MissingBlob, 6),
        ("UPDATE blob SET body = zeroblob(100000)", Damage::Blob, 6),
        ("UPDATE session SET head_seq = 9", Damage::Head, 9),
        ("UPDATE session SET head_hash = zeroblob(32)", Damage::Head, 10),
        ("UPDATE event SET seq = 11 WHERE seq = 10", Damage::MissingEvent, 9),
    ] {
        let (_folder, store) = damaged_by(sql);
        let verification = block_on(verify_session(&store, &id("s"))).unwrap();
        let found = verification.damage.as_ref().map(|damage| damage.kind().clone());
        assert_eq!(found, Some(Kind::Corrupt(damage)), "{sql}");
        // The first event at fault is found out where the next does not fit to it.
        assert_eq!(verification.intact.seq, intact, "{sql}");
        // Pages of any size end before the damage; the one that begins with it fails.
        if !matches!(damage, Damage::Chain | Damage::Head) {
            let page = store.read(ReadEvents::after(id("s"), 0)).wait();
            assert_eq!(page.map_or(0, |page| page.len() as u64), intact, "{sql}");
            let next = store.read(ReadEvents::after(id("s"), intact)).wait().unwrap_err();
            assert_eq!((next.kind(), next.seq()), (&Kind::Corrupt(damage), Some(intact + 1)), "{sql}");
        }
    }
}

#[test]
fn a_damaged_session_row_is_an_error_of_that_session() {
    for sql in [
        "UPDATE session SET epoch = -1",
        "UPDATE session SET head_seq = -1",
        "UPDATE session SET head_hash = x'00'",
        "UPDATE session SET bytes = -1",
        "UPDATE session SET lease_holder = CAST(x'ff' AS TEXT), lease_granted = 0, lease_ttl = 0",
    ] {
        let (_folder, store) = damaged_by(sql);
        let error = store.head(&id("s")).wait().unwrap_err();
        assert_eq!(error.kind(), &Kind::Corrupt(Damage::Session), "{sql}");
        assert_eq!(error.session(), Some(&id("s")), "{sql}");
        // Others go on.
        Writer::new("t").append(&store, 2);
        assert_eq!(read_all(&store, &id("t")).len(), 2);
    }
}

#[test]
fn a_damaged_snapshot_is_none() {
    let (folder, store) = damaged_by("SELECT 1");
    let head = store.head(&id("s")).wait().unwrap().unwrap();
    let snapshot = tau_persist::Snapshot::new(id("s"), "state", head.seq, head.hash, "state");
    store.put_snapshot(snapshot.clone()).wait().unwrap();
    assert_eq!(store.snapshot(&id("s"), "state").wait().unwrap(), Some(snapshot.clone()));
    for sql in ["body = x'00'", "hash = zeroblob(32)", "seq = 3", "seq = 99", "seq = 0", "body_hash = x''"] {
        store.put_snapshot(snapshot.clone()).wait().unwrap();
        folder.tamper(&format!("UPDATE snapshot SET {sql}"));
        assert_eq!(store.snapshot(&id("s"), "state").wait().unwrap(), None, "{sql}");
    }
}

#[test]
fn the_check_of_the_file_finds_bad_pages_and_blobs() {
    let (_folder, store) = damaged_by("SELECT 1");
    assert!(store.check().wait().unwrap().is_empty());
    let (_folder, store) = damaged_by("UPDATE blob SET body = x'00'");
    let found: Vec<_> = store.check().wait().unwrap().iter().map(|error| error.kind().clone()).collect();
    assert_eq!(found, [Kind::Corrupt(Damage::Blob)]);

    let (folder, store) = damaged_by("SELECT 1");
    store.vacuum().wait().unwrap();
    drop(store);
    let mut bytes = std::fs::read(folder.path()).unwrap();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(folder.path(), bytes).unwrap();
    let store = folder.open();
    let found = store.check().wait().unwrap();
    assert!(found.iter().any(|error| *error.kind() == Kind::Corrupt(Damage::File)), "{found:?}");
}

fn open_error(folder: &Folder) -> Kind {
    let options = SqliteOptions::default().with_busy_timeout(Duration::from_millis(50));
    SqliteStore::open(folder.path(), options).unwrap_err().kind().clone()
}

#[test]
fn what_is_no_store_is_left_alone() {
    let folder = Folder::new();
    let text = "This is a letter and no database. ".repeat(200);
    std::fs::write(folder.path(), &text).unwrap();
    assert_eq!(open_error(&folder), Kind::NotAStore);
    assert_eq!(std::fs::read_to_string(folder.path()).unwrap(), text);

    let folder = Folder::new();
    folder.tamper("CREATE TABLE bookmarks (url TEXT)");
    let before = std::fs::read(folder.path()).unwrap();
    assert_eq!(open_error(&folder), Kind::NotAStore);
    assert_eq!(std::fs::read(folder.path()).unwrap(), before);

    // An empty file may be a database to come; for reading it is none.
    let folder = Folder::new();
    std::fs::write(folder.path(), "").unwrap();
    let error = SqliteStore::open(folder.path(), SqliteOptions::default().read_only()).unwrap_err();
    assert_eq!(error.kind(), &Kind::NotAStore);
    assert_eq!(std::fs::metadata(folder.path()).unwrap().len(), 0);
    drop(folder.open());

    let missing = Folder::new().path().join("no/such/folder.db");
    assert_eq!(SqliteStore::open(missing, SqliteOptions::default()).unwrap_err().kind(), &Kind::Io);
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let folder = Folder::new();
    Writer::new("s").append(&folder.open(), 3);
    folder.tamper(&format!("PRAGMA user_version = {}", SCHEMA_VERSION + 1));
    let newer = Kind::NewerSchema { found: SCHEMA_VERSION + 1, supported: SCHEMA_VERSION };
    assert_eq!(open_error(&folder), newer);
    let error = SqliteStore::open(folder.path(), SqliteOptions::default().read_only()).unwrap_err();
    assert_eq!(error.kind(), &newer);
    folder.tamper(&format!("PRAGMA user_version = {SCHEMA_VERSION}"));
    assert_eq!(read_all(&folder.open(), &id("s")).len(), 3);
}

#[test]
fn a_store_opened_for_reading_reads_and_refuses_to_write() {
    let folder = Folder::new();
    let mut writer = Writer::new("s");
    let events = writer.append(&folder.open(), 3);
    let store = SqliteStore::open(folder.path(), SqliteOptions::default().read_only()).unwrap();
    assert_eq!(read_all(&store, &id("s")), events);
    assert_eq!(kind(store.append(Append::new(writer.events(1))).wait()), Kind::ReadOnly);
    assert_eq!(kind(store.open_session(crate::support::open("s", "me")).wait()), Kind::ReadOnly);
    assert_eq!(kind(store.vacuum().wait()), Kind::ReadOnly);
    assert_eq!(kind(store.delete(&id("s")).wait()), Kind::ReadOnly);
}

#[test]
fn dropping_a_store_carries_out_what_was_asked() {
    let folder = Folder::new();
    let store = folder.open();
    let mut writer = Writer::new("s");
    let answers: Vec<_> = (0..300).map(|_| store.append(Append::new(writer.events(1)))).collect();
    drop(store);
    for answer in answers {
        answer.wait().unwrap();
    }
    assert_eq!(read_all(&folder.open(), &id("s")).len(), 300);
}
