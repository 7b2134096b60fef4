//! A program that dies, and a log that fails, at every moment around a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use tau_core::SessionId;
use tau_tools::environment::{CommandSpec, Environment, EnvironmentErrorKind, MemoryEnvironment};
use tau_tools::undo::{
    self, Conflict, ConflictReason, ContentHash, Keeping, MemoryUndoLog, Record, UndoError, UndoErrorKind,
    UndoLimits, UndoLog, UndoableEnvironment,
};

use super::{Desk, SESSION, at, run_id, scope};

/// A log whose appends fail from some point on, as those of a program that died.
#[derive(Debug)]
struct Failing {
    inner: Arc<dyn UndoLog>,
    appends_left: AtomicUsize,
}

impl UndoLog for Failing {
    fn limits(&self) -> UndoLimits {
        self.inner.limits()
    }

    fn keep(&self, session: SessionId, content: &[u8]) -> Result<Keeping, UndoError> {
        self.inner.keep(session, content)
    }

    fn append(&self, session: SessionId, records: &[Record]) -> Result<(), UndoError> {
        let left =
            self.appends_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.inner.append(session, records),
            Err(_) => Err(UndoError::log(std::io::ErrorKind::StorageFull.into())),
        }
    }

    fn records(&self, session: SessionId) -> Result<Vec<Record>, UndoError> {
        self.inner.records(session)
    }

    fn content(&self, session: SessionId, hash: &ContentHash) -> Result<Vec<u8>, UndoError> {
        self.inner.content(session, hash)
    }

    fn forget(&self, session: SessionId) -> Result<(), UndoError> {
        self.inner.forget(session)
    }
}

