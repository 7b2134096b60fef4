//! Runs a graph: starts tasks, stores what they did, goes from superstep to superstep.

mod end;
mod open;
mod superstep;

use std::sync::Arc;

use super::error::{RunError, RunErrorKind};
use super::log::Log;
use super::machine::{Machine, Position};
use super::options::{OnCompletion, Run};
use super::outcome::Outcome;
use super::schedule;
use super::scope::Scope;
use super::stream::{Modes, Part};
use crate::checkpoint::RunStatus;
use crate::observe::EventKind;

pub(super) struct Driver {
    machine: Machine,
    scope: Arc<Scope>,
    log: Option<Log>,
    on_completion: OnCompletion,
    concurrency: usize,
    /// The nodes to stop in front of, and the superstep that is not stopped at because the run was resumed there.
    pause_before: Vec<usize>,
    passing: Option<u64>,
    /// How many tasks were begun, which numbers them for observers.
    begun: usize,
}

/// Runs it to its end, or to where it waits.
pub(super) async fn drive(run: Run) -> Result<Outcome, RunError> {
    let id = run.stored.as_ref().map(|(_, id)| id.clone());
    let events = run.events.clone();
    events.emit(EventKind::WorkflowStarted, |_| {});
    let opened = match open::open(run).await {
        Ok(driver) => driver,
        Err(error) => {
            let error = error.with_run(id.as_ref());
            events.emit(EventKind::WorkflowFailed, |event| event.message = Some(error.reason().into()));
            return Err(error);
        }
    };
    opened.run().await.map_err(|error| error.with_run(id.as_ref()))
}

impl Driver {
    async fn run(mut self) -> Result<Outcome, RunError> {
        self.tell_values();
        let ended = match self.go().await {
            Ok(status) => self.finish(status).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(outcome) => Ok(outcome),
            Err(error) => Err(self.fail(error).await),
        }
    }

    /// From superstep to superstep.
    async fn go(&mut self) -> Result<RunStatus, RunError> {
        loop {
            // Tasks that are always ready would otherwise never let another one run.
            tokio::task::coop::consume_budget().await;
            if self.scope.events.cancellation.is_cancelled() {
                return Err(self.error(RunErrorKind::Cancelled, "cancelled"));
            }
            match self.machine.position() {
                Position::Completed => return Ok(RunStatus::Completed),
                Position::Waiting => return Ok(RunStatus::Waiting),
                Position::StepDone => self.finish_step().await?,
                Position::Work(_) if self.is_to_pause() => return Ok(RunStatus::Paused),
                Position::Work(tasks) => {
                    schedule::check_limits(&self.machine)?;
                    self.superstep(tasks).await?;
                }
            }
        }
    }

    fn is_to_pause(&self) -> bool {
        !self.pause_before.is_empty()
            && self.machine.is_fresh()
            && self.passing != Some(self.machine.finished())
            && self.machine.tasks.iter().any(|task| self.pause_before.contains(&task.node))
    }

    async fn finish_step(&mut self) -> Result<(), RunError> {
        let (state, next) = self.machine.plan()?;
        if let Some(log) = &mut self.log {
            log.push(self.machine.step_entry(&next));
        }
        self.machine.advance(state, next);
        let status = if self.machine.tasks.is_empty() { RunStatus::Completed } else { RunStatus::Running };
        if self.log.as_ref().is_some_and(|log| log.is_due() || status == RunStatus::Completed) {
            self.flush(status).await?;
        }
        self.tell_values();
        Ok(())
    }

    /// Stores everything that happened.
    async fn flush(&mut self, status: RunStatus) -> Result<(), RunError> {
        let step = self.machine.finished();
        let Some(log) = &mut self.log else { return Ok(()) };
        let flushed = log.flush(step, status).await;
        let seq = log.seq();
        if flushed.map_err(|error| RunError::store(error, self.machine.graph.name()))? {
            self.tell_checkpoint(seq);
        }
        Ok(())
    }

    fn tell_values(&self) {
        self.tell(Modes::VALUES, || Part::Values {
            step: self.machine.finished(),
            state: self.machine.state().clone(),
        });
    }

    fn tell_checkpoint(&self, seq: u64) {
        self.scope.events.emit(EventKind::CheckpointStored, |event| event.index = usize::try_from(seq).ok());
        self.tell(Modes::CHECKPOINTS, || Part::Checkpoint {
            seq,
            step: self.machine.finished(),
            next: self.machine.next(),
        });
    }

    fn tell(&self, mode: Modes, part: impl FnOnce() -> Part) {
        if let Some(stream) = self.scope.stream.as_ref().filter(|stream| stream.wants(mode)) {
            stream.send(part());
        }
    }

    fn error(&self, kind: RunErrorKind, detail: &str) -> RunError {
        RunError::new(kind, self.machine.graph.name(), detail)
    }
}
