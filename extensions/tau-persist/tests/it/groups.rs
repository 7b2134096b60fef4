//! What waits together is committed together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tau_persist::{Append, Probe, SqliteOptions, SqliteStore, Step, Store as _};

use crate::support::{Folder, Writer};

/// Counts commits, and lets requests gather before each.
#[derive(Debug, Default)]
struct Commits(AtomicU64);

impl Probe for Commits {
    fn reached(&self, step: Step) {
        if step == Step::Begin {
            std::thread::sleep(Duration::from_millis(20));
        }
        if step == Step::Committed {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn appends_of_many_sessions_share_a_commit() {
    let folder = Folder::new();
    let commits = Arc::new(Commits::default());
    let options = SqliteOptions::default().with_probe(commits.clone());
    let store = SqliteStore::open(folder.path(), options).unwrap();
    let mut writers: Vec<Writer> = (0..200).map(|index| Writer::new(&format!("s-{index}"))).collect();
    for _ in 0..3 {
        let answers: Vec<_> =
            writers.iter_mut().map(|writer| store.append(Append::new(writer.events(2)))).collect();
        for (answer, writer) in answers.into_iter().zip(&writers) {
            assert_eq!(answer.wait().unwrap(), writer.at);
        }
    }
    // The first of a round may go alone, before the others are there.
    let commits = commits.0.load(Ordering::SeqCst);
    assert!(commits <= 9, "{commits} commits for 3 rounds of 200 appends");
}
