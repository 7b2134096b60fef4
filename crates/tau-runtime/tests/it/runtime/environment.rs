//! Sessions whose environment an extension gives, from their first event to their last.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_agent::Agent;
use tau_core::event::{CancelScope, EventBody, Seq};
use tau_core::{ContentBlock, SessionId};
use tau_proto::runtime::v1::environment_operation::Operation;
use tau_runtime::attach::Attachments;
use tau_runtime::runtime::{
    AgentSummary, Beginning, DurabilityChoice, EnvironmentChoice, FactoryError, FactoryErrorKind, NewSession,
    OldSession, Revival, Runtime, RuntimeError, RuntimeOptions, SessionFactory, SessionStore,
};
use tau_runtime::{OpenedSession, Past, SessionOptions};
use tau_tools::builtin;
use tau_tools::environment::{Environment, LocalEnvironment};
use tempfile::TempDir;

use super::support::Store;
use crate::attach::environment::provider::{Provider, hello};
use crate::attach::environment::support::{Connection, folder, hub};
use crate::driver::model::Model;
use crate::driver::support::options_of;

/// Sessions with the file tools, in what is provided or else in a folder; it writes down what it was asked for.
#[derive(Debug)]
struct Factory {
    agent: Agent,
    own: LocalEnvironment,
    asked: Arc<Mutex<Vec<EnvironmentChoice>>>,
    knows_providers: bool,
}

impl Factory {
    fn make(
        &self,
        choice: &EnvironmentChoice,
        provided: Option<Arc<dyn Environment>>,
    ) -> Result<SessionOptions, FactoryError> {
        self.asked.lock().unwrap().push(choice.clone());
        let mut options = options_of(self.agent.clone(), []);
        options.tools = builtin::all();
        let provided = provided.filter(|_| self.knows_providers);
        options.environment = provided.unwrap_or_else(|| Arc::new(self.own.clone()));
        Ok(options)
    }
}

impl SessionFactory for Factory {
    fn create<'a>(&'a self, request: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        let provided = request.provided.clone().map(|provided| Arc::new(provided) as Arc<dyn Environment>);
        async move { self.make(&request.environment, provided) }.boxed()
    }

    fn resume<'a>(&'a self, request: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        let provided = request.provided.clone().map(|provided| Arc::new(provided) as Arc<dyn Environment>);
        async move { self.make(&request.environment, provided) }.boxed()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        Vec::new()
    }
}

struct World {
    hub: Attachments,
    runtime: Runtime,
    model: Model,
    asked: Arc<Mutex<Vec<EnvironmentChoice>>>,
    own: TempDir,
}

impl World {
    fn new(knows_providers: bool) -> Self {
        Self::with_store(knows_providers, None)
    }

    fn with_store(knows_providers: bool, store: Option<Arc<Store>>) -> Self {
        let model = Model::new();
        let (own, environment) = folder();
        let asked = Arc::default();
        let factory = Factory {
            agent: model.agent.clone(),
            own: environment,
            asked: Arc::clone(&asked),
            knows_providers,
        };
        let mut options = RuntimeOptions::new(Arc::new(factory));
        let hub = hub();
        options.attachments = hub.clone();
        options.store = store.map(|store| store as Arc<dyn SessionStore>);
        Self { hub, runtime: Runtime::new(options), model, asked, own }
    }

    async fn provider(&self) -> (TempDir, Provider, Connection) {
        let (folder, environment) = folder();
        let (provider, connection) = self.provider_of(environment).await;
        (folder, provider, connection)
    }

    async fn provider_of(&self, environment: LocalEnvironment) -> (Provider, Connection) {
        let provider = Provider::new(environment);
        let connection = Connection::open(&self.hub, &provider, hello("box"));
        let traits = tau_runtime::attach::SessionTraits::new(SessionId::from_u128(1));
        while self.hub.environment_for(&traits).is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (provider, connection)
    }
}

fn asking(environment: EnvironmentChoice) -> NewSession {
    let mut request = NewSession::new(SessionId::generate());
    request.environment = environment;
    request
}

async fn create(
    runtime: &Runtime,
    environment: EnvironmentChoice,
) -> Result<tau_runtime::runtime::LiveSession, RuntimeError> {
    runtime.create(asking(environment), Beginning::Nothing, DurabilityChoice::default()).await
}

fn box_() -> EnvironmentChoice {
    EnvironmentChoice::Provider("box".to_owned())
}

