//! What is stored, read past the library, and what was done, read from the file.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

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
    pub(super) fn read(folder: &Path, run: &str) -> Self {
        let mut ledger = Self { lines: effects(folder).len(), ..Self::default() };
        let database = folder.join("runs.db");
        if !database.exists() {
            return ledger;
        }
        let connection = rusqlite::Connection::open(database).unwrap();
        let tables: i64 =
            connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        if tables == 0 {
            return ledger;
        }
        let mut select = connection
            .prepare(
                "SELECT id, body FROM record JOIN run ON number = run
                 WHERE id = ?1 OR id LIKE ?1 || '/%' ORDER BY number, seq",
            )
            .unwrap();
        let rows =
            select.query_map([run], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
        let (mut current, mut step) = (String::new(), 0);
        for row in rows {
            let (id, body) = row.unwrap();
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
