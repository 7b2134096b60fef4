//! Files that end anywhere: what is before the tear is read, what is after it is said to be missing, and nothing is made
//! up. By default a sample of all lengths is tried; `--ignored` tries every single one.

use std::path::PathBuf;
use std::process::Command;

use futures::executor::block_on;
use tau_persist::{SqliteOptions, SqliteStore, Store as _, StoreErrorKind as Kind, verify_session};
use tau_proto::runtime::v1::Event;

use crate::support::{Folder, Writer, id, read_all};

fn log_of(folder: &Folder) -> PathBuf {
    folder.folder.path().join("sessions.db-wal")
}

/// What `tau-persist verify` says, and its exit code.
fn verify(folder: &Folder) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tau-persist"));
    let output = command.arg("verify").arg(folder.path()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// Spreads the work over the processors.
fn each(lengths: Vec<usize>, work: impl Fn(usize) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for part in lengths.chunks(lengths.len().div_ceil(threads)) {
            scope.spawn(|| part.iter().for_each(|length| work(*length)));
        }
    });
}

/// A database, its log of six commits, and the events that are in the log's commits alone.
struct Logged {
    database: Vec<u8>,
    log: Vec<u8>,
    events: Vec<Event>,
}

impl Logged {
    fn new() -> Self {
        let folder = Folder::new();
        let store = folder.open();
        // Empties the log.
        store.vacuum().wait().unwrap();
        let mut writer = Writer::new("s");
        let events = (0..6).flat_map(|_| writer.append(&store, 1)).collect();
        // Copied while the store is open: closing it would empty the log again.
        let database = std::fs::read(folder.path()).unwrap();
        let mut log = std::fs::read(log_of(&folder)).unwrap();
        // Without the room behind it: a frame that was written bears the salt of the log.
        let frames = (32..log.len()).step_by(FRAME);
        let used = frames.take_while(|frame| log[frame + 8..frame + 16] == log[16..24]).count();
        log.truncate(32 + used * FRAME);
        Self { database, log, events }
    }

    /// The lengths of the log at which a commit ends, from the first; and where the log ends.
    fn commits(&self) -> Vec<usize> {
        let frames = (32..self.log.len()).step_by(FRAME);
        // A frame that ends a commit says how many pages the database has then.
        let ends = frames.filter(|frame| self.log[frame + 4..frame + 8] != [0; 4]);
        ends.map(|frame| frame + FRAME).collect()
    }

    /// A copy whose log is cut.
    fn cut(&self, length: usize) -> Folder {
        let torn = Folder::new();
        std::fs::write(torn.path(), &self.database).unwrap();
        std::fs::write(log_of(&torn), &self.log[..length]).unwrap();
        torn
    }

    /// It opens, holds what was committed before the cut and no more, says how much it passes over, and goes on.
    fn try_cut(&self, commits: &[usize], length: usize) {
        let torn = self.cut(length);
        let whole = commits.iter().filter(|end| **end <= length).count();
        let store = torn.open();
        let end = commits.get(whole.wrapping_sub(1)).copied().unwrap_or(32);
        let tail = if length < 32 { 0..length } else { end.min(length)..length };
        // The zeros with which a frame begins could be room.
        let is_room = |part: &&[u8]| length > 32 && part.iter().all(|byte| *byte == 0);
        let room = self.log[tail.clone()].chunks(FRAME).last().filter(is_room).map_or(0, <[u8]>::len);
        let passed_over = tail.len() - room;
        assert_eq!(store.torn_log_bytes(), passed_over as u64, "log of {length} bytes");
        let mut next = Writer::new("s");
        if let Some(head) = store.head(&id("s")).wait().unwrap() {
            let verification = block_on(verify_session(&store, &id("s"))).unwrap();
            assert!(verification.damage.is_none(), "log of {length} bytes: {verification:?}");
            assert!(read_all(&store, &id("s")) == self.events[..whole], "log of {length} bytes");
            next.at = head;
        }
        assert_eq!(next.at.seq, whole as u64, "log of {length} bytes");
        next.append(&store, 1);
        assert_eq!(store.head(&id("s")).wait().unwrap(), Some(next.at));
    }
}

/// Bytes of a frame: its header and a page.
const FRAME: usize = 24 + 4_096;

#[test]
fn a_torn_log_loses_its_tail_and_no_more() {
    let logged = Logged::new();
    let commits = logged.commits();
    assert_eq!((commits.len(), commits.last()), (6, Some(&logged.log.len())));
    // Around each frame's end, and between.
    let frames = (32..=logged.log.len()).step_by(FRAME);
    let mut lengths: Vec<usize> = frames.flat_map(|end| [end - 1, end, end + 1, end + 30]).collect();
    lengths.extend((0..logged.log.len()).step_by(2_003));
    lengths.retain(|length| *length <= logged.log.len());
    each(lengths, |length| logged.try_cut(&commits, length));
}

#[test]
#[ignore = "every byte: some minutes"]
fn a_log_torn_at_every_byte_loses_its_tail_and_no_more() {
    let logged = Logged::new();
    let commits = logged.commits();
    each((0..=logged.log.len()).collect(), |length| logged.try_cut(&commits, length));
    println!("{} lengths of a log of {} commits", logged.log.len() + 1, commits.len());
}