fn failing_after(appends: usize, mut desk: Desk) -> Desk {
    let log = Failing { inner: Arc::clone(&desk.log), appends_left: AtomicUsize::new(appends) };
    desk.environment = UndoableEnvironment::new(desk.local(), Arc::new(log));
    desk
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_happen() {
    let desk = failing_after(0, Desk::new());
    desk.put("a", "before");
    let call = desk.call(1);
    let refused = call.write(&at("a"), b"after").await.unwrap_err();
    assert_eq!(refused.kind(), EnvironmentErrorKind::Io);
    assert!(refused.to_string().contains("nothing was done, as it could not be undone"), "{refused}");
    let refused = call.run(&CommandSpec::new("echo x > a"), &|_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("nothing was done, as it could not be undone"), "{refused}");
    assert_eq!(desk.get("a"), "before");
}

#[tokio::test]
async fn a_write_that_was_recorded_and_never_happened() {
    let desk = Desk::new();
    desk.put("a", "before");
    let before = desk.tree();
    // Polled until the record is there; the write itself is never started.
    let call = desk.call(1);
    let target = at("a");
    let mut write = call.write(&target, b"after");
    while undo::runs(desk.log.as_ref(), SESSION).unwrap().is_empty() {
        assert!(futures::poll!(&mut write).is_pending());
        // Looked at again before the next poll, which would start the write.
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(write);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(desk.get("a"), "before");
    let desk = desk.reopened();
    assert_eq!(desk.plan(1).unwrap().restores, []);
    // Then it happens after all: the call is run again.
    desk.write(1, "a", "after").await;
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

#[tokio::test]
async fn a_write_whose_program_died_right_after_it() {
    let desk = Desk::new();
    desk.put("a", "before");
    let before = desk.tree();
    desk.write(1, "a", "one").await;
    desk.write(1, "new", "x").await;
    // Nothing is recorded after a write, so a program that dies then leaves just this.
    let desk = desk.reopened();
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

#[tokio::test]
async fn a_command_that_is_cancelled_is_recorded() {
    let desk = Desk::new();
    desk.put("a", "before");
    let before = desk.tree();
    let call = desk.call(1);
    let command = CommandSpec::new("echo x > a; echo y > b; exec sleep 1000");
    let changed = async {
        while !desk.path("b").exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        exit = call.run(&command, &|_| {}) => panic!("ended by itself: {exit:?}"),
        () = changed => {}
    }
    while !desk
        .log
        .records(SESSION)
        .unwrap()
        .iter()
        .any(|record| matches!(record, Record::CommandEnded { .. }))
    {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let desk = desk.reopened();
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

fn cut_off(conflicts: &[Conflict]) -> Vec<String> {
    assert!(conflicts.iter().all(|conflict| conflict.reason == ConflictReason::CutOff), "{conflicts:?}");
    conflicts.iter().map(|conflict| conflict.path.to_string()).collect()
}

#[tokio::test]
async fn a_command_whose_program_died_is_listed_and_not_touched() {
    let desk = failing_after(1, Desk::new());
    desk.put("a", "before");
    desk.put("same", "same");
    desk.command(1, "echo x > a; echo y > b").await;
    let desk = desk.reopened();
    let left = desk.tree();
    assert_eq!(cut_off(&desk.plan(1).unwrap().conflicts), ["a", "b"]);
    assert_eq!(cut_off(desk.undo(1).unwrap_err().conflicts()), ["a", "b"]);
    assert_eq!(desk.tree(), left);
    // Its owner puts the one back and removes the other.
    desk.put("a", "before");
    std::fs::remove_file(desk.path("b")).unwrap();
    desk.undo(1).unwrap();
    assert_eq!((desk.get("a").as_str(), desk.get("same").as_str()), ("before", "same"));
}

#[tokio::test]
async fn what_a_cut_off_command_hid_is_not_taken_for_gone() {
    let desk = failing_after(1, Desk::new());
    desk.put("hidden", "before");
    desk.command(1, "echo hidden > .gitignore").await;
    let desk = desk.reopened();
    assert_eq!(cut_off(&desk.plan(1).unwrap().conflicts), [".gitignore"]);
    assert_eq!(desk.changes(1).len(), 1);
}

#[tokio::test]
async fn a_later_run_settles_what_was_cut_off() {
    let desk = failing_after(1, Desk::new());
    desk.put("a", "before");
    desk.command(1, "echo x > a").await;
    let desk = desk.reopened();
    desk.command(2, "echo two > b").await;
    desk.write(2, "c", "two").await;
    assert_eq!(cut_off(desk.undo(1).unwrap_err().conflicts()), ["a"]);
    desk.undo(2).unwrap();
    assert!(!desk.path("b").exists() && !desk.path("c").exists());
    assert_eq!(desk.get("a"), "x\n");
}

#[tokio::test]
async fn restoring_is_all_or_nothing() {
    let desk = Desk::new();
    desk.put("a", "before");
    desk.put("b", "before");
    desk.write(1, "a", "after").await;
    desk.command(1, "rm b").await;
    let left = desk.tree();
    // The contents are damaged before anything is put back.
    let contents = desk.outside().join("undo").join(SESSION.to_string()).join("contents");
    let text = std::fs::read(&contents).unwrap();
    let damaged = String::from_utf8(text.clone()).unwrap().replace("before", "BEFORE");
    std::fs::write(&contents, damaged).unwrap();
    let desk = desk.reopened();
    let refused = desk.undo(1).unwrap_err();
    assert_eq!(refused.kind(), UndoErrorKind::RolledBack);
    assert_eq!(desk.tree(), left);
    std::fs::write(&contents, text).unwrap();
    let desk = desk.reopened();
    desk.undo(1).unwrap();
    assert_eq!((desk.get("a").as_str(), desk.get("b").as_str()), ("before", "before"));
}

#[tokio::test]
async fn an_undo_that_died_in_the_middle_goes_on() {
    let desk = Desk::new();
    desk.put("a", "before");
    desk.put("b", "before");
    let before = desk.tree();
    desk.write(1, "a", "after").await;
    desk.write(1, "b", "after").await;
    // What an undo leaves that died after its first file.
    desk.log.append(SESSION, &[Record::Undoing { run: run_id(1) }]).unwrap();
    desk.put("a", "before");
    let desk = desk.reopened();
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

#[tokio::test]
async fn in_memory_it_is_the_same() {
    let files = MemoryEnvironment::new([("a", "before"), ("removed", "before")]).unwrap();
    let shared = files.clone();
    let files = files.with_commands(move |_, _| {
        let done = shared.write(&at("b"), b"made").now_or_never().unwrap();
        done.map(|()| tau_tools::environment::CommandExit::Code(0))
    });
    let before = files.files();
    let log: Arc<dyn UndoLog> = Arc::new(MemoryUndoLog::new(UndoLimits::default()));
    let environment = UndoableEnvironment::new(Arc::new(files.clone()), Arc::clone(&log));
    let call = environment.for_call(&scope(1)).unwrap();
    call.write(&at("a"), b"after").await.unwrap();
    call.write(&at("d/e"), b"after").await.unwrap();
    call.run(&CommandSpec::new("make"), &|_| {}).await.unwrap();
    assert_eq!(files.files().len(), 4);
    undo::restore(log.as_ref(), SESSION, run_id(1), &environment).unwrap();
    assert_eq!(files.files(), before);
}
