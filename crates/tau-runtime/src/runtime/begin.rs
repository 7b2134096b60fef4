//! How sessions become live: created, taken up, or copied.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tau_core::SessionId;
use tau_core::event::Seq;
use tau_session::check_conversation;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::choice::{Beginning, Claim, DurabilityChoice, Revival};
use super::environment::{self, Loan};
use super::factory::{EnvironmentChoice, NewSession, OldSession};
use super::hold::Hold;
use super::live::LiveSession;
use super::made::{Made, old_session, traits};
use super::table::Place;
use super::{Runtime, RuntimeError};
use crate::attach::SessionTraits;
use crate::driver::{
    Durability, OpenedSession, Past, ResumeError, Session, SessionEnd, SessionOpener, SessionOptions,
};
use crate::hooks::SeveralHooks;
use crate::kernel::Rejection;
#[cfg(feature = "server")]
use crate::server::respond;

impl Runtime {
    /// Makes a new session and starts it.
    ///
    /// # Errors
    /// When there is a session of its id, the factory refuses it, or what it begins with is no conversation.
    pub async fn create(
        &self,
        request: NewSession,
        beginning: Beginning,
        durability: DurabilityChoice,
    ) -> Result<LiveSession, RuntimeError> {
        if let Beginning::Messages(messages) = &beginning {
            let checked = check_conversation(messages).map_err(Rejection::InvalidConversation);
            checked.map_err(|rejection| RuntimeError::Session(request.id, rejection.into()))?;
        }
        let (id, place) = (request.id, self.0.table.reserve(request.id)?);
        // First of all: the session may be somebody's, and so may be what an extension has open for it.
        let (opened, mut hold) = self.take_new(id).await?;
        let durability = self.durability(id, &opened, durability);
        let made = self.make(place, request, durability, &mut hold).await;
        let live = Hold::unless_made(hold, made).await?;
        if let Beginning::Messages(messages) = beginning
            && let Err(error) = live.handle().import(messages).await
        {
            live.release();
            return Err(RuntimeError::Session(id, error));
        }
        Ok(live)
    }

    async fn make(
        &self,
        place: Place<'_>,
        mut request: NewSession,
        durability: Durability,
        hold: &mut Option<Hold>,
    ) -> Result<LiveSession, RuntimeError> {
        let known = traits(request.id, &request.overrides.metadata, durability.epoch);
        let loan = self.provide_new(&mut request, &known).await?;
        let mut options = self.factory().create(&request).await?;
        environment::check(request.provided.as_ref(), &options)?;
        environment::record(&request.environment, &mut options.config.metadata);
        let known = traits(request.id, &options.config.metadata, durability.epoch);
        options.durability = Durability { traits: Some(known.clone()), ..durability };
        if request.overrides.tools.is_none() {
            let of_extensions = self.attachments().tools_for(&known);
            // A tool of the factory's own is not taken the place of.
            let offered =
                of_extensions.into_iter().filter(|tool| options.tools.get(&tool.definition().name).is_none());
            let offered: Vec<_> = offered.collect();
            offered.into_iter().for_each(|tool| options.tools.add(tool));
        }
        self.add_hooks(&known, &mut options);
        let make = |options| Ok::<_, RuntimeError>(Session::new(options));
        let made = Made::new(options, request.environment, loan, known, make)?;
        self.start(place, made, hold.take()).begun().await
    }

    /// Makes a session live again, from the store. One that is live is given as it is. Says whether this call made it live.
    /// Whoever asks while another makes it live, or lets it go, waits for that.
    ///
    /// # Errors
    /// When there is no such session, another writer has it, or it was closed.
    pub async fn resume(
        &self,
        session: SessionId,
        revival: Revival,
        claim: Claim,
    ) -> Result<(LiveSession, bool), RuntimeError> {
        let place = loop {
            self.0.table.settled(session).await;
            if let Some(live) = self.find(session) {
                return Ok((live, false));
            }
            self.store().ok_or(RuntimeError::NoStore(session))?;
            match self.0.table.reserve(session) {
                Ok(place) => break place,
                // Somebody else was faster.
                Err(RuntimeError::Exists(_)) => {}
                Err(error) => return Err(error),
            }
        };
        let (opened, hold) = self.take(session, claim).await?;
        let mut hold = Some(hold);
        let made = self.take_up(place, opened, &mut hold, revival).await;
        Ok((Hold::unless_made(hold, made).await?, true))
    }

