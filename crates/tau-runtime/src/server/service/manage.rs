//! Making, finding and ending sessions.

use std::sync::Arc;
use std::time::Duration;

use tau_core::SessionId;
use tau_core::event::{CancelScope, Event, EventBody, Seq, SessionConfig};
use tau_proto::runtime::v1 as pb;
use tau_session::SessionOverview;

use super::keys::{REQUEST, fingerprint, session_of};
use super::{Core, session_id};
use crate::driver::{Handle, Head};
use crate::kernel::{Rejection, before_prompts};
use crate::runtime::AGENT_KEY;
use crate::runtime::{Beginning, Claim, DurabilityChoice, LiveSession, NewSession, Revival, RuntimeError};
use crate::server::failure::Failure;
use crate::server::reason::Reason;
use crate::server::wire::{self, Asked, Entry, History, Liveness, RESERVED, Start};

/// How much of a session is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Basic,
    Full,
}

impl Core {
    pub(super) async fn create(
        &self,
        request: pb::CreateSessionRequest,
    ) -> Result<pb::CreateSessionResponse, Failure> {
        let fingerprint = fingerprint(&request);
        let (asked_id, is_keyed) = (request.session_id.clone(), !request.idempotency_key.is_empty());
        let pb::CreateSessionRequest { session_id: id, config, bootstrap, idempotency_key: key, .. } =
            request;
        let id = self.new_id(&id, &key)?;
        let is_same = |events: &[Arc<Event>]| asked_for_with(events) == Some(&fingerprint);
        if is_keyed && let Some(live) = self.known(id, is_same).await? {
            return Ok(self.created(&live));
        }
        let asked = wire::read_session_config(config.into_option().unwrap_or_default());
        let asked = asked.map_err(|error| error.within("config"))?;
        let start = wire::read_bootstrap(bootstrap.into_option().unwrap_or_default());
        let Start { history, context } = start.map_err(|error| error.within("bootstrap"))?;
        let live = match history {
            History::Events(journal) => {
                check_owner(journal.past.session(), &asked_id)?;
                self.runtime.adopt(*journal, revival_of(asked)).await?
            }
            history => {
                let (mut new, durability) = new_session(id, asked);
                let agent = new.agent.clone().or_else(|| self.runtime.default_agent());
                new.overrides.metadata.extend(agent.map(|agent| (AGENT_KEY.to_owned(), agent)));
                if is_keyed {
                    new.overrides.metadata.insert(REQUEST.to_owned(), fingerprint.clone());
                }
                let beginning = match history {
                    History::Messages(messages) => Beginning::Messages(messages),
                    _ => Beginning::Nothing,
                };
                match self.runtime.create(new, beginning, durability).await {
                    Ok(live) => live,
                    // The same was asked for at the same time: whoever was first made it.
                    Err(RuntimeError::Exists(_)) if is_keyed => {
                        let exists = || RuntimeError::Exists(id);
                        return Ok(self.created(&self.known(id, is_same).await?.ok_or_else(exists)?));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
        if let Err(failure) = self.tell(&live, context).await {
            // Nobody is to go on with a session that lacks what it was to begin with.
            let _ = live.handle().cancel(CancelScope::Session).await;
            return Err(failure);
        }
        Ok(self.created(&live))
    }

    async fn tell(&self, live: &LiveSession, context: Vec<Entry>) -> Result<(), Failure> {
        if context.is_empty() {
            return Ok(());
        }
        let content = self.content(live.id(), context).await?;
        let told = live.handle().inject(content).await;
        told.map(drop).map_err(|error| Failure::of_handle(live.id(), &error))
    }

    /// The id of a new session: its caller's, its key's, or any.
    fn new_id(&self, id: &str, key: &str) -> Result<SessionId, Failure> {
        match (id, key) {
            ("", "") => Ok(SessionId::generate()),
            ("", key) => Ok(session_of(key)),
            (id, _) => session_id(id),
        }
    }

    /// The session that a key made before, live again if it was not.
    async fn known(
        &self,
        id: SessionId,
        is_same: impl Fn(&[Arc<Event>]) -> bool,
    ) -> Result<Option<LiveSession>, Failure> {
        self.runtime.settled(id).await;
        let events = match self.runtime.events(id).await {
            Ok(events) => events,
            Err(RuntimeError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if !is_same(&events) {
            let message = "the key was used before, with another request";
            return Err(
                Failure::new(Reason::IdempotencyKeyReused, message).hint("take a new key for a new request")
            );
        }
        Ok(Some(self.runtime.resume(id, Revival::default(), Claim::IfFree).await?.0))
    }

    pub(super) async fn get(
        &self,
        request: &pb::GetSessionRequest,
    ) -> Result<pb::GetSessionResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let view = if request.view == pb::SessionView::Basic { View::Basic } else { View::Full };
        let session = match self.runtime.handle(id).await {
            Some(handle) => self.viewed(&handle, view),
            None => {
                let events = self.runtime.events(id).await?;
                let overview = SessionOverview::fold(events.iter().map(|event| &**event));
                pb::Session { config: config_of(&events, view).into(), ..self.absent(id, &overview) }
            }
        };
        Ok(pb::GetSessionResponse { session: Some(session).into(), ..Default::default() })
    }

    /// A session that is not live here.
    fn absent(&self, id: SessionId, overview: &SessionOverview) -> pb::Session {
        let session = wire::session(overview, id, Liveness::Absent);
        pb::Session { error: self.error_of(id).into(), ..session }
    }

    fn viewed(&self, handle: &Handle, view: View) -> pb::Session {
        let session = self.told(handle);
        match view {
            View::Basic => session,
            View::Full => {
                let config = config_of(&handle.events(Seq::default()), view);
                pb::Session { config: config.into(), ..session }
            }
        }
    }

    fn created(&self, live: &LiveSession) -> pb::CreateSessionResponse {
        let session = self.viewed(live.handle(), View::Full);
        pb::CreateSessionResponse { session: Some(session).into(), ..Default::default() }
    }

    fn forked(&self, live: &LiveSession) -> pb::ForkResponse {
        let session = self.viewed(live.handle(), View::Full);
        pb::ForkResponse { session: Some(session).into(), ..Default::default() }
    }

    /// Why a session stopped when it was live here last.
    pub(super) fn error_of(&self, id: SessionId) -> Option<pb::ErrorDetail> {
        let ended = self.runtime.last_end(id)?;
        ended.err().map(|error| Failure::of_session_error(error.kind()).to_detail())
    }

    pub(super) async fn update(
        &self,
        request: pb::UpdateSessionRequest,
    ) -> Result<pb::UpdateSessionResponse, Failure> {
        let session = request.session.into_option().unwrap_or_default();
        let id = session_id(&session.session_id)?;
        let handle = self.live(id).await?;
        let mut metadata = handle.overview().metadata;
        if session.metadata.keys().any(|key| key.starts_with(RESERVED)) {
            let message = format!("keys that begin with `{RESERVED}` are the runtime's");
            return Err(Failure::new(Reason::InvalidRequest, message));
        }
        metadata.retain(|key, _| key.starts_with(RESERVED));
        metadata.extend(session.metadata);
        let described = handle.describe(metadata, expected(request.expected_seq)).await;
        described.map_err(|error| Failure::of_change(id, request.expected_seq, &error))?;
        let session = self.told(&handle);
        Ok(pb::UpdateSessionResponse { session: Some(session).into(), ..Default::default() })
    }

    pub(super) async fn resume(&self, request: pb::ResumeRequest) -> Result<pb::ResumeResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let revival = wire::read_revival(
            request.model,
            request.durability.as_option(),
            request.environment.into_option(),
        )?;
        let (live, was_resumed) = self.runtime.resume(id, revival, wire::read_claim(request.claim)?).await?;
        let session = self.viewed(live.handle(), View::Full);
        Ok(pb::ResumeResponse { session: Some(session).into(), was_resumed, ..Default::default() })
    }

    pub(super) async fn fork(&self, request: pb::ForkRequest) -> Result<pb::ForkResponse, Failure> {
        let from = session_id(&request.session_id)?;
        let copy = self.new_id(&request.new_session_id, &request.idempotency_key)?;
        let is_keyed = !request.idempotency_key.is_empty();
        let is_same = |events: &[Arc<Event>]| is_copy(events, from, Seq(request.at_seq));
        if is_keyed && let Some(live) = self.known(copy, is_same).await? {
            return Ok(self.forked(&live));
        }
        let mut revival =
            wire::read_revival(None, request.durability.as_option(), request.environment.into_option())?;
        if let Some(live) = self.runtime.find(from) {
            revival.durability.required_acks.get_or_insert(live.required_acks());
            if revival.environment == Default::default() {
                revival.environment = live.environment().clone();
            }
        }
        match self.runtime.fork(from, Seq(request.at_seq), copy, revival).await {
            Ok(live) => Ok(self.forked(&live)),
            // The same was asked for at the same time: whoever was first made it.
            Err(RuntimeError::Exists(_)) if is_keyed => {
                let exists = || RuntimeError::Exists(copy);
                Ok(self.forked(&self.known(copy, is_same).await?.ok_or_else(exists)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn rewind(&self, request: pb::RewindRequest) -> Result<pb::RewindResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let handle = self.live(id).await?;
        let to = match request.target {
            Some(pb::rewind_request::Target::ToSeq(to)) => Seq(to),
            Some(pb::rewind_request::Target::Prompts(prompts)) => {
                let events = handle.events(Seq::default());
                let bodies: Vec<&EventBody> = events.iter().map(|event| &event.body).collect();
                let rejected = |_| Failure::of_handle(id, &Rejection::NoSuchPlace(Seq::default()).into());
                let prompts = usize::try_from(prompts).unwrap_or(usize::MAX);
                before_prompts(&bodies, prompts).map_err(rejected)?
            }
            None => return Err(Failure::new(Reason::InvalidRequest, "target: say how far to go back")),
        };
        let seq = handle.rewind(to, expected(request.expected_seq)).await;
        let seq = seq.map_err(|error| Failure::of_change(id, request.expected_seq, &error))?;
        Ok(pb::RewindResponse { to_seq: to.0, seq: seq.0, ..Default::default() })
    }

    pub(super) async fn close(&self, request: pb::CloseRequest) -> Result<pb::CloseResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let live = match self.session(id).await {
            Ok(live) => live,
            Err(_) if self.runtime.handle(id).await.is_some() => {
                let message = format!("session {id} is a subagent, which ends with the call that started it");
                return Err(Failure::new(Reason::SessionBusy, message)
                    .hint("cancel it in the session that started it"));
            }
            // It is ended already.
            Err(failure) if failure.reason() == Reason::NotLive => {
                return self.closed(id, request.mode == pb::CloseMode::Final).await;
            }
            Err(failure) => return Err(failure),
        };
        if request.only_if_idle && live.handle().overview().has_work() {
            return Err(Failure::new(Reason::SessionBusy, format!("session {id} is at work")));
        }
        let patience = request.patience.as_option().map(|patience| wire::read_duration("patience", patience));
        let patience = patience.transpose()?.unwrap_or(Duration::ZERO);
        // Whoever is not done by then is ended all the same.
        let _ = tokio::time::timeout(patience, crate::runtime::until_idle(&live)).await;
        if request.mode == pb::CloseMode::Final {
            match live.handle().cancel(CancelScope::Session).await {
                Ok(_) => {}
                // It ended meanwhile.
                Err(crate::HandleError::Ended) => {}
                Err(error) => return Err(Failure::of_handle(id, &error)),
            }
        } else {
            live.release();
        }
        // An error of the end is told by the session from then on.
        let _ = live.ended().await;
        let session = self.absent(id, &live.handle().overview());
        Ok(pb::CloseResponse { session: Some(session).into(), ..Default::default() })
    }

    /// A session that is not live as it was left, unless it was to be closed and was not.
    async fn closed(&self, id: SessionId, is_final: bool) -> Result<pb::CloseResponse, Failure> {
        let events = self.runtime.events(id).await?;
        let overview = SessionOverview::fold(events.iter().map(|event| &**event));
        if is_final && !overview.is_closed {
            return Err(RuntimeError::NotLive(id).into());
        }
        let session = self.absent(id, &overview);
        Ok(pb::CloseResponse { session: Some(session).into(), ..Default::default() })
    }
}

/// What the runtime is asked for.
pub(crate) fn new_session(id: SessionId, asked: Asked) -> (NewSession, DurabilityChoice) {
    let mut new = NewSession::new(id);
    (new.agent, new.overrides, new.environment) = (asked.agent, asked.overrides, asked.environment);
    (new, asked.durability)
}

/// How a journal that the caller has is made live: what shapes its requests, it says itself.
fn revival_of(asked: Asked) -> Revival {
    let Asked { overrides, environment, durability, .. } = asked;
    Revival { model: overrides.model, environment, durability }
}

/// What a session was asked for with, where that was kept.
fn asked_for_with(events: &[Arc<Event>]) -> Option<&String> {
    created_with(events)?.metadata.get(REQUEST)
}

/// Whether a session is a copy of another up to a place; 0 is any.
fn is_copy(events: &[Arc<Event>], of: SessionId, up_to: Seq) -> bool {
    let newest = events.iter().rev().find_map(|event| match event.body {
        EventBody::SessionForked { from, at } => Some((from, at)),
        _ => None,
    });
    newest.is_some_and(|(from, at)| from == of && (up_to == Seq::default() || at == up_to))
}

/// A journal is taken up under its own id.
fn check_owner(owner: Option<SessionId>, asked: &str) -> Result<(), Failure> {
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    if asked.is_empty() || asked == owner {
        return Ok(());
    }
    let message = format!("session_id: the events are those of session {owner}");
    Err(Failure::new(Reason::InvalidRequest, message).hint("leave session_id out, or give that one"))
}

fn config_of(events: &[Arc<Event>], view: View) -> Option<pb::ResolvedSessionConfig> {
    created_with(events).filter(|_| view == View::Full).map(wire::resolved_config)
}

fn created_with(events: &[Arc<Event>]) -> Option<&SessionConfig> {
    events.iter().find_map(|event| match &event.body {
        EventBody::SessionCreated(config) => Some(&**config),
        _ => None,
    })
}

pub(super) fn expected(seq: Option<u64>) -> Head {
    seq.map_or(Head::Any, |seq| Head::At(Seq(seq)))
}
