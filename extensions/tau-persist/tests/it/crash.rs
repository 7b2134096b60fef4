//! Processes that are killed: what was acknowledged is there, and what is there is whole.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use tau_persist::{
    Holder, Liveness, Position, Sha256Hash, Store as _, StoreErrorKind, take_session, verify_session,
};

use crate::support::{Folder, Numbers, example, id, kind, open, read_all};

const CYCLES: u64 = 50;
/// With fewer events a test that they are there proves little.
const ENOUGH: u64 = 1_000;
const SESSIONS: [&str; 3] = ["a", "b", "c"];

fn writer(folder: &Folder, holder: &str) -> Child {
    let mut command = Command::new(example("append_writer"));
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
    let mut cycle = 0;
    // A busy machine gets less done in the time that it is given.
    while cycle < CYCLES || (acknowledged_events <= ENOUGH && cycle < 20 * CYCLES) {
        cycle += 1;
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
        acknowledged_events > ENOUGH,
        "only {acknowledged_events} events were acknowledged: this proves little"
    );
    assert!(folder.open().check().wait().unwrap().is_empty());
}

#[test]
fn a_session_in_use_by_another_process_is_refused_until_that_is_gone() {
    let folder = Folder::new();
    let mut child = writer(&folder, "the other process");
    let store = folder.open();
    let refused = loop {
        match store.open_session(open("a", "me")).wait() {
            // The child has not got there yet: give it back and look again.
            Ok(lease) => drop(store.release_lease(&lease).wait()),
            Err(error) => break error,
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let StoreErrorKind::Leased { holder, epoch, .. } = refused.kind() else { panic!("{refused:?}") };
    let (holder, epoch) = (Holder::parse(holder), *epoch);
    assert_eq!(holder.label(), "the other process");
    if !cfg!(target_os = "linux") {
        child.kill().unwrap();
        child.wait().unwrap();
        // Known to be gone, it is followed without waiting for its time to run out.
        let lease = store.open_session(open("a", "me").take_over(epoch)).wait().unwrap();
        assert_eq!(lease.epoch, epoch + 1);
        return;
    }
    let words =
        format!("session a: in use by the other process (process {}); end that one first", child.id());
    assert!(refused.to_string().starts_with(&words), "{refused}");
    assert_eq!(holder.liveness(), Liveness::Running);
    assert!(matches!(kind(block_on(take_session(&store, open("a", "me")))), StoreErrorKind::Leased { .. }));
    child.kill().unwrap();
    // It has ended, even if nobody has asked for its result.
    let start = Instant::now();
    while holder.liveness() != Liveness::Gone {
        assert!(start.elapsed() < Duration::from_secs(10), "{holder} does not end");
        std::thread::sleep(Duration::from_millis(1));
    }
    // Whoever does not look has to wait for its time to run out.
    assert!(matches!(kind(store.open_session(open("a", "me")).wait()), StoreErrorKind::Leased { .. }));
    assert_eq!(block_on(take_session(&store, open("a", "me"))).unwrap().epoch, epoch + 1);
    child.wait().unwrap();
    assert_eq!(holder.liveness(), Liveness::Gone);
}

/// The system refuses to write in the middle of a commit, as a failing disk does.
#[cfg(unix)]
#[test]
fn nothing_acknowledged_is_lost_by_a_write_that_fails() {
    for blocks in [200, 1_000, 3_000] {
        let folder = Folder::new();
        let program = example("append_writer");
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
