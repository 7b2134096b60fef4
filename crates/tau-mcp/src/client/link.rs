//! What tools, prompts and resources need of their server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, CancelledNotificationParam, ClientRequest, RequestId, ServerResult,
};
use rmcp::service::{Peer, PeerRequestOptions, RoleClient, ServiceError};
use serde_json::Value;
use tau_tools::Progress;
use tokio::sync::watch;

use super::handler::{Changes, Handler};
use crate::error::{McpError, McpErrorKind};
use crate::transport::process::{Exit, describe};
use crate::transport::remote_error::fault;
use crate::transport::stderr::StderrTail;

/// How long the end of a process may take to be known after its output has ended.
const NEWS: Duration = Duration::from_millis(500);

/// A connection as its tools share it. It does not keep the server alive.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) server: String,
    pub(super) peer: Peer<RoleClient>,
    pub(super) handler: Arc<Handler>,
    /// `None` for a server that is no process of ours.
    pub(super) exit: Option<watch::Receiver<Exit>>,
    pub(super) stderr: StderrTail,
    pub(super) health: Health,
}

/// What calls have shown of a connection.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// It is gone, though nobody said so.
    is_lost: AtomicBool,
    /// A call was given up, and nothing was answered since.
    is_silent: AtomicBool,
    /// Calls that wait for an answer.
    waiting: AtomicUsize,
}

impl Link {
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Whether the server can still be called.
    pub(crate) fn is_alive(&self) -> bool {
        let has_ended = self.exit.as_ref().is_some_and(|exit| exit.borrow().is_some());
        !self.peer.is_transport_closed() && !has_ended && !self.health.is_lost.load(Ordering::Relaxed)
    }

    /// Whether a server may have stopped answering: a call was given up, nothing was answered since, and nobody
    /// waits for an answer that may still come.
    pub(crate) fn is_suspect(&self) -> bool {
        self.health.is_silent.load(Ordering::Relaxed) && self.health.waiting.load(Ordering::Relaxed) == 0
    }

    /// How often the server has said that its lists are others now.
    pub(crate) fn changes(&self) -> Changes {
        *self.handler.changes.borrow()
    }

    /// Calls a tool by the name the server gave it. Dropping the future tells the server to stop.
    pub(crate) async fn call(
        &self,
        tool: &str,
        arguments: &Value,
        progress: &Progress,
    ) -> Result<CallToolResult, McpError> {
        let Value::Object(arguments) = arguments else {
            let problem = format!("the arguments of `{tool}` must be a JSON object; nothing was sent");
            return Err(McpError::new(McpErrorKind::InvalidArguments, &self.server, problem));
        };
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        let what = format!("the call of `{tool}`");
        match self.ask(&what, params, Some(progress)).await? {
            Ok(result) => Ok(result),
            Err(task) => self.follow(&what, task, progress).await,
        }
    }

    /// Sends one request. Dropping the future cancels it.
    pub(super) async fn send(
        &self,
        request: ClientRequest,
        progress: Option<&Progress>,
    ) -> Result<ServerResult, ServiceError> {
        let handle = self.peer.send_request_with_option(request, PeerRequestOptions::no_options()).await?;
        let _listening = progress
            .map(|progress| self.handler.progress.listen(handle.progress_token.clone(), progress.clone()));
        let mut guard = Waiting::new(self, handle.id.clone());
        let result = handle.await_response().await;
        guard.request = None;
        self.health.is_silent.store(false, Ordering::Relaxed);
        result
    }

    /// What a failed request means.
    pub(super) async fn failed(&self, what: &str, error: ServiceError) -> McpError {
        let remote = match &error {
            ServiceError::TransportSend(error) => fault(error),
            _ => None,
        };
        if let Some(fault) = remote {
            if fault.is_lost {
                self.health.is_lost.store(true, Ordering::Relaxed);
            }
            // Without its source, which may name an address with a key in it.
            let problem = format!("{}, so {what} did not happen or its answer was lost", fault.problem);
            return McpError::new(fault.kind, &self.server, problem).with_challenge(fault.challenge);
        }
        let (kind, problem) = match &error {
            ServiceError::McpError(refusal) => (
                McpErrorKind::Refused,
                format!("refused {what}: {} (code {})", refusal.message, refusal.code.0),
            ),
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => {
                (McpErrorKind::Exited, format!("{} before it answered {what}", self.ended().await))
            }
            other => (McpErrorKind::Protocol, format!("answered {what} with something else: {other}")),
        };
        McpError::new(kind, &self.server, problem).with_stderr(self.stderr.text()).with_source(error)
    }

    /// How the connection ended, in words.
    pub(super) async fn ended(&self) -> String {
        match &self.exit {
            Some(exit) => describe(wait_for_exit(exit).await),
            None => "closed the connection".to_owned(),
        }
    }
}

/// How a process ended, waiting a moment for the news; `None` if it goes on.
pub(super) async fn wait_for_exit(exit: &watch::Receiver<Exit>) -> Exit {
    let mut exit = exit.clone();
    match tokio::time::timeout(NEWS, exit.wait_for(Option::is_some)).await {
        Ok(Ok(exit)) => *exit,
        _ => None,
    }
}

/// A request that is waited for. Dropped before it was answered, it is cancelled.
struct Waiting<'a> {
    link: &'a Link,
    request: Option<RequestId>,
}

impl<'a> Waiting<'a> {
    fn new(link: &'a Link, request: RequestId) -> Self {
        link.health.waiting.fetch_add(1, Ordering::Relaxed);
        Self { link, request: Some(request) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.link.health.waiting.fetch_sub(1, Ordering::Relaxed);
        let Some(request) = self.request.take() else { return };
        self.link.health.is_silent.store(true, Ordering::Relaxed);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (peer, reason) = (self.link.peer.clone(), Some("the call was cancelled".to_owned()));
        runtime.spawn(async move {
            peer.notify_cancelled(CancelledNotificationParam::new(Some(request), reason)).await
        });
    }
}
