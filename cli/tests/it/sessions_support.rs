//! Sessions as `tau run` leaves them, written without it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tau_core::event::{
    CompactionPolicy, CompactionStrategy, Event, EventBody, EventHash, EventHeader, Record, RunOutcome, Seq,
    SessionConfig, Timestamp, ToolOutcome,
};
use tau_core::{
    ChatResponse, ContentBlock, EventId, FinishReason, HumanDuration, Money, Prices, RunId, SessionId,
    TokenUsage, ToolArguments, ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_persist::{Append, Clock, Holder, OpenSession, SqliteOptions, SqliteStore, Store as _, StoreOptions};
use tau_proto::buffa::MessageField;
use tau_proto::buffa_types::google::protobuf;
use tau_proto::runtime::v1 as wire;

use crate::support::Place;

/// When the first session is written: 2026-09-21T14:13:20Z. The next come a minute later each.
const START: u64 = 1_790_000_000_000;

/// The id of a session. The first eight characters of small numbers are the same.
pub(crate) fn id(number: u64) -> String {
    session(number).to_string()
}

fn session(number: u64) -> SessionId {
    SessionId::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
}

fn key(number: u64) -> tau_persist::SessionId {
    tau_persist::SessionId::new(id(number)).unwrap()
}

#[derive(Debug)]
struct Minute(u64);

impl Clock for Minute {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(START + self.0 * 60_000 + 59_000)
    }
}

/// The store in its usual place, at the end of the minute of a session.
pub(crate) fn store(place: &Place, minute: u64) -> SqliteStore {
    let path = database(place);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let options = StoreOptions::default().with_clock(Arc::new(Minute(minute)));
    SqliteStore::open(path, SqliteOptions::default().with_store(options)).unwrap()
}

pub(crate) fn database(place: &Place) -> std::path::PathBuf {
    place.home().join(".local/state/tau/sessions.db")
}

/// Keeps a session.
pub(crate) fn keep(place: &Place, number: u64, bodies: impl IntoIterator<Item = EventBody>) {
    keep_in(&store(place, number), number, bodies);
}

pub(crate) fn keep_in(store: &SqliteStore, number: u64, bodies: impl IntoIterator<Item = EventBody>) {
    store.append(Append::new(sealed(number, bodies))).wait().unwrap();
}

/// The events of a session, a second apart, as they are stored.
pub(crate) fn sealed(number: u64, bodies: impl IntoIterator<Item = EventBody>) -> Vec<wire::Event> {
    let mut hash = EventHash::ZERO;
    let mut events = Vec::new();
    for (seq, body) in (1..).zip(bodies) {
        let header = EventHeader {
            session: session(number),
            seq: Seq(seq),
            epoch: 0,
            id: EventId::from_u128(u128::from(number) << 64 | u128::from(seq)),
            time: Timestamp(START + number * 60_000 + seq * 1_000),
            cause: None,
        };
        let record = Record::seal(&Event { header, body }, hash).unwrap();
        hash = record.hash();
        events.push(wire_event(&record));
    }
    events
}

fn wire_event(record: &Record) -> wire::Event {
    let time = record.header.time.0;
    wire::Event {
        session_id: record.header.session.to_string(),
        seq: record.header.seq.0,
        epoch: record.header.epoch,
        event_id: record.header.id.to_string(),
        kind: record.kind.clone(),
        schema_version: record.schema_version.into(),
        time: MessageField::some(protobuf::Timestamp {
            seconds: i64::try_from(time / 1_000).unwrap(),
            nanos: i32::try_from(time % 1_000).unwrap() * 1_000_000,
            ..Default::default()
        }),
        body: record.body.clone().into(),
        prev_hash: record.prev_hash.0.to_vec().into(),
        ..Default::default()
    }
}

/// A process that is certainly gone: of this machine, with an id that no process has.
pub(crate) fn gone() -> String {
    let this = Holder::this_process("tau").to_string();
    this.replace(&format!("pid {}", std::process::id()), "pid 1999999999")
}

/// Opens a session as a program does that works on it.
pub(crate) fn hold(place: &Place, number: u64, holder: &str) {
    let store = SqliteStore::open(database(place), SqliteOptions::default()).unwrap();
    store.open_session(OpenSession::new(key(number), holder, Duration::from_secs(3_600))).wait().unwrap();
}

/// What a session in a folder is created with.
pub(crate) fn created(folder: &std::path::Path) -> EventBody {
    let mut config = SessionConfig::new("mine/coder");
    config.prices = Some(Prices::new(dollars("2"), dollars("10")));
    config.system = "You are an agent.".to_owned();
    config.compaction = Some(CompactionPolicy::new(90_000, 40_000, CompactionStrategy::Summary));
    config.metadata.insert("working_dir".to_owned(), folder.display().to_string());
    EventBody::SessionCreated(Box::new(config))
}

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

pub(crate) fn prompt(run: u64, text: &str) -> EventBody {
    EventBody::PromptSubmitted { run: run_id(run), content: vec![ContentBlock::text(text)] }
}

pub(crate) fn run_id(run: u64) -> RunId {
    RunId::from_u128(run.into())
}

pub(crate) fn started(run: u64) -> EventBody {
    EventBody::RunStarted { run: run_id(run) }
}

pub(crate) fn asked(run: u64, turn: u32) -> EventBody {
    EventBody::ModelRequested { run: run_id(run), turn }
}

pub(crate) fn replied(turn: u32, content: impl IntoIterator<Item = ContentBlock>) -> EventBody {
    let content: Vec<ContentBlock> = content.into_iter().collect();
    let calls = content.iter().any(|block| matches!(block, ContentBlock::ToolCall(_)));
    let finish = if calls { FinishReason::ToolCalls } else { FinishReason::Stop };
    let usage = TokenUsage { input: 1_000, cached_input: 400, output: 50, ..TokenUsage::default() };
    let response = Arc::new(ChatResponse::new(content, finish).with_usage(usage));
    EventBody::ModelReplied { turn, response }
}

pub(crate) fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(arguments))
}

pub(crate) fn requested(call: ToolCall) -> EventBody {
    EventBody::ToolRequested {
        call,
        arguments_hash: String::new(),
        idempotency_key: String::new(),
        effect: tau_core::EffectClass::AtMostOnce,
    }
}

pub(crate) fn finished(id: &str, outcome: ToolOutcome, text: &str) -> EventBody {
    let content = [ToolResultBlock::text(text)];
    let mut result = ToolResult::success(ToolCallId::new(id), content);
    result.is_error = outcome != ToolOutcome::Succeeded;
    EventBody::ToolFinished { outcome, result, elapsed: HumanDuration::from(Duration::from_millis(1_200)) }
}

pub(crate) fn done(run: u64) -> EventBody {
    EventBody::RunFinished { run: run_id(run), outcome: RunOutcome::Completed }
}

/// A prompt and its answer.
pub(crate) fn exchange(run: u64, question: &str, answer: &str) -> Vec<EventBody> {
    vec![
        prompt(run, question),
        started(run),
        asked(run, 1),
        replied(1, [ContentBlock::text(answer)]),
        done(run),
    ]
}
