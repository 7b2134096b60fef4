//! What a journal is asked beside storing, by a runtime that is played by the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::channel::mpsc::{Receiver, Sender, channel};
use futures::{SinkExt as _, StreamExt as _};
use tau_persist::{Clock, Journal, JournalOptions, MemoryStore, Store, StoreErrorKind, StoreOptions};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    AttachRequest, AttachResponse, Call, CallFailureKind, Fenced, JournalCapability, JournalErrorKind,
    JournalOperation, OpenSession, ReleaseSession, RunTool, Welcome, attach_request, attach_response, call,
    call_result, extension_role, journal_operation::Operation, journal_reply::Reply,
};
use tokio::task::JoinHandle;

use crate::support::open;

/// A clock that goes with that of the test.
#[derive(Debug)]
struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// The runtime's side of an attachment that was welcomed.
struct Runtime {
    to: Sender<AttachResponse>,
    from: Receiver<AttachRequest>,
    journal: JoinHandle<()>,
    /// What the journal said that it holds: sessions and their epochs.
    positions: Vec<(String, u64)>,
}

impl Runtime {
    async fn attached(journal: &Journal) -> Self {
        let (to, incoming) = channel(0);
        let (outgoing, from) = channel(0);
        let running = journal.clone().run(incoming, outgoing, std::future::pending());
        let journal = tokio::spawn(async move { assert!(running.await.unwrap().acks == 0) });
        let mut runtime = Self { to, from, journal, positions: Vec::new() };
        let attach_request::Message::Hello(hello) = runtime.next().await else { panic!("no hello") };
        let Some(extension_role::Role::Journal(role)) = &hello.roles[0].role else { panic!("{hello:?}") };
        let capabilities: Vec<_> = role.capabilities.iter().filter_map(|one| one.as_known()).collect();
        let all = [JournalCapability::Read, JournalCapability::Open, JournalCapability::List];
        assert_eq!(capabilities, all);
        assert!(hello.call_credit > 0);
        let positions = role.positions.iter().map(|at| (at.session_id.clone(), at.epoch));
        runtime.positions = positions.collect();
        let heartbeat_interval = WireDuration { seconds: 1_000_000, ..Default::default() }.into();
        runtime.say(Welcome { protocol_version: 1, heartbeat_interval, ..Default::default() }).await;
        runtime
    }

    async fn say(&mut self, message: impl Into<attach_response::Message>) {
        self.to.send(AttachResponse { message: Some(message.into()), ..Default::default() }).await.unwrap();
    }

    async fn next(&mut self) -> attach_request::Message {
        self.from.next().await.expect("the journal has ended").message.unwrap()
    }

    async fn ask(&mut self, call_id: &str, what: impl Into<call::Call>) -> call_result::Result {
        self.say(Call { call_id: call_id.into(), call: Some(what.into()), ..Default::default() }).await;
        let attach_request::Message::CallResult(result) = self.next().await else { panic!("no result") };
        assert_eq!(result.call_id, call_id);
        result.result.unwrap()
    }

