//! `RuntimeService`: each call in the file of its family.

mod act;
mod context;
mod follow;
mod keys;
mod list;
mod manage;

use std::sync::Arc;
use std::time::Duration;

use connectrpc::{ConnectError, RequestContext, Response, ServiceRequest, ServiceResult, ServiceStream};
use futures::stream::BoxStream;
use tau_core::SessionId;
use tau_proto::runtime::v1::{self as pb, RuntimeService};

use super::failure::{Failure, check};
use super::stream::{Out, Recents, Stalls};
use super::wire::{self, Liveness};
use crate::driver::Handle;
use crate::runtime::{LiveSession, Runtime};

pub(crate) use manage::new_session;

/// Settings of the services.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// After how much silence streams send a sign of life. Default: 15 s.
    pub heartbeat_interval: Duration,
    /// How many runs may wait in one session. Default: 1,000.
    pub max_queued_runs: usize,
    /// How long streams lie before a caller that takes nothing of what is there for it, before they end with
    /// [`Reason::SubscriberTooSlow`](super::Reason::SubscriberTooSlow). Default: 2 min.
    pub read_timeout: Duration,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            heartbeat_interval: Duration::from_secs(15),
            max_queued_runs: 1_000,
            read_timeout: Duration::from_secs(120),
        }
    }
}

/// What every call needs.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) runtime: Runtime,
    pub(crate) recents: Recents,
    pub(crate) stalls: Arc<Stalls>,
    pub(crate) options: ServiceOptions,
}

impl Core {
    /// The way to a session that something is to be done with.
    async fn live(&self, session: SessionId) -> Result<Handle, Failure> {
        match self.runtime.handle(session).await {
            Some(handle) => Ok(handle),
            None => Ok(self.session(session).await?.handle().clone()),
        }
    }

    /// A stream that ends when its caller does not read it.
    fn watched<T: Send + 'static>(
        &self,
        stream: BoxStream<'static, Result<T, ConnectError>>,
    ) -> BoxStream<'static, Result<T, ConnectError>> {
        self.stalls.watch(stream, self.options.read_timeout)
    }

    /// What is told of a session that is live.
    pub(crate) fn told(&self, handle: &Handle) -> pb::Session {
        let live = self.runtime.find(handle.session_id());
        let is_paused = live.map_or_else(|| handle.is_paused(), |live| live.is_paused());
        let liveness = if is_paused { Liveness::Paused } else { Liveness::Live };
        wire::session(&handle.overview(), handle.session_id(), liveness)
    }

    /// A session that is live, and no subagent's.
    async fn session(&self, session: SessionId) -> Result<LiveSession, Failure> {
        Ok(self.runtime.get(session).await?)
    }
}

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Sessions(Arc<Core>);

impl Sessions {
    /// The streams that are on.
    pub(crate) fn streams(&self) -> Arc<Stalls> {
        Arc::clone(&self.0.stalls)
    }

    pub(crate) fn new(runtime: Runtime, options: ServiceOptions) -> Self {
        Self(Arc::new(Core { runtime, recents: Recents::default(), stalls: Arc::default(), options }))
    }
}

/// An id that the rules of the request have let through.
fn session_id(text: &str) -> Result<SessionId, Failure> {
    text.parse().map_err(|_| {
        Failure::new(super::reason::Reason::InvalidRequest, format!("`{text}` is no id of a session"))
    })
}

fn answer<M>(made: Result<M, Failure>) -> ServiceResult<M> {
    Ok(Response::new(made?))
}

#[expect(
    refining_impl_trait,
    reason = "the messages are the generated ones; nobody but the router calls these methods"
)]
impl RuntimeService for Sessions {
    async fn create_session(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::CreateSessionRequest>,
    ) -> ServiceResult<pb::CreateSessionResponse> {
        answer(self.0.create(check(request.to_owned_message())?).await)
    }

    async fn get_session(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::GetSessionRequest>,
    ) -> ServiceResult<pb::GetSessionResponse> {
        answer(self.0.get(&check(request.to_owned_message())?).await)
    }

    async fn list_sessions(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::ListSessionsRequest>,
    ) -> ServiceResult<pb::ListSessionsResponse> {
        answer(self.0.list(check(request.to_owned_message())?).await)
    }

    async fn update_session(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::UpdateSessionRequest>,
    ) -> ServiceResult<pb::UpdateSessionResponse> {
        answer(self.0.update(check(request.to_owned_message())?).await)
    }

    async fn resume(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::ResumeRequest>,
    ) -> ServiceResult<pb::ResumeResponse> {
        answer(self.0.resume(check(request.to_owned_message())?).await)
    }

    async fn fork(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::ForkRequest>,
    ) -> ServiceResult<pb::ForkResponse> {
        answer(self.0.fork(check(request.to_owned_message())?).await)
    }

    async fn rewind(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::RewindRequest>,
    ) -> ServiceResult<pb::RewindResponse> {
        answer(self.0.rewind(check(request.to_owned_message())?).await)
    }

    async fn close(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::CloseRequest>,
    ) -> ServiceResult<pb::CloseResponse> {
        answer(self.0.close(check(request.to_owned_message())?).await)
    }

    async fn run(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::RunRequest>,
    ) -> ServiceResult<ServiceStream<Out<pb::RunResponse>>> {
        let stream = self.0.clone().run(check(request.to_owned_message())?).await?;
        // Every subscriber would compress the same bytes for itself.
        Ok(Response::new(self.0.watched(stream)).compress(false))
    }

    async fn subscribe(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::SubscribeRequest>,
    ) -> ServiceResult<ServiceStream<Out<pb::SubscribeResponse>>> {
        let stream = self.0.clone().subscribe(check(request.to_owned_message())?).await?;
        Ok(Response::new(self.0.watched(stream)).compress(false))
    }

    async fn inject_context(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::InjectContextRequest>,
    ) -> ServiceResult<pb::InjectContextResponse> {
        answer(self.0.inject(check(request.to_owned_message())?).await)
    }

    async fn respond(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::RespondRequest>,
    ) -> ServiceResult<pb::RespondResponse> {
        answer(self.0.respond(check(request.to_owned_message())?).await)
    }

    async fn cancel(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::CancelRequest>,
    ) -> ServiceResult<pb::CancelResponse> {
        answer(self.0.cancel(check(request.to_owned_message())?).await)
    }

    async fn inspect_context(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, pb::InspectContextRequest>,
    ) -> ServiceResult<pb::InspectContextResponse> {
        answer(self.0.inspect(&check(request.to_owned_message())?).await)
    }
}
