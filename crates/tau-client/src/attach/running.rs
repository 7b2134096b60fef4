//! Calls that run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tau_proto::runtime::v1::{CallFailureKind, RunTool, call_result};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::book::failure;
use super::call::{Progress, ToolCall};
use super::tools::Handler;

/// Calls that run, each in a task of its own.
#[derive(Debug)]
pub(super) struct Running {
    tasks: JoinSet<call_result::Result>,
    calls: BTreeMap<Id, (String, AbortHandle)>,
    told: UnboundedReceiver<Progress>,
    tell: UnboundedSender<Progress>,
}

/// What comes of running calls.
#[derive(Debug)]
pub(super) enum News {
    Progress(Progress),
    Ended(String, call_result::Result),
}

/// What a call is asked on behalf of.
pub(super) struct Behalf {
    pub(super) call_id: String,
    pub(super) session: String,
    pub(super) run: String,
    pub(super) timeout: Option<Duration>,
}

impl Running {
    pub(super) fn new() -> Self {
        // Not bounded here: every call has room for so much and no more.
        let (tell, told) = unbounded_channel();
        Self { tasks: JoinSet::new(), calls: BTreeMap::new(), told, tell }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn run(&mut self, handler: &Handler, asked: RunTool, behalf: Behalf, room: Arc<Semaphore>) {
        let Behalf { call_id, session, run, timeout } = behalf;
        let call = asked.call.into_option().unwrap_or_default();
        let call = ToolCall {
            name: call.name,
            arguments: call.arguments_json,
            key: asked.idempotency_key,
            session,
            run,
            call_id: call_id.clone(),
            progress: self.tell.clone(),
            room,
        };
        // Called within the task, so that a handler that panics at once is no more than that.
        let handler = Arc::clone(handler);
        let work = async move { handler(call).await.0.into() };
        let task = self.tasks.spawn(async move {
            match timeout {
                Some(timeout) => tokio::time::timeout(timeout, work)
                    .await
                    .unwrap_or_else(|_| failure(CallFailureKind::TimedOut, "")),
                None => work.await,
            }
        });
        self.calls.insert(task.id(), (call_id, task));
    }

    /// Stops a call: what its handler returned is dropped, and then the call ends.
    pub(super) fn stop(&self, call_id: &str) {
        for (id, task) in self.calls.values() {
            if id == call_id {
                task.abort();
            }
        }
    }

    /// The next that comes of a call; never where none runs. What a call says comes before its end.
    pub(super) async fn next(&mut self) -> News {
        loop {
            tokio::select! {
                biased;
                Some(progress) = self.told.recv() => return News::Progress(progress),
                Some(ended) = self.tasks.join_next_with_id() => {
                    if let Some((id, result)) = self.ended(ended) {
                        return News::Ended(id, result);
                    }
                }
                // Both wait for calls that are yet to come.
                else => std::future::pending().await,
            }
        }
    }

    fn ended(
        &mut self,
        ended: Result<(Id, call_result::Result), JoinError>,
    ) -> Option<(String, call_result::Result)> {
        let (task, result) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_cancelled() => (error.id(), failure(CallFailureKind::Cancelled, "")),
            Err(error) => (error.id(), failure(CallFailureKind::Internal, "the tool crashed")),
        };
        let (id, _) = self.calls.remove(&task)?;
        Some((id, result))
    }

    /// What was said and not heard yet.
    pub(super) fn unheard(&mut self) -> impl Iterator<Item = Progress> {
        std::iter::from_fn(|| self.told.recv().now_or_never().flatten())
    }
}