#[tokio::test]
async fn its_tools_work_there_and_it_has_it_again_when_it_is_taken_up() {
    let mut world = World::new(true);
    let (there, provider, _connection) = world.provider().await;
    // It asks for none, and one is there for it.
    let live = create(&world.runtime, EnvironmentChoice::Usual).await.unwrap();
    assert_eq!(*world.asked.lock().unwrap(), [box_()]);
    live.handle().prompt([ContentBlock::text("Work")]).await.unwrap();
    let write = r#"{"path":"a.txt","content":"there"}"#;
    world.model.asked().await.call(&[("a", "write", write), ("b", "bash", r#"{"command":"cat a.txt"}"#)]);
    let asked = world.model.asked().await;
    assert_eq!(asked.messages().pop().unwrap(), "tool: there");
    asked.text("Done");
    assert_eq!(std::fs::read(there.path().join("a.txt")).unwrap(), b"there");
    assert!(!world.own.path().join("a.txt").exists());

    let events = live.handle().events(Seq::default());
    let EventBody::SessionCreated(config) = &events[0].body else { panic!("{events:?}") };
    assert_eq!(config.metadata.get("tau.environment").map(String::as_str), Some("provider:box"));
    live.release();
    live.ended().await.unwrap();
    let closed = |provider: &Provider| {
        let begun = provider.begun.lock().unwrap();
        begun
            .iter()
            .filter_map(|one| match one {
                Operation::Close(close) => Some(close.is_resumable),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(closed(&provider), [true]);
    let past = Past::of(events).unwrap();
    let journal = OpenedSession::new(9).with_past(past, tau_core::event::EventHash::ZERO);
    let live = world.runtime.adopt(journal, Revival::default()).await.unwrap();
    assert_eq!(world.asked.lock().unwrap().last(), Some(&box_()));
    live.handle().cancel(CancelScope::Session).await.unwrap();
    live.ended().await.unwrap();
    assert_eq!(closed(&provider), [true, false]);
}

#[tokio::test]
async fn one_that_is_not_there_is_a_typed_error() {
    let world = World::new(true);
    let error = create(&world.runtime, box_()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Environment(_)), "{error}");
    assert!(world.runtime.live().is_empty());
    // Asked for by nobody, the server's own is taken, and a folder is a folder whoever is attached.
    create(&world.runtime, EnvironmentChoice::Usual).await.unwrap();
    let (_there, _, _connection) = world.provider().await;
    let folder = EnvironmentChoice::Folder("/srv".into());
    create(&world.runtime, folder.clone()).await.unwrap();
    let none = create(&world.runtime, EnvironmentChoice::None).await.unwrap();
    assert_eq!(*world.asked.lock().unwrap(), [EnvironmentChoice::Usual, folder, EnvironmentChoice::None]);
    assert_eq!(none.handle().overview().metadata.get("tau.environment").map(String::as_str), Some("none"));
}

/// A factory that does not know of providers must not let such a session work on the server.
#[tokio::test]
async fn a_factory_that_takes_another_one_is_refused() {
    let world = World::new(false);
    let (_there, provider, _connection) = world.provider().await;
    let error = create(&world.runtime, box_()).await.unwrap_err();
    let RuntimeError::Factory(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), FactoryErrorKind::EnvironmentNotAllowed);
    // It is given back.
    while !matches!(provider.begun.lock().unwrap().last(), Some(Operation::Close(_))) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Also where the server's folder has the name of the provider's.
#[tokio::test]
async fn a_root_of_the_same_name_is_not_the_same_environment() {
    let world = World::new(false);
    let alike = LocalEnvironment::new(world.own.path()).unwrap();
    let (_provider, _connection) = world.provider_of(alike).await;
    let error = create(&world.runtime, box_()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Factory(_)), "{error}");
}

/// Another process may be at work in it.
#[tokio::test]
async fn a_session_that_is_somebodys_keeps_its_environment() {
    let store = Arc::new(Store::default());
    let world = World::with_store(true, Some(Arc::clone(&store)));
    let (_there, provider, _connection) = world.provider().await;
    let taken = SessionId::from_u128(7);
    store.held.lock().unwrap().push(taken);
    let mut request = asking(box_());
    request.id = taken;
    let refused = world.runtime.create(request, Beginning::Nothing, DurabilityChoice::default()).await;
    assert!(matches!(refused, Err(RuntimeError::InUse { .. })), "{refused:?}");

    let from = create(&world.runtime, EnvironmentChoice::None).await.unwrap().id();
    let mut revival = Revival::default();
    revival.environment = box_();
    let refused = world.runtime.fork(from, Seq::default(), taken, revival).await;
    assert!(matches!(refused, Err(RuntimeError::InUse { .. })), "{refused:?}");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(provider.begun.lock().unwrap().is_empty());
}

/// What a copy was given it has again, be the session that it was copied from what it may.
#[tokio::test]
async fn a_copy_that_is_taken_up_has_its_own_environment() {
    let world = World::new(true);
    let first = create(&world.runtime, EnvironmentChoice::Usual).await.unwrap();
    let (_there, _provider, _connection) = world.provider().await;
    let copy = async |of: SessionId, environment| {
        let mut revival = Revival::default();
        revival.environment = environment;
        let copy = world.runtime.fork(of, Seq::default(), SessionId::generate(), revival).await.unwrap();
        let past = Past::of(copy.handle().events(Seq::default())).unwrap();
        copy.release();
        copy.ended().await.unwrap();
        let journal = OpenedSession::new(9).with_past(past, tau_core::event::EventHash::ZERO);
        let live = world.runtime.adopt(journal, Revival::default()).await.unwrap();
        (live.id(), world.asked.lock().unwrap().last().cloned().unwrap())
    };
    let (boxed, had) = copy(first.id(), box_()).await;
    assert_eq!(had, box_());
    let (inherits, had) = copy(boxed, EnvironmentChoice::Usual).await;
    assert_eq!(had, box_());
    // One that is on the machine again is not sent back.
    let here = EnvironmentChoice::Folder(world.own.path().to_owned());
    assert_eq!(copy(inherits, here).await.1, EnvironmentChoice::Usual);
}

/// While a tool waits for an extension that is away, the session is paused, and goes on when it is back.
#[tokio::test]
async fn a_session_whose_environment_is_away_is_paused_while_it_is_needed() {
    let mut world = World::new(true);
    let (_there, provider, connection) = world.provider().await;
    let live = create(&world.runtime, box_()).await.unwrap();
    live.handle().prompt([ContentBlock::text("Work")]).await.unwrap();
    let asked = world.model.asked().await;
    connection.break_off().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!live.is_paused(), "nothing needs it");
    asked.call(&[("a", "bash", r#"{"command":"echo there"}"#)]);
    for _ in 0..400 {
        if live.is_paused() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(live.is_paused());
    let _connection = Connection::open(&world.hub, &provider, hello("box"));
    let asked = world.model.asked().await;
    assert_eq!(asked.messages().pop().unwrap(), "tool: there\n");
    assert!(!live.is_paused());
}
