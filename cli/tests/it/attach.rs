//! A runtime that stores nothing and a journal that does, over one attachment: sessions are opened, read and listed.

use std::sync::Arc;
use std::time::Duration;

use tau_core::event::{Event, EventBody, EventHash, EventHeader, Record, Seq, SessionConfig, Timestamp};
use tau_core::{ContentBlock, EventId, RunId, SessionId};
use tau_persist::{Append, Journal, JournalOptions, MemoryStore, SqliteOptions, SqliteStore, Store};
use tau_runtime::attach::{AttachedStore, Attachments, AttachmentsOptions, Caller, in_process};
use tau_runtime::journals::{Journals, to_wire};
use tau_runtime::runtime::{SessionStore, StoreError, StoreErrorKind, StoredPage, StoredQuery};
use tau_runtime::{OpenedSession, SessionOpener};
use tokio::task::JoinHandle;

/// A hub with a journal over a store, as they are joined in one process.
struct Joined {
    hub: Attachments,
    journal: Journal,
    store: Arc<dyn Store>,
    tasks: Vec<JoinHandle<()>>,
}

impl Joined {
    fn new(store: Arc<dyn Store>) -> Self {
        let mut options = AttachmentsOptions::default();
        options.grace = Duration::from_millis(300);
        let hub = Attachments::new(Journals::default(), options);
        let journal = Journal::new(Arc::clone(&store), JournalOptions::new("store"));
        let mut joined = Self { hub, journal, store, tasks: Vec::new() };
        joined.attach();
        joined
    }

    fn attach(&mut self) {
        let (runtime, extension) = in_process();
        let (hub, journal) = (self.hub.clone(), self.journal.clone());
        self.tasks.push(tokio::spawn(async move {
            let _ = hub.attach(runtime.incoming, runtime.outgoing, &Caller::trusted()).await;
        }));
        self.tasks.push(tokio::spawn(async move {
            let served = journal.run(extension.incoming, extension.outgoing, std::future::pending()).await;
            served.unwrap();
        }));
    }

    /// Breaks the connection.
    async fn lose(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }

    fn sessions(&self, holder: &str) -> AttachedStore {
        AttachedStore::new(self.hub.clone(), holder)
    }

    /// Writes prompts after what was opened.
    async fn write(&self, session: SessionId, opened: &OpenedSession, count: u64) {
        let mut last_hash = opened.last_hash;
        let mut events = Vec::new();
        let begin = opened.past.seq().0;
        for seq in begin + 1..=begin + count {
            let body = match seq {
                1 => EventBody::SessionCreated(Box::new(SessionConfig::new("local/model"))),
                _ => EventBody::PromptSubmitted {
                    run: RunId::from_u128(seq.into()),
                    content: vec![ContentBlock::text(format!("prompt {seq}"))],
                },
            };
            let header = EventHeader {
                session,
                seq: Seq(seq),
                epoch: opened.epoch,
                id: EventId::generate(),
                time: Timestamp(1_000 + seq),
                cause: None,
            };
            let record = Record::seal(&Event { header, body }, last_hash).unwrap();
            last_hash = record.hash();
            events.push(to_wire(record));
        }
        self.store.append(Append::new(events)).await.unwrap();
    }
}

async fn for_each_store(test: impl AsyncFn(Joined)) {
    test(Joined::new(Arc::new(MemoryStore::default()))).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    test(Joined::new(Arc::new(SqliteStore::open(path, SqliteOptions::default()).unwrap()))).await;
}

fn id(number: u128) -> SessionId {
    SessionId::from_u128(number)
}

fn kind(result: Result<impl Sized, impl AsRef<dyn std::error::Error + Send + Sync>>) -> StoreErrorKind {
    let error = result.err().unwrap();
    error.as_ref().downcast_ref::<StoreError>().unwrap().kind()
}

