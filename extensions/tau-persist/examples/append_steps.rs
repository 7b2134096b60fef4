//! Appends to a session and aborts itself at a given point of a write. The crash tests run it.
//!
//! Arguments: the database file, the step to abort at (as `Step` prints), which time it is reached, counted from 1, how
//! many microseconds to go on after that, how many appends to make, and the bytes of their large bodies. It says what
//! is sent and what is acknowledged.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::executor::block_on;
use tau_persist::{
    Append, Holder, OpenSession, OutboxMessage, Position, Probe, SessionId, SqliteOptions, SqliteStore, Step,
    Store as _, StoreOptions, TextExtractor, event_hash, take_session,
};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Ends the process as a crash does.
#[derive(Debug)]
struct Abort {
    step: String,
    /// So many more times the step is passed.
    left: AtomicU64,
    delay: Duration,
}

impl Probe for Abort {
    fn reached(&self, step: Step) {
        if format!("{step:?}") != self.step || self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        if self.delay.is_zero() {
            std::process::abort();
        }
        let delay = self.delay;
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            std::process::abort();
        });
    }
}

/// Small bodies are text.
#[derive(Debug)]
struct SmallText;

impl TextExtractor for SmallText {
    fn text(&self, event: &Event) -> Option<String> {
        (event.body.len() < 100).then(|| String::from_utf8_lossy(&event.body).into_owned())
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, step, nth, micros, appends, bytes] = &arguments[..] else {
        return Err("usage: append_steps DATABASE STEP NTH MICROSECONDS APPENDS BYTES".into());
    };
    let delay = Duration::from_micros(micros.parse()?);
    let abort = Abort { step: step.clone(), left: AtomicU64::new(nth.parse()?), delay };
    let options = SqliteOptions::default()
        .with_store(StoreOptions::default().with_text(Arc::new(SmallText)))
        .with_probe(Arc::new(abort));
    let store = SqliteStore::open(database, options)?;
    let holder = Holder::this_process("append_steps");
    let request = OpenSession::new(SessionId::new("s")?, holder, Duration::from_secs(3_600));
    let mut at = block_on(take_session(&store, request))?.head;
    for _ in 0..appends.parse()? {
        let round = at.seq / 2;
        let small = next(&mut at, format!("needle {round}").into_bytes());
        let large = next(&mut at, vec![round as u8; bytes.parse()?]);
        say(&format!("sent {}", at.seq))?;
        let message = OutboxMessage::new("events", format!("{round}"));
        let append = Append::new(vec![small, large]).with_messages(vec![message]);
        let position = store.append(append).wait()?;
        say(&format!("acked {} {}", position.seq, position.hash))?;
    }
    // What the writer does after its last answer belongs to the appends.
    drop(store);
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}

fn next(at: &mut Position, body: Vec<u8>) -> Event {
    let seq = at.seq + 1;
    let event = Event {
        session_id: "s".into(),
        seq,
        epoch: at.epoch,
        event_id: format!("{seq}-{}", at.epoch),
        kind: "tool_finished".into(),
        schema_version: 1,
        time: Timestamp { seconds: 1, ..Default::default() }.into(),
        body: body.into(),
        prev_hash: at.hash.0.to_vec().into(),
        ..Default::default()
    };
    *at = Position { seq, epoch: at.epoch, hash: event_hash(&event) };
    event
}