    /// Makes a session live from a journal that its caller has. It goes on under the same id.
    ///
    /// # Errors
    /// When the events are no journal, the session is live here, or was closed.
    pub async fn adopt(&self, journal: OpenedSession, revival: Revival) -> Result<LiveSession, RuntimeError> {
        let session = journal.past.session().ok_or(ResumeError::Empty)?;
        let place = self.0.table.reserve(session)?;
        self.take_up(place, journal, &mut None, revival).await
    }

    /// Copies a session up to a place (its newest event where none is given) into a new one, and starts that. The other one
    /// need not be live.
    ///
    /// # Errors
    /// When there is no such session or place, or the factory refuses the copy.
    pub async fn fork(
        &self,
        from: SessionId,
        at: Seq,
        copy: SessionId,
        revival: Revival,
    ) -> Result<LiveSession, RuntimeError> {
        let mut events = self.events(from).await?;
        if at > Seq::default() {
            if at.0 > events.len() as u64 {
                return Err(RuntimeError::Session(from, Rejection::NoSuchPlace(at).into()));
            }
            events.truncate(usize::try_from(at.0).unwrap_or(usize::MAX));
        }
        let past = Past::of(events)?;
        let place = self.0.table.reserve(copy)?;
        let (opened, mut hold) = self.take_new(copy).await?;
        let durability = self.durability(copy, &opened, revival.durability);
        let made = self.copy(place, past, durability, &mut hold, revival).await;
        Hold::unless_made(hold, made).await
    }

    async fn copy(
        &self,
        place: Place<'_>,
        past: Past,
        durability: Durability,
        hold: &mut Option<Hold>,
        revival: Revival,
    ) -> Result<LiveSession, RuntimeError> {
        let from = past.session().ok_or(ResumeError::Empty)?;
        let mut old = old_session(place.session(), &past, &revival)?;
        let Equipped { options, loan, known } = self.equip(&mut old, durability).await?;
        let mut metadata = old.metadata.clone();
        if matches!(revival.environment, EnvironmentChoice::Folder(_)) {
            // What the factory says of the folder: the other's would lead back there.
            metadata.extend(options.config.metadata.clone());
        }
        environment::record(&old.environment, &mut metadata);
        let described = Some(metadata).filter(|metadata| *metadata != old.metadata);
        let fork = |options| {
            Session::fork_as(options, past, described).map_err(|error| RuntimeError::fork(from, error))
        };
        let made = Made::new(options, revival.environment, loan, known, fork)?;
        self.start(place, made, hold.take()).begun().await
    }

    async fn take_up(
        &self,
        place: Place<'_>,
        opened: OpenedSession,
        hold: &mut Option<Hold>,
        revival: Revival,
    ) -> Result<LiveSession, RuntimeError> {
        let Some(id) = opened.past.session() else { return Err(RuntimeError::NotFound(place.session())) };
        let mut old = old_session(id, &opened.past, &revival)?;
        if opened.past.state().is_closed() {
            return Err(RuntimeError::Closed(id));
        }
        let mut durability = self.durability(id, &opened, revival.durability);
        durability.last_hash = Some(opened.last_hash);
        let Equipped { options, loan, known } = self.equip(&mut old, durability).await?;
        let began = opened.past.seq();
        let resume = |options| Session::resume(options, opened.past);
        let mut made = Made::new(options, revival.environment, loan, known, resume)?;
        (made.of.began, made.of.began_hash) = (began, opened.last_hash);
        self.start(place, made, hold.take()).begun().await
    }

    /// What a session that exists is made of.
    async fn equip(&self, old: &mut OldSession, durability: Durability) -> Result<Equipped, RuntimeError> {
        let known = traits(old.id, &old.metadata, durability.epoch);
        let loan = self.provide_old(old, &known).await?;
        let mut options = self.factory().resume(old).await?;
        environment::check(old.provided.as_ref(), &options)?;
        options.durability = Durability { traits: Some(known.clone()), ..durability };
        self.add_offered(old, &known, &mut options);
        self.add_hooks(&known, &mut options);
        Ok(Equipped { options, loan, known })
    }

