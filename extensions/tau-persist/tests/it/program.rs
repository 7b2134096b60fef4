//! The program, as people run it.

use std::path::Path;
use std::process::{Command, Output};

use tau_persist::{ListSessions, Store as _};

use crate::support::{Folder, Writer, id, read_all};

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_tau-persist")).args(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn looks_after_a_store() {
    let folder = Folder::new();
    let store = folder.open();
    let events = Writer::new("s").append(&store, 3);
    Writer::new("t").append(&store, 1);
    drop(store);
    let path = folder.path();
    let database = text(&path);

    let (code, stdout, stderr) = run(&["verify", database]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let mut lines: Vec<&str> = stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["ok       s: 3 events", "ok       t: 1 events"]);

    let (code, stdout, _) = run(&["list", database, "--limit", "1"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 2), "{stdout}");
    assert!(stdout.lines().nth(1).unwrap().contains("T"), "{stdout}");

    let exported = folder.folder.path().join("s.jsonl");
    assert_eq!(run(&["export", database, "s", "--output", text(&exported)]).0, Some(0));
    let (_, stdout, _) = run(&["export", database, "s"]);
    assert_eq!(stdout, std::fs::read_to_string(&exported).unwrap());
    // It does not write over what is there.
    assert_eq!(run(&["export", database, "s", "--output", text(&exported)]).0, Some(2));

    let copy = Folder::new();
    let (code, stdout, stderr) = run(&["import", text(&copy.path()), text(&exported)]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "imported s: 3 events\n", ""));
    assert_eq!(read_all(&copy.open(), &id("s")), events);
    // Cut off, it is imported only if that is asked for.
    let whole = std::fs::read(&exported).unwrap();
    std::fs::write(&exported, &whole[..whole.len() - 150]).unwrap();
    let rest = Folder::new();
    let (code, _, stderr) = run(&["import", text(&rest.path()), text(&exported)]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("line 4: the file ends too early"), "{stderr}");
    assert_eq!(rest.open().list(ListSessions::first(1)).wait().unwrap(), []);
    let (code, stdout, _) = run(&["import", "--salvage", text(&rest.path()), text(&exported)]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("imported s: 2 events") && stdout.contains("line 4"), "{stdout}");
    assert_eq!(read_all(&rest.open(), &id("s")), events[..2]);

    let (code, stdout, _) = run(&["vacuum", text(&copy.path())]);
    assert!(code == Some(0) && stdout.contains("0 blobs removed"), "{stdout}");
}

#[test]
fn damage_has_an_exit_code_of_its_own() {
    let folder = Folder::new();
    let store = folder.open();
    Writer::new("s").append(&store, 5);
    Writer::new("t").append(&store, 1);
    drop(store);
    folder.tamper("UPDATE event SET body = x'00' WHERE seq = 3");
    let (code, stdout, stderr) = run(&["verify", text(&folder.path())]);
    assert_eq!((code, stderr.as_str()), (Some(1), ""));
    assert!(stdout.contains("DAMAGED  session s, event 4: it does not follow"), "{stdout}");
    assert!(stdout.contains("intact up to event 3 of 5"), "{stdout}");
    assert!(stdout.contains("ok       t"), "{stdout}");
    assert_eq!(run(&["verify", text(&folder.path()), "--session", "t"]).0, Some(0));
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = Folder::new();
    let path = folder.path();
    let database = text(&path);
    for arguments in [
        &["verify", database][..],
        &["list", database],
        &["export", database, "s"],
        &["vacuum", database],
        &["import", database, database],
    ] {
        let (code, _, stderr) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(stderr.starts_with("error: "), "{arguments:?}: {stderr}");
    }
    // Only import makes a database.
    let fresh = Folder::new();
    assert_eq!(run(&["vacuum", text(&fresh.path())]).0, Some(2));
    assert!(!fresh.path().exists());
    Writer::new("s").append(&folder.open(), 1);
    for (session, problem) in [("none", "not found"), ("a/b", "is not a session id")] {
        let (code, stdout, stderr) = run(&["export", database, session]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains(problem), "{stderr}");
    }
}
