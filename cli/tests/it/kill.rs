//! `kill -9` of real runs over the real store, at random moments: nothing that was told is lost, nothing is done twice.
//!
//! By hand, with as many kills as one likes: `cargo xtask kill --cycles 2000`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tau_core::event::{EventBody, RunOutcome, ToolOutcome};
use tau_persist::{ReadEvents, SqliteOptions, SqliteStore, Store as _};
use tau_proto::runtime::v1 as wire;
use tau_runtime::kernel::State;
use tau_testkit::random::Random;
use tau_testkit::{ModelServer, Reply, Request};
use tokio::io::AsyncReadExt;

use crate::sessions_support::database;
use crate::support::Place;

/// Turns with calls that a session has before its last.
pub(crate) const TURNS: usize = 6;

/// Answers from what it is sent alone, so that a session that is taken up goes on.
pub(crate) fn script(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let prompt = messages.iter().find(|message| message["role"] == "user").cloned().unwrap_or_default();
    let job = prompt["content"].as_str().unwrap_or_default().to_owned();
    let turn = messages.iter().filter(|message| message["role"] == "assistant").count();
    if turn >= TURNS {
        return Reply::text("done");
    }
    let token = |call: usize| format!("{job}-{turn}-{call}");
    let append = |call: usize| json!({ "command": format!("echo {} >> effects", token(call)) }).to_string();
    let look = json!({ "path": "AGENTS.md" }).to_string();
    let ids = [format!("w{turn}"), format!("v{turn}"), format!("r{turn}")];
    Reply::tool_calls([
        (ids[0].as_str(), "bash", append(0).as_str()),
        (ids[1].as_str(), "bash", append(1).as_str()),
        (ids[2].as_str(), "read", look.as_str()),
    ])
}

/// What a process said before it died.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) session: Option<String>,
    /// Calls and results that it told of.
    pub(crate) calls: BTreeSet<String>,
    pub(crate) results: BTreeSet<String>,
    pub(crate) is_finished: bool,
}

impl Heard {
    pub(crate) fn take(&mut self, output: &[u8]) {
        let text = String::from_utf8_lossy(output);
        // A line without its end was cut by the kill.
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let line: Value = serde_json::from_str(line).unwrap();
            let id = || line["id"].as_str().unwrap_or_default().to_owned();
            match line["type"].as_str().unwrap_or_default() {
                "started" => self.session = line["session_id"].as_str().map(str::to_owned),
                "tool_call" => drop(self.calls.insert(id())),
                "tool_result" => drop(self.results.insert(id())),
                "finished" => self.is_finished = line["outcome"] == "completed",
                _ => {}
            }
        }
    }
}

/// Runs `tau`, and kills it when the time is up, if it has not ended by itself. Whether it was killed.
async fn run_and_kill(place: &Place, arguments: &[&str], after: Duration, heard: &mut Heard) -> bool {
    let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut output = Vec::new();
    let killed = {
        let read = stdout.read_to_end(&mut output);
        tokio::pin!(read);
        tokio::select! {
            _ = &mut read => false,
            () = tokio::time::sleep(after) => {
                child.start_kill().unwrap();
                read.await.unwrap();
                true
            }
        }
    };
    child.wait().await.unwrap();
    heard.take(&output);
    killed
}

#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) kills: usize,
    pub(crate) sessions: usize,
    pub(crate) resumes: usize,
    pub(crate) effects: usize,
    pub(crate) unknown: usize,
    pub(crate) events: usize,
}

/// Works one session through to its end, however often it is killed, and checks it.
async fn session(place: &Place, job: &str, random: &mut Random, most: usize, totals: &mut Totals) {
    let mut heard = Heard::default();
    for attempt in 0.. {
        if attempt == 100 {
            let id = heard.session.clone().unwrap_or_default();
            let ran = place.tau(&["resume", &id]).await;
            panic!("{job} never ends: {ran:?}");
        }
        let spare = totals.kills >= most;
        let after = Duration::from_millis(if spare { 60_000 } else { random.below(120) as u64 });
        let known = heard.session.clone();
        let killed = match &known {
            None => {
                let started = ["run", "--output", "stream-json", "--allow", "bash", "--allow", "write", job];
                run_and_kill(place, &started, after, &mut heard).await
            }
            Some(id) => {
                totals.resumes += 1;
                let resumed = ["resume", "--output", "stream-json", id];
                run_and_kill(place, &resumed, after, &mut heard).await
            }
        };
        totals.kills += usize::from(killed);
        if heard.is_finished {
            break;
        }
        // The run may have ended without anybody hearing of it.
        if let Some(id) = &heard.session
            && is_done(&events(place, id))
        {
            break;
        }
    }
    totals.sessions += 1;
    let id = heard.session.clone().unwrap();
    check(place, job, &events(place, &id), &heard, totals);
}

/// What the journal holds of a session, every event of it.
fn events(place: &Place, session: &str) -> Vec<EventBody> {
    stored(&database(place), session).iter().map(body).collect()
}

