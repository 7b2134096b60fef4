//! `kill -9` of either side of an attachment over the network, `tau serve` that keeps nothing and `tau-persist attach` that
//! does, at random moments: nothing that was acknowledged is lost, nothing is done twice.
//!
//! By hand, with as many kills as one likes: `cargo xtask kill --network --cycles 200`.

use std::collections::BTreeMap;
use std::time::Duration;

use connectrpc::ConnectError;
use connectrpc::client::{
    ClientConfig, ClientTransport, Http2Connection, ServerStream, SharedHttp2Connection,
};
use tau_core::event::EventBody;
use tau_proto::runtime::v1::__buffa::view::RunResponseView;
use tau_proto::runtime::v1::{
    self as pb, RuntimeServiceClient, context_entry, run_outcome, run_response, session_event,
};
use tau_testkit::ModelServer;
use tau_testkit::random::Random;
use tokio::time::Instant;

use crate::kill::{Heard, Totals, body, check, number, script, stored};
use crate::serve_journal::{Journal, Server, database, verified};
use crate::support::Place;

/// The longest that a session takes, kills included.
const PATIENCE: Duration = Duration::from_secs(180);

type Sessions = RuntimeServiceClient<SharedHttp2Connection>;
type Run = ServerStream<<SharedHttp2Connection as ClientTransport>::ResponseBody, RunResponseView<'static>>;

/// Both sides.
struct Sides<'a> {
    place: &'a Place,
    server: Server,
    journal: Journal,
    server_kills: usize,
    journal_kills: usize,
}

#[derive(PartialEq)]
enum Side {
    Server,
    Journal,
}

impl<'a> Sides<'a> {
    async fn start(place: &'a Place) -> Self {
        let server = Server::start(place).await;
        let mut journal = Journal::start(place, &server);
        journal.says("attached to ").await;
        Self { place, server, journal, server_kills: 0, journal_kills: 0 }
    }

    /// Kills one, and starts it again a moment later.
    async fn kill(&mut self, random: &mut Random) -> Side {
        let pause = Duration::from_millis(random.below(100) as u64);
        if random.below(2) == 0 {
            self.server.child.kill().await.unwrap();
            tokio::time::sleep(pause).await;
            self.server = Server::start_at(self.place, &self.server.address).await;
            self.server_kills += 1;
            Side::Server
        } else {
            self.journal.child.kill().await.unwrap();
            tokio::time::sleep(pause).await;
            self.journal = Journal::start(self.place, &self.server);
            self.journal_kills += 1;
            Side::Journal
        }
    }

    async fn sessions(&self) -> Sessions {
        let uri: http::Uri = format!("http://{}", self.server.address).parse().unwrap();
        let connection = Http2Connection::builder().connect_plaintext(uri.clone()).await.unwrap();
        let credential = format!("Bearer {}", self.server.token);
        let config = ClientConfig::new(uri).with_default_header("authorization", credential);
        Sessions::new(connection.shared(16), config)
    }
}

/// What a client was told: by place the id of the event, and the calls and results of them.
#[derive(Default)]
struct Told {
    events: BTreeMap<u64, String>,
    heard: Heard,
}

impl Told {
    /// Takes a message; whether it was the result.
    fn take(&mut self, message: run_response::Message) -> bool {
        match message {
            run_response::Message::Event(event) => {
                let before = self.events.insert(event.seq, event.event_id.clone());
                assert!(before.is_none_or(|id| id == event.event_id), "another event at {}", event.seq);
                match event.body {
                    Some(session_event::Body::ToolRequested(requested)) => {
                        self.heard.calls.insert(requested.call.call_id.clone());
                    }
                    Some(session_event::Body::ToolFinished(finished)) => {
                        self.heard.results.insert(finished.result.call_id.clone());
                    }
                    _ => {}
                }
                false
            }
            run_response::Message::Result(result) => {
                let outcome = &result.outcome.outcome;
                assert!(matches!(outcome, Some(run_outcome::Outcome::Completed(_))), "{result:?}");
                self.heard.is_finished = true;
                true
            }
            _ => false,
        }
    }
}

