//! Unchanged files are not read again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tau_tools::environment::{
    CommandSpec, Environment, EnvironmentError, EnvironmentLayer, FileTree, Scan, ScanRules, Stamp, TreeNode,
    WorkspacePath,
};
use tau_tools::undo::UndoableEnvironment;

use super::{Desk, SESSION};

/// Counts the files that are read from its tree.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn Environment>,
    reads: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct CountingTree {
    inner: Arc<dyn FileTree>,
    reads: Arc<AtomicUsize>,
}

impl FileTree for CountingTree {
    fn scan(&self, limit: usize, rules: Option<&ScanRules>) -> Result<Scan, EnvironmentError> {
        self.inner.scan(limit, rules)
    }

    fn stamp(&self, path: &WorkspacePath) -> Result<Option<Stamp>, EnvironmentError> {
        self.inner.stamp(path)
    }

    fn content(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, EnvironmentError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.content(path, limit)
    }

    fn locate(&self, path: &WorkspacePath) -> Result<WorkspacePath, EnvironmentError> {
        self.inner.locate(path)
    }

    fn put(&self, path: &WorkspacePath, node: &TreeNode<'_>) -> Result<(), EnvironmentError> {
        self.inner.put(path, node)
    }

    fn remove(&self, path: &WorkspacePath) -> Result<(), EnvironmentError> {
        self.inner.remove(path)
    }
}

impl EnvironmentLayer for Counting {
    fn inner(&self) -> &dyn Environment {
        self.inner.as_ref()
    }

    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        let (inner, reads) = (self.inner.tree()?, Arc::clone(&self.reads));
        Some(Arc::new(CountingTree { inner, reads }))
    }
}

fn counted(mut desk: Desk) -> (Desk, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let inner = Counting { inner: desk.local(), reads: Arc::clone(&reads) };
    desk.environment = UndoableEnvironment::new(Arc::new(inner), Arc::clone(&desk.log));
    (desk, reads)
}

/// So many files of some kilobytes.
fn filled(files: usize) -> Desk {
    let desk = Desk::new();
    for number in 0..files {
        let text = format!("line {number} of a file that is like others\n").repeat(100);
        desk.put(&format!("folder{}/file{number}", number % 100), &text);
    }
    desk
}

#[tokio::test]
async fn unchanged_files_are_read_once() {
    let desk = filled(200);
    // Files this old are not taken to be changing still; the newest one always is.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    desk.put("newest", "x");
    let (desk, reads) = counted(desk);
    desk.command(1, "true").await;
    let first = reads.swap(0, Ordering::Relaxed);
    assert_eq!(first, 201 + 1, "all of them, and the newest again after the command");
    desk.command(1, "echo changed > folder1/file1").await;
    let second = reads.swap(0, Ordering::Relaxed);
    assert!((2..=4).contains(&second), "{second} files read");
    // In a program that starts anew too.
    let (desk, reads) = counted(desk.reopened());
    desk.command(2, "true").await;
    let third = reads.load(Ordering::Relaxed);
    assert!((2..=4).contains(&third), "{third} files read");
    assert_eq!(desk.changes(1).len(), 1);
}

/// Prints what a command costs besides: `cargo test --release -p tau-tools --test it -- --ignored --nocapture cost`.
#[tokio::test]
#[ignore = "a measurement"]
async fn cost_of_five_thousand_files() {
    let desk = filled(5_000);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    desk.put("newest", "x");
    let bare = Instant::now();
    desk.local().run(&CommandSpec::new("true"), &|_| {}).await.unwrap();
    println!("a command alone: {:?}", bare.elapsed());
    for label in ["first command", "second command", "third command"] {
        let started = Instant::now();
        desk.command(1, "true").await;
        println!("{label}: {:?}", started.elapsed());
    }
    let started = Instant::now();
    desk.write(1, "folder1/file1", "written").await;
    println!("a write: {:?}", started.elapsed());
    let log = desk.outside().join("undo").join(SESSION.to_string());
    for file in ["manifest.jsonl", "contents"] {
        println!("{file}: {} bytes", std::fs::metadata(log.join(file)).unwrap().len());
    }
    let desk = desk.reopened();
    let started = Instant::now();
    desk.command(2, "echo x > folder2/file2").await;
    println!("first command of a program that starts anew: {:?}", started.elapsed());
    let started = Instant::now();
    let records = desk.log.records(SESSION).unwrap().len();
    println!("reading {records} records: {:?}", started.elapsed());
    let started = Instant::now();
    desk.undo(2).unwrap();
    println!("undo: {:?}", started.elapsed());
}
