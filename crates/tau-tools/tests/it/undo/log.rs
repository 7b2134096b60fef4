//! What every undo log does, and what the one on disk does besides.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tau_core::{SessionId, ToolCallId};
use tau_tools::undo::{
    ContentHash, FileState, FolderUndoLog, Keeping, KnownContent, MemoryUndoLog, Record, UndoErrorKind,
    UndoLimits, UndoLog,
};

use super::{SESSION, at, run_id};

const OTHER: SessionId = SessionId::from_u128(8);

fn records() -> Vec<Record> {
    let content = KnownContent::Kept { sha256: ContentHash::of(b"one") };
    let file = |mode| FileState::File { mode, len: 3, content: content.clone() };
    let changed = |path: &str, before, after| Record::Changed {
        run: run_id(1),
        call: ToolCallId::new("call\n\u{0}"),
        path: at(path),
        before,
        after,
        uncertain: false,
    };
    vec![
        changed("a/b", FileState::Absent, file(None)),
        changed("line\nbreak", file(Some(0o644)), FileState::Link { content: content.clone() }),
        Record::CommandStarted { run: run_id(1), call: ToolCallId::new("call") },
        changed("folder", FileState::Other, FileState::Folder { mode: Some(0o755) }),
        Record::CommandEnded { run: run_id(1) },
        Record::Undone { run: run_id(1) },
    ]
}

fn records_in_order(log: &dyn UndoLog) {
    assert_eq!(log.records(SESSION).unwrap(), []);
    let all = records();
    log.append(SESSION, &all[..2]).unwrap();
    log.append(SESSION, &all[2..]).unwrap();
    log.append(OTHER, &all[..1]).unwrap();
    assert_eq!((log.records(SESSION).unwrap(), log.records(OTHER).unwrap().len()), (all, 1));
    log.forget(SESSION).unwrap();
    log.forget(SESSION).unwrap();
    assert_eq!((log.records(SESSION).unwrap().len(), log.records(OTHER).unwrap().len()), (0, 1));
}

fn contents_by_hash(log: &dyn UndoLog) {
    for content in [b"one".as_slice(), b"", b"\xff\0\n", &[b'x'; 10]] {
        assert_eq!(log.keep(SESSION, content).unwrap(), Keeping::Kept);
        assert_eq!(log.content(SESSION, &ContentHash::of(content)).unwrap(), content);
    }
    let missing = log.content(OTHER, &ContentHash::of(b"one")).unwrap_err();
    assert_eq!(missing.kind(), UndoErrorKind::Corrupt);
}

/// The limits here: 10 bytes of a file, 25 of a session.
fn limits(log: &dyn UndoLog) {
    let keep = |content: &str| log.keep(SESSION, content.as_bytes()).unwrap();
    assert_eq!(keep(&"x".repeat(11)), Keeping::OverLimits);
    assert_eq!([keep(&"a".repeat(10)), keep(&"b".repeat(10)), keep("c")], [Keeping::Kept; 3]);
    assert_eq!(keep("ddddd"), Keeping::OverLimits);
    assert_eq!([keep("dddd"), keep(&"a".repeat(10))], [Keeping::Kept; 2]);
    assert_eq!(log.keep(OTHER, b"another session").unwrap(), Keeping::OverLimits);
    assert_eq!(log.keep(OTHER, b"another").unwrap(), Keeping::Kept);
}

macro_rules! conforms {
    ($($check:ident),*) => {
        mod in_memory {
            $(#[test] fn $check() { super::$check(&super::MemoryUndoLog::new(super::UndoLimits::new(10, 25))) })*
        }
        mod in_a_folder {
            $(#[test] fn $check() {
                let folder = tempfile::tempdir().unwrap();
                super::$check(&super::open(folder.path()));
            })*
        }
    };
}

conforms!(records_in_order, contents_by_hash, limits);

fn open(folder: &std::path::Path) -> FolderUndoLog {
    FolderUndoLog::new(folder.join("undo"), UndoLimits::new(10, 25))
}

#[test]
fn files_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.keep(SESSION, b"secret").unwrap();
    log.append(SESSION, &records()).unwrap();
    let session = folder.path().join("undo").join(SESSION.to_string());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&folder.path().join("undo")), mode(&session)), (0o700, 0o700));
    assert_eq!((mode(&session.join("manifest.jsonl")), mode(&session.join("contents"))), (0o600, 0o600));
}

#[test]
fn a_manifest_that_is_torn_anywhere_loses_its_last_line_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).append(SESSION, &records()).unwrap();
    let manifest = folder.path().join("undo").join(SESSION.to_string()).join("manifest.jsonl");
    let whole = fs::read(&manifest).unwrap();
    for torn in 0..=whole.len() {
        fs::write(&manifest, &whole[..torn]).unwrap();
        let log = open(folder.path());
        let lines = whole[..torn].iter().filter(|byte| **byte == b'\n').count();
        let mut expected = records();
        expected.truncate(lines.saturating_sub(1));
        assert_eq!(log.records(SESSION).unwrap(), expected, "torn at {torn}");
        let more = Record::Undoing { run: run_id(9) };
        log.append(SESSION, std::slice::from_ref(&more)).unwrap();
        expected.push(more);
        assert_eq!(open(folder.path()).records(SESSION).unwrap(), expected, "torn at {torn}");
    }
}

#[test]
fn contents_that_are_torn_anywhere_lose_the_last_alone() {
    let folder = tempfile::tempdir().unwrap();
    let kept: [&[u8]; 3] = [b"one", b"\n\n", b"three"];
    let log = open(folder.path());
    for content in kept {
        log.keep(SESSION, content).unwrap();
    }
    let contents = folder.path().join("undo").join(SESSION.to_string()).join("contents");
    let whole = fs::read(&contents).unwrap();
    let ends: Vec<usize> = kept
        .iter()
        .scan(0, |end, content| {
            *end += 64 + 1 + content.len().to_string().len() + 1 + content.len() + 1;
            Some(*end)
        })
        .collect();
    assert_eq!(ends[2], whole.len());
    for torn in 0..=whole.len() {
        fs::write(&contents, &whole[..torn]).unwrap();
        let log = open(folder.path());
        for (content, end) in kept.iter().zip(&ends) {
            let found = log.content(SESSION, &ContentHash::of(content));
            assert_eq!(found.is_ok(), *end <= torn, "torn at {torn}");
        }
        log.keep(SESSION, b"after").unwrap();
        assert_eq!(open(folder.path()).content(SESSION, &ContentHash::of(b"after")).unwrap(), b"after");
    }
}

#[test]
fn damage_and_newer_versions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).append(SESSION, &records()).unwrap();
    let manifest = folder.path().join("undo").join(SESSION.to_string()).join("manifest.jsonl");
    let whole = fs::read_to_string(&manifest).unwrap();
    for (damaged, says) in [
        (whole.replacen("\"record\"", "\"recxrd\"", 1), "line 2 of the undo log is damaged"),
        (whole.replace("\"tau_undo\":1", "\"tau_undo\":2"), "has version 2; this program reads 1"),
        ("not a log\n".to_owned(), "is not one"),
    ] {
        fs::write(&manifest, damaged).unwrap();
        let refused = open(folder.path()).records(SESSION).unwrap_err();
        assert_eq!(refused.kind(), UndoErrorKind::Corrupt);
        assert!(refused.to_string().contains(says), "{refused}");
    }
}