/// The same as they are stored.
pub(crate) fn stored(database: &Path, session: &str) -> Vec<wire::Event> {
    let store = SqliteStore::open(database, SqliteOptions::default().read_only()).unwrap();
    let id = tau_persist::SessionId::new(session).unwrap();
    let mut events = Vec::new();
    loop {
        let page = store.read(ReadEvents::after(id.clone(), events.len() as u64)).wait().unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

pub(crate) fn body(stored: &wire::Event) -> EventBody {
    let body: Value = serde_json::from_slice(&stored.body).unwrap();
    let tagged = json!({ "kind": stored.kind, "body": body });
    let bare = json!({ "kind": stored.kind });
    serde_json::from_value(if body.is_null() { bare } else { tagged }).unwrap()
}

pub(crate) fn is_done(events: &[EventBody]) -> bool {
    State::fold(events).last_run().is_some_and(|run| run.outcome == RunOutcome::Completed)
}

/// How often each effect of a job happened.
fn effects(place: &Place, job: &str) -> BTreeMap<String, usize> {
    let file = place.project().join("effects");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut count = BTreeMap::new();
    for token in text.lines().filter(|line| line.starts_with(&format!("{job}-"))) {
        *count.entry(token.to_owned()).or_default() += 1;
    }
    count
}

/// The promises: what was told is in the journal, every call has one result, no effect happened twice, what succeeded
/// happened, and what is unknown happened at most once.
pub(crate) fn check(place: &Place, job: &str, events: &[EventBody], heard: &Heard, totals: &mut Totals) {
    let mut requested: BTreeMap<String, String> = BTreeMap::new();
    let mut outcomes: BTreeMap<String, ToolOutcome> = BTreeMap::new();
    for event in events {
        match event {
            EventBody::ToolRequested { call, .. } => {
                let command =
                    call.arguments.value().unwrap()["command"].as_str().unwrap_or_default().to_owned();
                assert_eq!(requested.insert(call.id.to_string(), command), None, "announced once");
            }
            EventBody::ToolFinished { outcome, result, .. } => {
                assert_eq!(outcomes.insert(result.call_id.to_string(), *outcome), None, "one result each");
            }
            _ => {}
        }
    }
    assert!(requested.keys().eq(outcomes.keys()), "every call has its result");
    assert_eq!(requested.len(), 3 * TURNS);
    assert!(heard.calls.iter().all(|id| requested.contains_key(id)), "calls that were told are kept");
    assert!(heard.results.iter().all(|id| outcomes.contains_key(id)), "results that were told are kept");
    let effects = effects(place, job);
    for (id, command) in requested.iter().filter(|(_, command)| !command.is_empty()) {
        let token = command.split(' ').nth(1).unwrap();
        let times = effects.get(token).copied().unwrap_or_default();
        match outcomes[id] {
            ToolOutcome::Succeeded => assert_eq!(times, 1, "{token} is said to be done"),
            ToolOutcome::Unknown => {
                totals.unknown += 1;
                assert!(times <= 1, "{token} was done {times} times");
            }
            other => panic!("{token}: {other:?}"),
        }
        totals.effects += times;
    }
    assert!(is_done(events));
    totals.events += events.len();
}

#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
async fn kill(cycles: usize, seed: u64) -> Totals {
    let server = ModelServer::start_unrecorded(script).await.unwrap();
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Be brief.");
    let mut random = Random::new(seed);
    let mut totals = Totals::default();
    while totals.kills < cycles {
        let job = format!("job{}", totals.sessions);
        session(&place, &job, &mut random, cycles, &mut totals).await;
    }
    let verified = place.tau(&["sessions", "verify"]).await;
    verified.assert_code(0);
    let database = std::fs::metadata(database(&place)).unwrap().len();
    eprintln!("{totals:?}, database {database} bytes");
    totals
}

#[tokio::test]
async fn killed_at_random_moments_a_session_goes_on() {
    let totals = kill(20, 1).await;
    assert!(totals.resumes > 0, "{totals:?}");
}

#[expect(clippy::disallowed_methods, reason = "a test by hand is told how long to go on")]
pub(crate) fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// As many as `TAU_KILLS` says; `cargo xtask kill` runs it.
#[tokio::test]
#[ignore = "takes minutes: cargo xtask kill"]
async fn killed_very_often() {
    let cycles = usize::try_from(number("TAU_KILLS", 200)).unwrap();
    let totals = kill(cycles, number("TAU_SEED", 7)).await;
    assert!(totals.unknown > 0 || cycles < 200, "some calls must have been cut off: {totals:?}");
}

/// A session whose model never answers is taken up again and again: each time adds the same to the journal.
async fn resumes(count: usize) -> Vec<usize> {
    let server = ModelServer::start_unrecorded(|_, _| Reply::stream().hang()).await.unwrap();
    let place = Place::with_server(&server);
    let mut session: Option<String> = None;
    let mut events_after = Vec::new();
    for attempt in 0..=count {
        let arguments = match &session {
            None => vec!["run", "--output", "stream-json", "wait"],
            Some(id) => vec!["resume", "--output", "stream-json", id.as_str()],
        };
        let mut child = place.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
        let asked = server.wait_for_requests(attempt + 1);
        tokio::time::timeout(Duration::from_secs(30), asked).await.expect("the model is asked");
        child.kill().await.unwrap();
        if session.is_none() {
            let listed = place.tau(&["sessions", "list", "--output", "json"]).await;
            session = listed.json()["sessions"][0]["id"].as_str().map(str::to_owned);
        }
        events_after.push(events(&place, session.as_deref().unwrap()).len());
    }
    place.tau(&["sessions", "verify"]).await.assert_code(0);
    events_after
}

#[tokio::test]
async fn a_resume_adds_one_event() {
    let events = resumes(5).await;
    assert!(events.windows(2).all(|pair| pair[1] == pair[0] + 1), "{events:?}");
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask kill"]
async fn a_thousand_resumes_add_a_thousand_events() {
    let events = resumes(1_000).await;
    assert!(events.windows(2).all(|pair| pair[1] == pair[0] + 1), "{events:?}");
}