    /// Adds the hooks of extensions to those that the factory gave.
    fn add_hooks(&self, known: &SessionTraits, options: &mut SessionOptions) {
        let attached = self.attachments().hooks_for(known);
        options.hook_health = self.hook_health().clone();
        options.hooks = Some(match options.hooks.take() {
            Some(own) => Arc::new(SeveralHooks::new(vec![own, attached])),
            None => attached,
        });
    }

    /// Adds the tools that a session has of extensions, be they offered now or not.
    fn add_offered(&self, old: &OldSession, known: &SessionTraits, options: &mut SessionOptions) {
        let missing = old.config.tools.iter().filter(|spec| spec.kind.is_executed());
        for spec in missing {
            // Those that were the factory's, it has no more: an extension may have them by now.
            if options.tools.get(&spec.definition.name).is_none() {
                options.tools.add(self.attachments().tool(known, spec.clone()));
            }
        }
    }

    /// Takes a session in the store that must not exist there.
    async fn take_new(&self, session: SessionId) -> Result<(OpenedSession, Option<Hold>), RuntimeError> {
        if self.store().is_none() {
            return Ok((OpenedSession::new(1), None));
        }
        let (opened, hold) = self.take(session, Claim::IfFree).await.map_err(|error| match error {
            // It was there and is deleted: its id is not given out again.
            RuntimeError::NotFound(_) => RuntimeError::Exists(session),
            error => error,
        })?;
        if opened.past.events().is_empty() {
            return Ok((opened, Some(hold)));
        }
        Hold::give_back(Some(hold)).await;
        Err(RuntimeError::Exists(session))
    }

    fn durability(&self, session: SessionId, opened: &OpenedSession, choice: DurabilityChoice) -> Durability {
        let options = &self.0.options;
        Durability {
            session: Some(session),
            epoch: Some(choice.epoch.unwrap_or(opened.epoch)),
            last_hash: None,
            traits: None,
            journals: Some(options.attachments.journals().clone()),
            opener: options.store.clone().map(|store| store as Arc<dyn SessionOpener>),
            required_acks: choice.required_acks.unwrap_or(options.required_acks),
            grace: choice.grace.unwrap_or(options.grace),
            results: Some(options.attachments.results()),
        }
    }

    /// Puts a session in its place and works on it until it ends.
    fn start(&self, place: Place<'_>, made: Made, hold: Option<Hold>) -> LiveSession {
        let Made { session, of, loan, traits } = made;
        let (ended, is_ended) = watch::channel(None);
        let stop = CancellationToken::new();
        let gone = CancellationToken::new();
        let live = LiveSession::new(of, stop.clone(), is_ended, gone.clone());
        place.take(live.clone());
        // Without the interface nobody puts into words what people are asked.
        #[cfg(not(feature = "server"))]
        drop(traits);
        #[cfg(feature = "server")]
        self.0.tasks.spawn(respond(self.attachments().clone(), live.clone(), traits));
        let (runtime, id) = (self.clone(), live.id());
        self.0.tasks.spawn(async move {
            let _gone = gone.drop_guard();
            // A session that crashes must not stay in the table for ever.
            let end = match AssertUnwindSafe(session.run(stop)).catch_unwind().await {
                Ok(end) => end.map_err(Arc::new),
                Err(_) => Ok(SessionEnd::Abandoned),
            };
            if let Err(error) = &end {
                tracing::warn!(session = %id, %error, "a session stopped");
            }
            let is_resumable = !matches!(end, Ok(SessionEnd::Closed));
            runtime.0.table.ended(id, end.clone());
            ended.send_replace(Some(end));
            Hold::give_back(hold).await;
            Loan::give_back(loan, is_resumable).await;
            runtime.0.table.remove(id);
        });
        live
    }
}

/// A session that exists, before it is live.
struct Equipped {
    options: SessionOptions,
    loan: Option<Loan>,
    known: SessionTraits,
}
