//! Calls that a server goes on with after it has answered: the extension `io.modelcontextprotocol/tasks`.

use std::collections::BTreeSet;
use std::time::Duration;

use rmcp::model::{
    CallToolResult, CancelTaskParams, ErrorData, GetTaskParams, Task, TaskPayload, UpdateTaskParams,
};
use rmcp::service::{Peer, RoleClient};
use tau_tools::Progress;

use super::link::Link;
use super::rounds::ROUNDS;
use crate::error::{McpError, McpErrorKind};
use crate::text::truncate;

/// How often to ask for a task whose server does not say, and the bounds on what it may say.
const POLL: Duration = Duration::from_secs(1);
const POLL_AT_LEAST: Duration = Duration::from_millis(50);
const POLL_AT_MOST: Duration = Duration::from_secs(30);

impl Link {
    /// Waits for a task. Dropping the future tells the server to stop it. How long that may take, the caller says.
    pub(super) async fn follow(
        &self,
        what: &str,
        task: Task,
        progress: &Progress,
    ) -> Result<CallToolResult, McpError> {
        let mut guard = Abandoned { peer: self.peer.clone(), task: Some(task.task_id.clone()) };
        let outcome = self.poll(what, task, progress).await;
        // A task that failed has ended; of one that could not be asked for, nobody knows.
        if outcome.is_ok() {
            guard.task = None;
        }
        outcome
    }

    async fn poll(&self, what: &str, task: Task, progress: &Progress) -> Result<CallToolResult, McpError> {
        let id = task.task_id.clone();
        let mut known = task;
        let (mut answered, mut rounds) = (BTreeSet::new(), 0);
        let mut told = None;
        loop {
            if known.status_message != told
                && let Some(message) = &known.status_message
            {
                progress.report(&format!("{}\n", truncate(message, 1 << 10)));
                told.clone_from(&known.status_message);
            }
            let pause = known.poll_interval_ms.map_or(POLL, Duration::from_millis);
            tokio::time::sleep(pause.clamp(POLL_AT_LEAST, POLL_AT_MOST)).await;
            let detailed = match self.peer.get_task(GetTaskParams::new(id.clone())).await {
                Ok(result) => result.task,
                Err(error) => return Err(self.failed(what, error).await),
            };
            known = detailed.task;
            match detailed.payload {
                TaskPayload::Completed { result } => {
                    return serde_json::from_value(result.into()).map_err(|error| {
                        let problem = format!("ended the task of {what} with something else");
                        McpError::new(McpErrorKind::Protocol, self.server(), problem).with_source(error)
                    });
                }
                TaskPayload::Failed { error } => return Err(self.task_failed(what, error.into())),
                TaskPayload::Cancelled => {
                    let problem = format!("cancelled {what}");
                    return Err(McpError::new(McpErrorKind::Refused, self.server(), problem));
                }
                TaskPayload::InputRequired { mut input_requests } => {
                    // It keeps showing what was answered until it has taken note.
                    input_requests.retain(|key, _| answered.insert(key.clone()));
                    if !input_requests.is_empty() {
                        rounds += 1;
                        if rounds > ROUNDS {
                            return Err(self.asked_too_often(what));
                        }
                        let responses = self.answers(what, input_requests).await?;
                        let update = UpdateTaskParams::new(id.clone(), responses);
                        if let Err(error) = self.peer.update_task(update).await {
                            return Err(self.failed(what, error).await);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn task_failed(&self, what: &str, error: serde_json::Value) -> McpError {
        let problem = match serde_json::from_value::<ErrorData>(error) {
            Ok(error) => format!("refused {what}: {} (code {})", error.message, error.code.0),
            Err(_) => format!("failed at {what}"),
        };
        McpError::new(McpErrorKind::Refused, self.server(), problem)
    }
}

/// A task that nobody waits for any longer.
struct Abandoned {
    peer: Peer<RoleClient>,
    task: Option<String>,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        let (Some(task), Ok(runtime)) = (self.task.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let peer = self.peer.clone();
        // What the server says to it changes nothing.
        runtime.spawn(async move { peer.cancel_task(CancelTaskParams::new(task)).await.map(drop) });
    }
}
