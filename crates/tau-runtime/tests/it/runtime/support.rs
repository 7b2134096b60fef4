//! A runtime with a played model, and a store in memory that is not told of events but given them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_agent::Agent;
use tau_core::SessionId;
use tau_core::event::{Event, EventHash, Seq};
use tau_runtime::runtime::{
    AgentSummary, FactoryError, FactoryErrorKind, NewSession, OldSession, Runtime, RuntimeOptions,
    SessionFactory, SessionStore, StoreError, StoreErrorKind, StoredOrder, StoredPage, StoredQuery,
    StoredSession,
};
use tau_runtime::{OpenError, OpenedSession, Past, SessionOpener, SessionOptions};

use crate::driver::model::Model;
use crate::driver::support::{change, look, options_of};

/// Makes every session of the same model, with the tools `look` and `change`.
#[derive(Debug)]
pub(crate) struct Factory {
    agent: Agent,
}

impl SessionFactory for Factory {
    fn create<'a>(&'a self, request: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        async move {
            if let Some(agent) = request.agent.as_ref().filter(|agent| *agent != "tester") {
                let message = format!("there is no agent `{agent}`");
                return Err(FactoryError::new(FactoryErrorKind::UnknownAgent, message, "take `tester`"));
            }
            let mut options = options_of(self.agent.clone(), [look(), change()]);
            options.config.metadata.extend(request.overrides.metadata.clone());
            Ok(options)
        }
        .boxed()
    }

    fn resume<'a>(&'a self, _: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        async move { Ok(options_of(self.agent.clone(), [look(), change()])) }.boxed()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        vec![AgentSummary::new("tester", "", "test/m", vec!["look".to_owned(), "change".to_owned()])]
    }
}

/// What a store was asked for that it cannot be asked back.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) journals: Mutex<BTreeMap<SessionId, Vec<Event>>>,
    pub(crate) epochs: Mutex<BTreeMap<SessionId, u64>>,
    /// Sessions that somebody has.
    pub(crate) held: Mutex<Vec<SessionId>>,
    /// What it lists beside them, in order of their creation.
    pub(crate) listed: Mutex<Vec<StoredSession>>,
    /// How many sessions it has listed so far.
    pub(crate) told: AtomicUsize,
    /// How long it takes to open a session, and to take it back.
    pub(crate) delay: Mutex<Duration>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    fn take(&self, session: SessionId) -> OpenedSession {
        let mut epochs = self.epochs.lock().unwrap();
        let epoch = epochs.entry(session).or_default();
        *epoch += 1;
        self.held.lock().unwrap().push(session);
        let events = self.journals.lock().unwrap().get(&session).cloned().unwrap_or_default();
        OpenedSession::new(*epoch + 1).with_past(Past::of(events).unwrap(), EventHash::ZERO)
    }

    async fn wait(&self) {
        let delay = *self.delay.lock().unwrap();
        tokio::time::sleep(delay).await;
    }

    pub(crate) fn is_held(&self, session: SessionId) -> bool {
        self.held.lock().unwrap().contains(&session)
    }
}

impl SessionOpener for Store {
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, OpenError>> {
        async move {
            if self.is_held(session) {
                let error = StoreError::new(StoreErrorKind::InUse, "another writer has the session");
                let error = error.with_holder("another program");
                return Err(Arc::new(error) as OpenError);
            }
            // Taken before the answer is there, as over a network.
            let opened = self.take(session);
            self.wait().await;
            Ok(opened)
        }
        .boxed()
    }
}

impl SessionStore for Store {
    fn take_over(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, StoreError>> {
        async move { Ok(self.take(session)) }.boxed()
    }

    fn release(&self, session: SessionId, _: u64) -> BoxFuture<'_, ()> {
        async move {
            self.wait().await;
            self.held.lock().unwrap().retain(|held| *held != session);
        }
        .boxed()
    }

    fn read(&self, session: SessionId, after: Seq) -> BoxFuture<'_, Result<Vec<Event>, StoreError>> {
        let journals = self.journals.lock().unwrap();
        let stored = journals.get(&session).cloned().unwrap_or_default();
        // In pages of two, so that whoever reads has to go on.
        let page = stored.into_iter().filter(|event| event.header.seq > after).take(2).collect();
        async move { Ok(page) }.boxed()
    }

    /// In the order of their creation or the other way round, by place.
    fn list(&self, query: StoredQuery) -> BoxFuture<'_, Result<StoredPage, StoreError>> {
        let listed = self.listed.lock().unwrap();
        let is_descending = query.order == StoredOrder::CreatedDescending;
        let start = match query.page_token.parse::<usize>() {
            Ok(after) if is_descending => listed.len() - after,
            Ok(after) => after + 1,
            Err(_) => 0,
        };
        let mut all: Vec<&StoredSession> = listed.iter().collect();
        if is_descending {
            all.reverse();
        }
        let sessions: Vec<StoredSession> =
            all.iter().skip(start).take(query.limit).copied().cloned().collect();
        self.told.fetch_add(sessions.len(), Ordering::Relaxed);
        let mut page = StoredPage::default();
        if start + sessions.len() < all.len() {
            page.next_page_token = sessions.last().map(|last| last.page_token.clone()).unwrap_or_default();
        }
        page.sessions = sessions;
        async move { Ok(page) }.boxed()
    }
}

/// A runtime, the model that its sessions ask, and its store.
pub(crate) struct Process {
    pub(crate) runtime: Runtime,
    pub(crate) model: Model,
    pub(crate) store: Arc<Store>,
}

impl Process {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut RuntimeOptions)) -> Self {
        let model = Model::new();
        let store = Arc::new(Store::default());
        let mut options = RuntimeOptions::new(Arc::new(Factory { agent: model.agent.clone() }));
        options.store = Some(Arc::clone(&store) as Arc<dyn SessionStore>);
        change(&mut options);
        Self { runtime: Runtime::new(options), model, store }
    }
}
