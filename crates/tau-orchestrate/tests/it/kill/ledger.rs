//! What is stored, read past the library, and what was done, read from the file.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Place;

/// What must not happen again once it is stored.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Tasks whose update is stored.
    done: BTreeSet<String>,
    /// Tasks whose question is stored.
    asked: BTreeSet<String>,
    /// How many lines of the file were there by then.
    lines: usize,
}

impl Ledger {
    /// What the database and the file say of a run and the runs inside of it.
    pub(super) fn read(place: &Place, run: &str) -> Self {
        let mut ledger = Self { lines: effects(&place.folder).len(), ..Self::default() };
        let rows = match &place.database {
            #[cfg(feature = "postgres")]
            Some(address) => runtime().block_on(of_postgres(address, run)),
            #[cfg(not(feature = "postgres"))]
            Some(_) => unreachable!("built without PostgreSQL"),
            None => of_sqlite(&place.folder, run),
        };
        let (mut current, mut step) = (String::new(), 0);
        for (id, body) in rows {
            if id != current {
                (current, step) = (id, 0);
            }
            let body: Value = serde_json::from_slice(&body).unwrap();
            for entry in body["entries"].as_array().unwrap() {
                let task = |what: &str| format!("{current}/{}.{}", step + 1, entry[what]["task"]);
                if entry.get("done").is_some() {
                    assert!(ledger.done.insert(task("done")), "stored twice: {}", task("done"));
                } else if entry.get("asked").is_some() {
                    ledger.asked.insert(task("asked"));
                } else if entry.get("step").is_some() {
                    step += 1;
                }
            }
        }
        ledger
    }

    /// Since this was read, nothing in it was done again, and nothing of it is gone.
    pub(super) fn check(&self, later: &Self, folder: &Path, run: &str) {
        assert!(
            self.done.is_subset(&later.done) && self.asked.is_subset(&later.asked),
            "{run}: stored and gone"
        );
        for line in &effects(folder)[self.lines..] {
            let (what, task) = line.split_once(' ').unwrap();
            assert!(!self.done.contains(task), "{run}: `{line}`, and its update was stored");
            assert!(
                what != "ask" || !self.asked.contains(task),
                "{run}: `{line}`, and its question was stored"
            );
        }
    }
}

fn effects(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("effects")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// The records of a run and the runs inside of it: names and bodies, in order.
fn of_sqlite(folder: &Path, run: &str) -> Vec<(String, Vec<u8>)> {
    let database = folder.join("runs.db");
    if !database.exists() {
        return Vec::new();
    }
    let connection = rusqlite::Connection::open(database).unwrap();
    let tables: i64 =
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    if tables == 0 {
        return Vec::new();
    }
    let mut select = connection
        .prepare(
            "SELECT id, body FROM record JOIN run ON number = run
             WHERE id = ?1 OR id LIKE ?1 || '/%' ORDER BY number, seq",
        )
        .unwrap();
    let rows = select.query_map([run], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[cfg(feature = "postgres")]
async fn of_postgres(address: &str, run: &str) -> Vec<(String, Vec<u8>)> {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let select =
        "SELECT run, body FROM tau_graph_record_v1 WHERE run = $1 OR run LIKE $1 || '/%' ORDER BY run, seq";
    let rows = client.query(select, &[&run]).await.unwrap_or_default();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