#[test]
fn room_behind_a_log_is_no_tear() {
    let logged = Logged::new();
    for room in [0, 1, 15, 16, 40, FRAME, 70_000] {
        let folder = logged.cut(logged.log.len());
        std::fs::write(log_of(&folder), [&logged.log[..], &vec![0; room]].concat()).unwrap();
        assert_eq!(verify(&folder), (Some(0), "ok       s: 6 events\n".to_owned()), "{room} bytes");
    }
}

#[test]
fn the_program_tells_of_a_torn_log() {
    let logged = Logged::new();
    let commits = logged.commits();
    let (code, said) = verify(&logged.cut(commits[3] + 100));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("note     the log ends with 100 bytes of a commit"), "{said}");
    assert!(said.ends_with("ok       s: 4 events\n"), "{said}");
    assert_eq!(verify(&logged.cut(commits[3])), (Some(0), "ok       s: 4 events\n".to_owned()));
}

/// A byte of the log changed: what is before it is there, and it is said.
#[test]
fn a_log_with_a_changed_byte_ends_before_it() {
    let logged = Logged::new();
    let commits = logged.commits();
    for at in (32..logged.log.len()).step_by(3_001) {
        let torn = logged.cut(logged.log.len());
        let mut log = logged.log.clone();
        log[at] ^= 0x40;
        std::fs::write(log_of(&torn), log).unwrap();
        let whole = commits.iter().filter(|end| **end <= at).count();
        let store = torn.open();
        let head = store.head(&id("s")).wait().unwrap().unwrap_or_default();
        assert_eq!(head.seq, whole as u64, "byte {at}");
        assert!(store.torn_log_bytes() > 0 || (at - 32) % FRAME >= 8 && (at - 32) % FRAME < 16, "byte {at}");
    }
}

/// A closed database of one file, and what is in it.
fn closed() -> (Vec<u8>, Vec<Event>) {
    let folder = Folder::new();
    let store = folder.open();
    let mut writer = Writer::new("s");
    let mut events = writer.append(&store, 6);
    let large = writer.event(vec![7; 100_000]);
    store.append(tau_persist::Append::new(vec![large.clone()])).wait().unwrap();
    events.push(large);
    events.extend(writer.append(&store, 3));
    store.vacuum().wait().unwrap();
    drop(store);
    (std::fs::read(folder.path()).unwrap(), events)
}

/// It is refused, or found to be damaged; or it is whole, because the rest of its last page was empty.
fn try_cut_file(bytes: &[u8], events: &[Event], length: usize) {
    let cut = Folder::new();
    std::fs::write(cut.path(), &bytes[..length]).unwrap();
    let is_of_damage = |kind: &Kind| matches!(kind, Kind::Corrupt(_) | Kind::NotAStore | Kind::NotFound);
    let store = match SqliteStore::open(cut.path(), SqliteOptions::default().read_only()) {
        Ok(store) => store,
        Err(error) => {
            assert!(is_of_damage(error.kind()), "{length} bytes: {error:?}");
            return;
        }
    };
    let found = store.check().wait();
    let is_whole = found.as_ref().is_ok_and(Vec::is_empty);
    let verified = block_on(verify_session(&store, &id("s")));
    match verified {
        Ok(verification) if verification.damage.is_none() => {
            assert_eq!(verification.intact.seq, 10, "{length} bytes");
            assert!(read_all(&store, &id("s")) == events, "{length} of {} bytes passed for all", bytes.len());
        }
        Ok(verification) => {
            assert!(!is_whole, "{length} bytes: {verification:?}");
            assert!(is_of_damage(verification.damage.unwrap().kind()));
        }
        Err(error) => {
            assert!(!is_whole, "{length} bytes: {error:?}");
            assert!(is_of_damage(error.kind()), "{length} bytes: {error:?}");
        }
    }
}

#[test]
fn a_truncated_file_is_never_taken_for_a_whole_one() {
    let (bytes, events) = closed();
    let mut lengths: Vec<usize> = (0..bytes.len()).step_by(1_777).collect();
    lengths.extend((4_096..bytes.len()).step_by(4_096));
    each(lengths, |length| try_cut_file(&bytes, &events, length));
}

#[test]
#[ignore = "every byte: a quarter of an hour"]
fn a_file_truncated_at_every_byte_is_never_taken_for_a_whole_one() {
    let (bytes, events) = closed();
    each((0..bytes.len()).collect(), |length| try_cut_file(&bytes, &events, length));
    println!("{} lengths", bytes.len());
}

#[test]
fn the_program_tells_of_a_truncated_file() {
    let (bytes, _) = closed();
    let mut refused = 0;
    // At least a page is missing: the last one may end with zeros, which are read where nothing is.
    let longest = bytes.len() - 4_096;
    for length in (1..longest).step_by(longest / 12) {
        let cut = Folder::new();
        std::fs::write(cut.path(), &bytes[..length]).unwrap();
        let (code, said) = verify(&cut);
        assert_ne!(code, Some(0), "{length} of {} bytes: {said}", bytes.len());
        let words = ["database file is damaged; restore a copy", "is not a store of sessions"];
        assert!(words.iter().any(|words| said.contains(words)), "{length} bytes: {said}");
        refused += 1;
    }
    assert!(refused >= 12);
}
