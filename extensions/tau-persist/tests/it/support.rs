//! Events, clocks and stores for tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tau_persist::{
    Append, Clock, OpenSession, Position, ReadEvents, SessionId, Sha256Hash, SqliteOptions, SqliteStore,
    Store, StoreErrorKind, StoreOptions, TextExtractor, event_hash,
};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

pub(crate) fn id(name: &str) -> SessionId {
    SessionId::new(name).unwrap()
}

/// A writer of one session: makes events that continue each other.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) session: SessionId,
    pub(crate) at: Position,
}

impl Writer {
    pub(crate) fn new(session: &str) -> Self {
        Self { session: id(session), at: Position::default() }
    }

    /// The next event; its id is unique to session, epoch and place.
    pub(crate) fn event(&mut self, body: impl Into<Vec<u8>>) -> Event {
        let seq = self.at.seq + 1;
        let event = Event {
            session_id: self.session.to_string(),
            seq,
            epoch: self.at.epoch,
            event_id: format!("{}-{}-{seq}", self.session, self.at.epoch),
            kind: "prompt_submitted".into(),
            schema_version: 1,
            cause_event_id: seq.is_multiple_of(2).then(|| format!("{}-{}", self.session, seq - 1)),
            time: Timestamp { seconds: 1_700_000_000 + seq as i64, nanos: 5_000_000, ..Default::default() }
                .into(),
            body: body.into().into(),
            prev_hash: self.at.hash.0.to_vec().into(),
            ..Default::default()
        };
        self.at = Position { seq, epoch: self.at.epoch, hash: event_hash(&event) };
        event
    }

    pub(crate) fn events(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|index| self.event(format!("body {index} of {}", self.session))).collect()
    }

    /// Makes events and has them stored.
    pub(crate) fn append(&mut self, store: &dyn Store, count: usize) -> Vec<Event> {
        let events = self.events(count);
        assert_eq!(store.append(Append::new(events.clone())).wait().unwrap(), self.at);
        events
    }
}

/// What an answer that should be an error is.
pub(crate) fn kind<T: std::fmt::Debug>(answer: Result<T, tau_persist::StoreError>) -> StoreErrorKind {
    answer.unwrap_err().kind().clone()
}

/// All events of a session, page by page.
pub(crate) fn read_all(store: &dyn Store, session: &SessionId) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let request = ReadEvents::after(session.clone(), events.len() as u64).with_max_events(97);
        let page = store.read(request).wait().unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

pub(crate) fn open(session: &str, holder: &str) -> OpenSession {
    OpenSession::new(id(session), holder, Duration::from_secs(30))
}

/// Stands still until a test moves it.
#[derive(Debug)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(1_700_000_000)))
    }

    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// Takes a body for text if it is UTF-8 without zeros.
#[derive(Debug)]
pub(crate) struct BodyText;

impl TextExtractor for BodyText {
    fn text(&self, event: &Event) -> Option<String> {
        String::from_utf8(event.body.to_vec()).ok().filter(|text| !text.contains('\0'))
    }
}

/// A folder with a database in it.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("sessions.db")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        self.open_with(StoreOptions::default())
    }

    pub(crate) fn open_with(&self, options: StoreOptions) -> SqliteStore {
        SqliteStore::open(self.path(), SqliteOptions::default().with_store(options)).unwrap()
    }

    /// Changes the database behind the back of stores, without the checks of foreign keys.
    pub(crate) fn tamper(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

/// A program of this crate that tests run.
pub(crate) fn example(name: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/it-0123 -> target/debug/examples/name
    let program = test.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(program.exists(), "build it first: cargo build -p tau-persist --example {name}");
    program
}

/// A reproducible source of numbers.
#[derive(Debug)]
pub(crate) struct Numbers(Mutex<u64>);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// A number below the bound, by splitmix64.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

pub(crate) const ZERO: Sha256Hash = Sha256Hash::ZERO;