async fn create(sessions: &Sessions) -> String {
    let permissions =
        pb::PermissionConfig { allow: vec!["bash".to_owned(), "write".to_owned()], ..Default::default() };
    let config = pb::SessionConfig { permissions: permissions.into(), ..Default::default() };
    let request = pb::CreateSessionRequest { config: config.into(), ..Default::default() };
    sessions.create_session(request).await.unwrap().into_owned().session.session_id.clone()
}

/// Asks for the work of a job, which starts once however often it is asked for, and resumes its session where that died.
async fn run(sessions: &Sessions, session: &str, job: &str) -> Result<Run, ConnectError> {
    let text = context_entry::Entry::Text(job.to_owned());
    let request = pb::RunRequest {
        session_id: session.to_owned(),
        prompt: vec![pb::ContextEntry { entry: Some(text), ..Default::default() }],
        idempotency_key: job.to_owned(),
        deltas: pb::DeltaMode::Excluded.into(),
        ..Default::default()
    };
    sessions.run(request).await
}

/// Works one session through to its end, however often a side is killed, and checks it.
async fn session(sides: &mut Sides<'_>, job: &str, random: &mut Random, most: usize, totals: &mut Totals) {
    let session = create(&sides.sessions().await).await;
    let (mut told, start) = (Told::default(), Instant::now());
    let mut kill_at = Instant::now() + Duration::from_millis(random.below(400) as u64);
    'attempts: while !told.heard.is_finished {
        assert!(start.elapsed() < PATIENCE, "{job} never ends");
        let sessions = sides.sessions().await;
        let resumed = pb::ResumeRequest { session_id: session.clone(), ..Default::default() };
        // Refused while the journal is not back yet.
        let mut following = match sessions.resume(resumed).await {
            Ok(_) => run(&sessions, &session, job).await.unwrap(),
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        totals.resumes += 1;
        loop {
            let message = tokio::select! {
                message = following.message::<pb::RunResponse>() => message,
                () = tokio::time::sleep_until(kill_at), if totals.kills < most => {
                    totals.kills += 1;
                    let side = sides.kill(random).await;
                    kill_at = Instant::now() + Duration::from_millis(random.below(400) as u64);
                    if side == Side::Server {
                        continue 'attempts;
                    }
                    continue;
                }
            };
            let message = message.unwrap().expect("a result before the end").to_owned_message();
            if told.take(message.message.unwrap()) {
                break;
            }
        }
    }
    totals.sessions += 1;
    let stored = stored(&database(sides.place), &session);
    for (seq, id) in &told.events {
        let kept = stored.get(usize::try_from(*seq).unwrap() - 1).map(|event| event.event_id.clone());
        assert_eq!(kept.as_ref(), Some(id), "event {seq} was told");
    }
    let bodies: Vec<EventBody> = stored.iter().map(body).collect();
    check(sides.place, job, &bodies, &told.heard, totals);
}

#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
async fn kill(cycles: usize, seed: u64) -> Totals {
    let model = ModelServer::start_unrecorded(script).await.unwrap();
    let place = Place::with_server(&model);
    place.write("AGENTS.md", "Be brief.");
    let (mut random, mut totals) = (Random::new(seed), Totals::default());
    let mut sides = Sides::start(&place).await;
    while totals.kills < cycles {
        let job = format!("job{}", totals.sessions);
        session(&mut sides, &job, &mut random, cycles, &mut totals).await;
    }
    assert_eq!(verified(&place).await.len(), totals.sessions);
    eprintln!("{totals:?}, {} of the server, {} of the journal", sides.server_kills, sides.journal_kills);
    totals
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_neither_side_loses_anything() {
    let totals = kill(8, 3).await;
    assert_eq!(totals.kills, 8);
}

/// As many as `TAU_KILLS` says; `cargo xtask kill --network` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: cargo xtask kill --network"]
async fn killed_very_often() {
    let cycles = usize::try_from(number("TAU_KILLS", 200)).unwrap();
    kill(cycles, number("TAU_SEED", 7)).await;
}