    async fn open(&mut self, holder: &str) -> Reply {
        let open = OpenSession { session_id: "s".into(), holder: holder.into(), ..Default::default() };
        let operation: Operation = open.into();
        let operation = JournalOperation { operation: Some(operation), ..Default::default() };
        match self.ask("c", operation).await {
            call_result::Result::Journal(reply) => reply.reply.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Breaks the connection.
    async fn lose(self) {
        self.journal.abort();
        let _ = self.journal.await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_runtime_has_stays_its_own_while_the_journal_is_attached() {
    let clock = Arc::new(TestClock(AtomicU64::new(1_000)));
    let options = StoreOptions::default().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(options));
    let journal = Journal::new(Arc::clone(&store), JournalOptions::new("store-1"));
    let pass = async |seconds: u64| {
        for _ in 0..seconds {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.0.fetch_add(1, Ordering::Relaxed);
        }
    };
    let is_free = || match store.open_session(open("s", "elsewhere")).wait() {
        Ok(_) => true,
        Err(error) => {
            assert!(matches!(error.kind(), StoreErrorKind::Leased { .. }), "{error}");
            false
        }
    };
    let mut runtime = Runtime::attached(&journal).await;
    let Reply::SessionOpened(opened) = runtime.open("one").await else { panic!("not opened") };
    assert!(opened.epoch == 1 && !opened.head.is_set());
    let Reply::Error(refused) = runtime.open("two").await else { panic!("opened twice") };
    assert_eq!((refused.kind.as_known(), refused.holder.as_str()), (Some(JournalErrorKind::InUse), "one"));
    pass(300).await;
    assert!(!is_free());
    // A connection that was lost costs nothing, if it comes back soon.
    runtime.lose().await;
    pass(19).await;
    let runtime = Runtime::attached(&journal).await;
    assert_eq!(runtime.positions, [("s".to_owned(), 1)]);
    pass(25).await;
    assert!(!is_free());
    runtime.lose().await;
    pass(31).await;
    assert!(is_free());
}

#[tokio::test(start_paused = true)]
async fn what_the_runtime_had_before_it_was_started_anew_is_let_go() {
    let clock = Arc::new(TestClock(AtomicU64::new(1_000)));
    let options = StoreOptions::default().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(options));
    let journal = Journal::new(Arc::clone(&store), JournalOptions::new("store-1"));
    let mut runtime = Runtime::attached(&journal).await;
    assert!(runtime.positions.is_empty());
    let Reply::SessionOpened(_) = runtime.open("one").await else { panic!("not opened") };
    runtime.lose().await;
    let mut runtime = Runtime::attached(&journal).await;
    assert_eq!(runtime.positions, [("s".to_owned(), 1)]);
    runtime.say(Fenced { session_id: "s".into(), epoch: 1, ..Default::default() }).await;
    let Reply::Error(refused) = runtime.open("two").await else { panic!("it is not free yet") };
    assert_eq!(refused.kind.as_known(), Some(JournalErrorKind::InUse));
    for _ in 0..31 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        clock.0.fetch_add(1, Ordering::Relaxed);
    }
    let Reply::SessionOpened(opened) = runtime.open("two").await else { panic!("not opened") };
    assert_eq!(opened.epoch, 2);
}

/// Its process was killed, and the runtime goes on.
#[tokio::test(start_paused = true)]
async fn a_journal_that_was_started_anew_takes_up_what_the_runtime_has() {
    let clock = Arc::new(TestClock(AtomicU64::new(1_000)));
    let options = StoreOptions::default().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(options));
    let started = async || {
        let journal = Journal::new(Arc::clone(&store), JournalOptions::new("store-1"));
        journal.take_up().await.unwrap();
        Runtime::attached(&journal).await
    };
    let pass = async |seconds: u64| {
        for _ in 0..seconds {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.0.fetch_add(1, Ordering::Relaxed);
        }
    };
    let is_free = |session: &str| store.open_session(open(session, "me")).wait().is_ok();

    let mut runtime = started().await;
    assert!(runtime.positions.is_empty());
    let Reply::SessionOpened(_) = runtime.open("one").await else { panic!("not opened") };
    // Another process has one in the same store, and one has given its own back.
    store.open_session(open("other", "elsewhere")).wait().unwrap();
    let given = store.open_session(open("given", "elsewhere")).wait().unwrap();
    store.release_lease(&given).wait().unwrap();
    runtime.lose().await;

    pass(25).await;
    let mut runtime = started().await;
    let mut said = runtime.positions.clone();
    said.sort();
    assert_eq!(said, [("other".to_owned(), 1), ("s".to_owned(), 1)]);
    runtime.say(Fenced { session_id: "other".into(), epoch: 1, ..Default::default() }).await;
    pass(300).await;
    assert!(!is_free("s"), "the runtime still has it");
    assert!(is_free("other"), "what the runtime does not have is nobody's to renew");
    let Reply::SessionOpened(again) = runtime.open("one").await else { panic!("not opened") };
    assert_eq!(again.epoch, 2, "nobody else took it meanwhile");

    // The other way round: it was away for so long that somebody took the session.
    runtime.lose().await;
    pass(31).await;
    assert!(is_free("s"));
    let mut runtime = started().await;
    let Reply::Error(refused) = runtime.open("one").await else { panic!("it is somebody else's") };
    assert_eq!(refused.holder, "me");
    let release = ReleaseSession { session_id: "s".into(), epoch: 2, ..Default::default() };
    let release: Operation = release.into();
    let release = JournalOperation { operation: Some(release), ..Default::default() };
    runtime.ask("c-3", release).await;
    assert!(store.open_session(open("s", "a third")).wait().is_err(), "an old epoch gives nothing back");
}

#[tokio::test(start_paused = true)]
async fn what_a_journal_does_not_do_is_said_so() {
    let journal = Journal::new(Arc::new(MemoryStore::default()), JournalOptions::new("store-1"));
    let mut runtime = Runtime::attached(&journal).await;
    let call_result::Result::Failure(failure) = runtime.ask("c-1", RunTool::default()).await else {
        panic!("it ran a tool")
    };
    assert_eq!(failure.kind.as_known(), Some(CallFailureKind::Unsupported));
    let unknown = runtime.ask("c-2", JournalOperation::default()).await;
    let call_result::Result::Journal(reply) = unknown else { panic!("{unknown:?}") };
    let Some(Reply::Error(error)) = reply.reply else { panic!("{reply:?}") };
    assert_eq!(error.kind.as_known(), Some(JournalErrorKind::Unavailable));
}
