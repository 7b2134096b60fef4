//! Places where a store cannot do what it should: read-only ones, full ones, and ones where somebody else is.

#![cfg(unix)]

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use tau_persist::{Append, SqliteOptions, SqliteStore, Store as _, StoreErrorKind as Kind};

use crate::support::{Folder, Writer, example, id, kind, read_all};

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The program, run by somebody whom permissions stop: the one who owns everything is not.
struct Somebody {
    program: tempfile::TempDir,
}

impl Somebody {
    fn new() -> Self {
        let program = tempfile::tempdir().unwrap();
        allow(program.path(), 0o755);
        let copy = program.path().join("tau-persist");
        std::fs::copy(env!("CARGO_BIN_EXE_tau-persist"), &copy).unwrap();
        allow(&copy, 0o755);
        Self { program }
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(self.program.path().join("tau-persist"));
        command.args(arguments).current_dir(self.program.path());
        if std::fs::metadata(self.program.path())
            .is_ok_and(|program| std::os::unix::fs::MetadataExt::uid(&program) == 0)
        {
            command.uid(65_534).gid(65_534);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }
}

#[test]
fn what_may_not_be_written_is_read() {
    let folder = Folder::new();
    let store = folder.open();
    let mut writer = Writer::new("s");
    writer.append(&store, 3);
    // Copied while a log is there, for later.
    let log = folder.folder.path().join("sessions.db-wal");
    let left = std::fs::read(&log).unwrap();
    drop(store);
    assert!(!log.exists(), "a store that was closed is one file");
    let exported = folder.folder.path().join("s.jsonl");
    let mut file = std::fs::File::create(&exported).unwrap();
    block_on(tau_persist::export_session(&folder.open(), &id("s"), &mut file)).unwrap();
    allow(&exported, 0o444);
    let somebody = Somebody::new();
    let (path, exported) = (folder.path(), exported.to_str().unwrap().to_owned());
    let database = path.to_str().unwrap();
    for (folder_mode, file_mode) in [(0o555, 0o444), (0o777, 0o444), (0o555, 0o666)] {
        for left_by_readers in ["sessions.db-wal", "sessions.db-shm"] {
            drop(std::fs::remove_file(folder.folder.path().join(left_by_readers)));
        }
        allow(folder.folder.path(), folder_mode);
        allow(&path, file_mode);
        assert_eq!(somebody.run(&["verify", database]), (Some(0), "ok       s: 3 events\n".to_owned()));
        let (code, said) = somebody.run(&["export", database, "s"]);
        assert_eq!((code, said.lines().count()), (Some(0), 5), "{said}");
        let (code, said) = somebody.run(&["import", database, &exported]);
        assert_eq!(code, Some(2), "{folder_mode:o} {file_mode:o}: {said}");
        assert!(
            said.starts_with("error: the store cannot be written: "),
            "{folder_mode:o} {file_mode:o}: {said}"
        );
    }
    // A log that was left behind holds events, and to read it an index has to be written beside it.
    allow(folder.folder.path(), 0o755);
    std::fs::write(&log, left).unwrap();
    allow(&log, 0o444);
    allow(folder.folder.path(), 0o555);
    let (code, said) = somebody.run(&["verify", database]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.starts_with("error: the store cannot be written: "), "{said}");
    allow(folder.folder.path(), 0o755);
}

/// A process that has the whole database to itself until it is told to go on.
fn lock(folder: &Folder, how: &str) -> Child {
    let mut command = Command::new(example("lock_database"));
    command.arg(folder.path()).arg(how).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "locked\n");
    child
}

fn unlock(mut child: Child) {
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_store_locked_by_another_process_says_so_and_goes_on_later() {
    let folder = Folder::new();
    let wait = Duration::from_millis(200);
    let options = SqliteOptions::default().with_busy_timeout(wait);
    let store = SqliteStore::open(folder.path(), options).unwrap();
    let mut writer = Writer::new("s");
    writer.append(&store, 1);
    let other = lock(&folder, "write");
    let append = Append::new(writer.events(1));
    let start = Instant::now();
    let error = store.append(append.clone()).wait().unwrap_err();
    let waited = start.elapsed();
    assert!(waited >= wait && waited < wait * 20, "it waited {waited:?}");
    assert_eq!(error.kind(), &Kind::Locked);
    assert!(error.is_transient());
    assert!(error.to_string().contains("another process keeps the store locked; end that one"), "{error}");
    // Reading goes on meanwhile.
    assert_eq!(read_all(&store, &id("s")).len(), 1);
    // What is asked before the lock ends is carried out after it, within the time to wait.
    let mut patient = folder.open();
    let pending = patient.append(append.clone());
    unlock(other);
    assert_eq!(pending.wait().unwrap(), writer.at);
    assert_eq!(store.append(append).wait().unwrap(), writer.at);
    patient = folder.open();
    assert_eq!(read_all(&patient, &id("s")).len(), 2);
}

#[test]
fn a_store_that_another_process_has_to_itself_is_not_opened() {
    let folder = Folder::new();
    Writer::new("s").append(&folder.open(), 1);
    let other = lock(&folder, "exclusive");
    let wait = Duration::from_millis(200);
    for options in [SqliteOptions::default(), SqliteOptions::default().read_only()] {
        let start = Instant::now();
        let opened = SqliteStore::open(folder.path(), options.with_busy_timeout(wait));
        let waited = start.elapsed();
        assert_eq!(kind(opened), Kind::Locked);
        assert!(waited < wait * 20, "it waited {waited:?}");
    }
    unlock(other);
    assert_eq!(read_all(&folder.open(), &id("s")).len(), 1);
}

/// A disk that gets full in the middle of an append: what fits goes on once there is room.
#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let folder = Folder::new();
    let disk = folder.folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    // A disk of its own, in a namespace of its own, which goes with the process.
    let script = "mount -t tmpfs -o size=3m tau \"$1\" && shift && exec \"$@\"";
    let is_able = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([disk.as_os_str(), "true".as_ref()])
        .stderr(Stdio::null())
        .status();
    if !is_able.is_ok_and(|status| status.success()) {
        println!("not tried: no file system can be mounted here");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(&disk);
    command.arg(example("fill_disk")).arg(&disk);
    let output = command.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    let words: Vec<&str> = said.lines().collect();
    let [full, room, end] = words[..] else { panic!("{said}") };
    assert_eq!(full, "no room; free some, or raise the limit, and try again", "{said}");
    assert_eq!((room, end), ("room again", "whole"));
}