#[tokio::test]
async fn a_session_is_opened_read_and_given_back() {
    for_each_store(async |joined| {
        let sessions = joined.sessions("one");
        let opened = sessions.open(id(1)).await.unwrap();
        assert_eq!((opened.epoch, opened.past.seq(), opened.last_hash), (1, Seq(0), EventHash::ZERO));
        joined.write(id(1), &opened, 2_500).await;

        // Its own holder may open it again, and an earlier epoch writes no more.
        let again = sessions.open(id(1)).await.unwrap();
        assert_eq!((again.epoch, again.past.seq()), (2, Seq(2_500)));
        let seqs: Vec<u64> = again.past.events().iter().map(|event| event.header.seq.0).collect();
        assert_eq!(seqs, (1..=2_500).collect::<Vec<_>>());
        joined.write(id(1), &again, 1).await;

        let page = sessions.read(id(1), Seq(1_000)).await.unwrap();
        assert_eq!((page.len(), page[0].header.seq), (1_000, Seq(1_001)));
        assert_eq!(sessions.read(id(1), Seq(2_501)).await.unwrap(), []);
        assert_eq!(sessions.read(id(9), Seq(0)).await.unwrap_err().kind(), StoreErrorKind::NotFound);

        let other = joined.sessions("two");
        let refused = other.open(id(1)).await;
        assert!(refused.as_ref().unwrap_err().to_string().contains("in use by one"), "{refused:?}");
        assert_eq!(kind(refused), StoreErrorKind::InUse);
        let taken = other.take_over(id(1)).await.unwrap();
        assert_eq!((taken.epoch, taken.past.seq()), (3, Seq(2_501)));
        // Whoever had it gives nothing back.
        sessions.release(id(1), 2).await;
        assert_eq!(kind(sessions.open(id(1)).await), StoreErrorKind::InUse);
        other.release(id(1), 3).await;
        assert_eq!(sessions.open(id(1)).await.unwrap().epoch, 4);

        sessions.release(id(1), 4).await;
        joined.store.delete(&tau_persist::SessionId::new(id(1).to_string()).unwrap()).await.unwrap();
        assert_eq!(kind(sessions.open(id(1)).await), StoreErrorKind::Deleted);
    })
    .await;
}

#[tokio::test]
async fn sessions_are_listed_page_by_page() {
    for_each_store(async |joined| {
        let sessions = joined.sessions("one");
        for number in 1..=150 {
            let opened = sessions.open(id(number)).await.unwrap();
            joined.write(id(number), &opened, 3).await;
            sessions.release(id(number), opened.epoch).await;
        }
        // One that has not begun is no session yet; one that is open names whoever has it.
        sessions.open(id(999)).await.unwrap();
        let _open = sessions.open(id(7)).await.unwrap();

        let first = sessions.list(StoredQuery::default()).await.unwrap();
        let mut query = StoredQuery::default();
        query.page_token.clone_from(&first.next_page_token);
        let second = sessions.list(query).await.unwrap();
        assert_eq!(second.next_page_token, "");
        let mut ids: Vec<SessionId> =
            first.sessions.iter().chain(&second.sessions).map(|stored| stored.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=150).map(id).collect::<Vec<_>>());
        assert!(first.sessions.len() >= 98);

        let only = async |numbers: &[u128]| -> StoredPage {
            let mut query = StoredQuery::default();
            query.sessions = numbers.iter().map(|number| id(*number)).collect();
            sessions.list(query).await.unwrap()
        };
        let page = only(&[7, 1_000]).await;
        let [stored] = &page.sessions[..] else { panic!("{page:?}") };
        assert_eq!((stored.id, stored.holder.as_str(), stored.overview.seq), (id(7), "one", Seq(3)));
        assert_eq!((&*stored.overview.model, &*stored.overview.prompt), ("local/model", "prompt 2"));
        assert_eq!((stored.overview.created, stored.overview.updated), (Timestamp(1_001), Timestamp(1_003)));

        // What was kept beside it is brought up to date.
        let kept = async || {
            let session = tau_persist::SessionId::new(id(7).to_string()).unwrap();
            joined.store.snapshot(&session, "tau-runtime.overview.1").await.unwrap().unwrap().seq
        };
        assert_eq!(kept().await, 3);
        let opened = sessions.open(id(7)).await.unwrap();
        joined.write(id(7), &opened, 4).await;
        let page = only(&[7]).await;
        assert_eq!((page.sessions[0].overview.seq, page.sessions[0].overview.queued.len()), (Seq(7), 6));
        assert_eq!(kept().await, 7);
        assert_eq!(only(&[7]).await.sessions[0].overview, page.sessions[0].overview);
    })
    .await;
}

#[tokio::test]
async fn a_journal_that_is_gone_is_waited_for_and_not_for_ever() {
    for_each_store(async |mut joined| {
        let sessions = joined.sessions("one");
        let opened = sessions.open(id(1)).await.unwrap();
        joined.lose().await;
        let refused = sessions.read(id(1), Seq(0)).await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Unavailable);
        assert!(refused.to_string().contains("attach one"), "{refused}");

        let asked = tokio::spawn({
            let sessions = sessions.clone();
            async move { sessions.open(id(1)).await }
        });
        joined.attach();
        let again = asked.await.unwrap().unwrap();
        assert_eq!(again.epoch, opened.epoch + 1);
    })
    .await;
}
