//! Processes that are killed and logs that are torn: what was acknowledged is there, and what is there is whole.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::executor::block_on;
use tau_persist::{Position, Sha256Hash, Store as _, verify_session};

use crate::support::{Folder, Numbers, Writer, id, kind, open, read_all};

const CYCLES: u64 = 50;
const SESSIONS: [&str; 3] = ["a", "b", "c"];

fn writer_program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/it-0123 -> target/debug/examples/append_writer
    let program = test.parent().unwrap().parent().unwrap().join("examples/append_writer");
    assert!(program.exists(), "build it first: cargo build -p tau-persist --example append_writer");
    program
}

fn writer(folder: &Folder, holder: &str) -> Child {
    let mut command = Command::new(writer_program());
    command.arg(folder.path()).arg(holder).args(SESSIONS).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// The last position that the process said was safe, of each session.
fn acknowledged(output: &str) -> BTreeMap<String, (u64, Sha256Hash)> {
    let mut last = BTreeMap::new();
    // The last line may have been cut off by the kill.
    let (whole, _) = output.rsplit_once('\n').unwrap_or_default();
    for line in whole.lines().filter(|line| *line != "ready") {
        let [session, seq, hash] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        last.insert(session.to_owned(), (seq.parse().unwrap(), Sha256Hash::from_hex(hash).unwrap()));
    }
    last
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let folder = Folder::new();
    let numbers = Numbers::new(1);
    let mut before: BTreeMap<&str, Position> = BTreeMap::new();
    let mut acknowledged_events = 0;
    for cycle in 0..CYCLES {
        let mut child = writer(&folder, &format!("process {cycle}"));
        // From right after the start, in the middle of opening, to well into writing.
        std::thread::sleep(Duration::from_micros(500 + numbers.below(90_000)));
        // SIGKILL, where there are signals.
        child.kill().unwrap();
        child.wait().unwrap();
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        let last = acknowledged(&output);

        let store = folder.open();
        for session in SESSIONS {
            let Some(head) = store.head(&id(session)).wait().unwrap() else {
                assert!(!last.contains_key(session) && !before.contains_key(session), "{session} is gone");
                continue;
            };
            let verification = block_on(verify_session(&store, &id(session))).unwrap();
            assert!(verification.damage.is_none(), "cycle {cycle}: {verification:?}");
            let events = read_all(&store, &id(session));
            let hash_at = |seq: u64| tau_persist::event_hash(&events[seq as usize - 1]);
            if let Some((seq, hash)) = last.get(session) {
                assert!(head.seq >= *seq, "cycle {cycle}: {session} lost {seq}, its head is {}", head.seq);
                assert_eq!(hash_at(*seq), *hash);
                acknowledged_events += seq - before.get(session).map_or(0, |head| head.seq);
            }
            if let Some(earlier) = before.get(session).filter(|earlier| earlier.seq > 0) {
                assert_eq!(hash_at(earlier.seq), earlier.hash, "history changed");
            }
            before.insert(session, head);
        }
    }
    assert!(
        acknowledged_events > 1_000,
        "only {acknowledged_events} events were acknowledged: this proves little"
    );
    assert!(folder.open().check().wait().unwrap().is_empty());
}

/// A write-ahead log that ends anywhere: what is before the tear is read, and the session goes on from there.
#[test]
fn a_torn_log_loses_its_tail_and_no_more() {
    let folder = Folder::new();
    let store = folder.open();
    let mut writer = Writer::new("s");
    let all: Vec<_> = (0..12).flat_map(|_| writer.append(&store, 1)).collect();
    // Copied while the store is open: closing it would empty the log.
    let database = std::fs::read(folder.path()).unwrap();
    let log_path = |folder: &Folder| folder.folder.path().join("sessions.db-wal");
    let log = std::fs::read(log_path(&folder)).unwrap();
    assert!(log.len() > 32 + 12 * 4_096, "the log holds {} bytes", log.len());
    drop(store);

    // Around each frame's end, and between.
    let frames = (32..=log.len()).step_by(4_096 + 24);
    let mut lengths: Vec<usize> = frames.flat_map(|end| [end - 1, end, end + 1]).collect();
    lengths.extend((0..log.len()).step_by(5_003));
    lengths.push(log.len());
    lengths.retain(|length| *length <= log.len());
    lengths.sort_unstable();
    let mut seen = 0;
    for length in lengths {
        let torn = Folder::new();
        std::fs::write(torn.path(), &database).unwrap();
        std::fs::write(log_path(&torn), &log[..length]).unwrap();
        let store = torn.open();
        let held = match store.head(&id("s")).wait().unwrap() {
            None => Position::default(),
            Some(head) => {
                let verification = block_on(verify_session(&store, &id("s"))).unwrap();
                assert!(verification.damage.is_none(), "log of {length} bytes: {verification:?}");
                let events = read_all(&store, &id("s"));
                assert!(events[..] == all[..events.len()], "log of {length} bytes: not a prefix");
                head
            }
        };
        assert!(held.seq >= seen, "a longer log of {length} bytes held less: {} after {seen}", held.seq);
        seen = held.seq;
        let mut next = Writer { at: held, ..Writer::new("s") };
        next.append(&store, 1);
    }
    assert_eq!(seen, 12);
}

#[test]
fn a_session_in_use_by_another_process_is_refused_at_once() {
    let folder = Folder::new();
    let mut child = writer(&folder, "the other process");
    let store = folder.open();
    let refused = loop {
        match store.open_session(open("a", "me")).wait() {
            // The child has not got there yet: give it back and look again.
            Ok(lease) => drop(store.release_lease(&lease).wait()),
            Err(error) => break kind::<()>(Err(error)),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let tau_persist::StoreErrorKind::Leased { holder, epoch, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(holder, "the other process");
    // Known to be gone, it is followed without waiting for its time to run out.
    assert_eq!(store.open_session(open("a", "me").take_over(epoch)).wait().unwrap().epoch, epoch + 1);
}

/// The system refuses to write in the middle of a commit, as a failing disk does.
#[cfg(unix)]
#[test]
fn nothing_acknowledged_is_lost_by_a_write_that_fails() {
    for blocks in [200, 1_000, 3_000] {
        let folder = Folder::new();
        let program = writer_program();
        // Without the signal, a write beyond the limit is an error that the program sees.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script, "sh"]).arg(program).arg(folder.path()).arg("limited").args(SESSIONS);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("Io") || said.contains("StorageFull"), "{said}");
        let last = acknowledged(&String::from_utf8(output.stdout).unwrap());
        assert!(!last.is_empty() || blocks < 1_000, "nothing was acknowledged: this proves nothing");
        let store = folder.open();
        for (session, (seq, hash)) in last {
            let verification = block_on(verify_session(&store, &id(&session))).unwrap();
            assert!(verification.damage.is_none(), "{verification:?}");
            let events = read_all(&store, &id(&session));
            assert!(events.len() as u64 >= seq, "{session} lost {seq}, it has {}", events.len());
            assert_eq!(tau_persist::event_hash(&events[seq as usize - 1]), hash);
        }
        assert!(store.check().wait().unwrap().is_empty());
    }
}
