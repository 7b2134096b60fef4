//! Where a run ends: at the end, where it waits, or at an error.

use super::Driver;
use crate::checkpoint::{RunStatus, Stopped, Wire};
use crate::graph::run::error::{RunError, RunErrorKind};
use crate::graph::run::options::OnCompletion;
use crate::graph::run::outcome::Outcome;
use crate::observe::EventKind;

impl Driver {
    pub(super) async fn finish(&mut self, status: RunStatus) -> Result<Outcome, RunError> {
        if status == RunStatus::Paused
            && let Some(log) = &mut self.log
        {
            log.push(Wire::Stopped(Stopped { why: status.to_string(), message: String::new() }));
        }
        self.flush(status).await?;
        if let (RunStatus::Completed, OnCompletion::Delete, Some(log)) =
            (status, self.on_completion, &mut self.log)
        {
            log.delete().await.map_err(|error| RunError::store(error, self.machine.graph.name()))?;
        }
        let kind = match status {
            RunStatus::Waiting | RunStatus::Paused => EventKind::WorkflowWaiting,
            _ => EventKind::WorkflowCompleted,
        };
        self.scope.events.emit(kind, |_| {});
        Ok(Outcome {
            status,
            state: self.machine.state().clone(),
            questions: self.machine.questions(),
            next: self.machine.next(),
            steps: self.machine.finished(),
            run: self.scope.stored.as_ref().map(|stored| stored.run.clone()),
        })
    }

    /// Stores what was done all the same, and why the run ended.
    pub(super) async fn fail(&mut self, error: RunError) -> RunError {
        let status = match error.kind() {
            RunErrorKind::Cancelled => RunStatus::Cancelled,
            _ => RunStatus::Failed,
        };
        let kind = match status {
            RunStatus::Cancelled => EventKind::WorkflowCancelled,
            _ => EventKind::WorkflowFailed,
        };
        let is_stored = !matches!(error.kind(), RunErrorKind::Store | RunErrorKind::Conflict);
        if let Some(log) = self.log.as_mut().filter(|_| is_stored) {
            let message = error.reason().to_owned();
            log.push(Wire::Stopped(Stopped { why: status.to_string(), message }));
            // The run has failed already, and what is lost with this only runs again.
            let _ = self.flush(status).await;
        }
        self.scope.events.emit(kind, |event| event.message = Some(error.reason().into()));
        error
    }
}
