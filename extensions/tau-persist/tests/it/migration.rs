//! Databases of every version that was ever written are opened, read, and brought up to date.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use futures::executor::block_on;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tau_persist::{
    Append, ListSessions, OpenSession, OutboxMessage, ReadEvents, SCHEMA_VERSION, Search, Sha256Hash,
    Snapshot, SqliteOptions, SqliteStore, Store, StoreErrorKind as Kind, StoreOptions, verify_session,
};

use crate::support::{BodyText, Folder, ManualClock, Writer, id, kind, open, read_all};

/// One for each version, as the program of that version wrote it. They are never changed.
const FIXTURES: [&str; 3] = [
    include_str!("../fixtures/schema_v1.sql"),
    include_str!("../fixtures/schema_v2.sql"),
    include_str!("../fixtures/schema_v3.sql"),
];

/// Everything a store can hold.
fn fill(store: &dyn Store) {
    let mut writer = Writer::new("s");
    writer.at = store.open_session(open("s", "a holder")).wait().unwrap().head;
    let first = writer.event("the quick brown fox");
    let large = writer.event(vec![0; 70_000]);
    let message = OutboxMessage::new("events", "a message");
    store.append(Append::new(vec![first, large]).with_messages(vec![message])).wait().unwrap();
    let mut odd = writer.event("it's");
    odd.__buffa_unknown_fields.push(tau_proto::buffa::UnknownField {
        number: 999,
        data: tau_proto::buffa::UnknownFieldData::Varint(7),
    });
    store.append(Append::new(vec![odd])).wait().unwrap();
    store.put_snapshot(Snapshot::new(id("s"), "state", 3, writer.at.hash, "a state")).wait().unwrap();
    store.put_blob(&id("s"), "kept".into()).wait().unwrap();
    Writer::new("free").append(store, 2);
    Writer::new("gone").append(store, 1);
    store.delete(&id("gone")).wait().unwrap();
}

/// What [`fill`] has put there.
fn assert_filled(store: &dyn Store) {
    let events = read_all(store, &id("s"));
    assert_eq!(events.iter().map(|event| event.body.len()).collect::<Vec<_>>(), [19, 70_000, 4]);
    assert_eq!(events[2].__buffa_unknown_fields.len(), 1);
    let list = store.list(ListSessions::first(10)).wait().unwrap();
    let sizes: Vec<_> = list.iter().map(|info| (info.session.as_str(), info.bytes)).collect();
    assert_eq!(sizes, [("s", 70_023), ("free", 28)]);
    for session in ["s", "free"] {
        let verification = block_on(verify_session(store, &id(session))).unwrap();
        assert!(verification.damage.is_none(), "{verification:?}");
    }
    let Kind::Leased { holder, epoch, .. } = kind(store.open_session(open("s", "me")).wait()) else {
        panic!("the lease is lost")
    };
    assert_eq!((holder.as_str(), epoch), ("a holder", 1));
    let snapshot = store.snapshot(&id("s"), "state").wait().unwrap().unwrap();
    assert_eq!((snapshot.seq, &snapshot.body[..]), (3, &b"a state"[..]));
    assert_eq!(store.blob(Sha256Hash::of(b"kept")).wait().unwrap().unwrap(), "kept");
    let hits = store.search(Search::new("quick")).wait().unwrap();
    assert_eq!(hits.iter().map(|hit| (hit.session.as_str(), hit.seq)).collect::<Vec<_>>(), [("s", 1)]);
    let messages = store.outbox(0, 10).wait().unwrap();
    assert_eq!(messages.iter().map(|stored| &stored.message.body[..]).collect::<Vec<_>>(), [b"a message"]);
    assert_eq!(kind(store.read(ReadEvents::after(id("gone"), 0)).wait()), Kind::Deleted);
}

fn options() -> StoreOptions {
    StoreOptions::default().with_clock(ManualClock::new()).with_text(std::sync::Arc::new(BodyText))
}

#[test]
fn every_version_ever_written_is_read_and_goes_on() {
    assert_eq!(FIXTURES.len(), SCHEMA_VERSION as usize, "a version without a fixture");
    for (index, fixture) in FIXTURES.iter().enumerate() {
        let folder = Folder::new();
        let connection = Connection::open(folder.path()).unwrap();
        connection.execute_batch(fixture).unwrap();
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version as usize, index + 1);
        drop(connection);
        let read_only = SqliteStore::open(folder.path(), SqliteOptions::default().read_only());
        if version < SCHEMA_VERSION {
            // Reading changes nothing.
            let older = Kind::OlderSchema { found: version, supported: SCHEMA_VERSION };
            assert_eq!(kind(read_only), older);
        }
        let store = folder.open_with(options());
        assert_filled(&store);
        assert!(store.check().wait().unwrap().is_empty());
        let mut writer = Writer::new("s");
        writer.at = store
            .open_session(OpenSession::new(id("s"), "me", Duration::from_secs(1)).take_over(1))
            .wait()
            .unwrap()
            .head;
        writer.append(&store, 2);
        drop(store);
        assert_eq!(schema(&folder), schema_of_new(), "version {version} was not brought up to date");
    }
}

/// Names and definitions of all that is in a database, and its version.
fn schema(folder: &Folder) -> (u32, BTreeMap<String, Option<String>>) {
    let connection = Connection::open(folder.path()).unwrap();
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut schema: BTreeMap<String, Option<String>> = rows.map(Result::unwrap).collect();
    // Statistics of the query planner, if it has made any.
    schema.retain(|name, _| !name.starts_with("sqlite_stat"));
    (version, schema)
}

fn schema_of_new() -> (u32, BTreeMap<String, Option<String>>) {
    let folder = Folder::new();
    drop(folder.open());
    schema(&folder)
}

#[test]
fn what_the_fixtures_hold_is_what_this_version_writes() {
    let folder = Folder::new();
    let store = folder.open_with(options());
    fill(&store);
    assert_filled(&store);
    drop(store);
    let written = dump(&folder);
    assert!(written == FIXTURES[FIXTURES.len() - 1], "the current version writes something else:\n{written}");
}

/// A database as SQL, without the tables that the full-text index keeps for itself.
fn dump(folder: &Folder) -> String {
    let connection = Connection::open(folder.path()).unwrap();
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let mut sql = String::new();
    for name in ["application_id", "user_version"] {
        writeln!(sql, "PRAGMA {name} = {};", pragma(name)).unwrap();
    }
    let objects = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
                   AND name NOT LIKE 'event_text_%' ORDER BY rowid";
    let mut statement = connection.prepare(objects).unwrap();
    let objects = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let objects: Vec<(String, String, String)> = objects.map(Result::unwrap).collect();
    for (_, _, definition) in &objects {
        writeln!(sql, "{definition};").unwrap();
    }
    // In an order that satisfies foreign keys.
    for table in ["session", "blob", "blob_owner", "event", "snapshot", "outbox", "event_text"] {
        let columns = if table == "event_text" { "rowid, *" } else { "*" };
        let mut statement =
            connection.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1, 2")).unwrap();
        let names = statement.column_names().collect::<Vec<_>>().join(", ");
        let count = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> =
                (0..count).map(|column| literal(row.get_ref(column).unwrap())).collect();
            writeln!(sql, "INSERT INTO {table} ({names}) VALUES ({});", values.join(", ")).unwrap();
        }
    }
    sql
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(bytes) if !bytes.is_empty() && bytes.iter().all(|byte| *byte == 0) => {
            format!("zeroblob({})", bytes.len())
        }
        ValueRef::Blob(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{hex}'")
        }
    }
}
