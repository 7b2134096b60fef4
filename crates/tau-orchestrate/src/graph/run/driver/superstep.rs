//! The tasks of a superstep, all at once.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::Value;
use tokio::task::{Id, JoinError, JoinSet};

use super::Driver;
use crate::checkpoint::{RunStatus, StoreError, Wire};
use crate::graph::context::Context;
use crate::graph::run::error::{RunError, RunErrorKind};
use crate::graph::run::log::Log;
use crate::graph::run::machine::Phase;
use crate::graph::run::stream::{Modes, Part, TaskResult};
use crate::graph::run::task::{Executed, Job};
use crate::observe::EventKind;
use crate::panics;

type Joined = Result<(Id, Result<Executed, RunError>), JoinError>;

impl Driver {
    pub(super) async fn superstep(&mut self, tasks: Vec<usize>) -> Result<(), RunError> {
        match tasks.as_slice() {
            [only] => self.alone(*only).await,
            _ => self.together(tasks).await,
        }
    }

    /// A task that has no others beside it needs no task of the runtime.
    async fn alone(&mut self, index: usize) -> Result<(), RunError> {
        let number = self.start(index);
        let job = self.job(index);
        let scope = Arc::clone(&self.scope);
        let executing = AssertUnwindSafe(job.execute()).catch_unwind();
        match scope.events.cancellation.run_until_cancelled(executing).await {
            Some(Ok(executed)) => self.settle(index, number, executed),
            Some(Err(payload)) => self.settle(index, number, Err(self.panicked(index, &*payload))),
            None => {
                self.drop_task(index, number);
                Err(self.error(RunErrorKind::Cancelled, "cancelled"))
            }
        }
    }

    async fn together(&mut self, tasks: Vec<usize>) -> Result<(), RunError> {
        let mut waiting: VecDeque<usize> = tasks.into();
        let mut set = JoinSet::new();
        // Only looked up, never walked, so its order reaches nobody.
        let mut running: HashMap<Id, (usize, usize)> = HashMap::new();
        let mut failed: Option<RunError> = None;
        let cancellation = self.scope.events.cancellation.clone();
        let mut cancelled = std::pin::pin!(cancellation.cancelled());
        while failed.is_none() {
            while set.len() < self.concurrency
                && let Some(index) = waiting.pop_front()
            {
                let number = self.start(index);
                let task = set.spawn(self.job(index).execute());
                running.insert(task.id(), (index, number));
            }
            let joined = tokio::select! {
                biased;
                () = &mut cancelled => break,
                landed = landed(&mut self.log), if self.log.is_some() => {
                    failed = self.stored_meanwhile(landed).err();
                    continue;
                }
                joined = set.join_next_with_id() => joined,
            };
            let Some(joined) = joined else { break };
            failed = self.joined(joined, &mut running).err();
            // The last one is stored with the end of the superstep, in one record.
            if !set.is_empty() || !waiting.is_empty() {
                self.store_meanwhile().unwrap_or_else(|error| failed = Some(error));
            }
        }
        if failed.is_none() && cancellation.is_cancelled() && !(set.is_empty() && waiting.is_empty()) {
            failed = Some(self.error(RunErrorKind::Cancelled, "cancelled"));
        }
        // Whatever was faster than the end counts.
        set.abort_all();
        while let Some(joined) = set.join_next_with_id().await {
            let _ = self.joined(joined, &mut running);
        }
        failed.map_or(Ok(()), Err)
    }

    fn joined(&mut self, joined: Joined, running: &mut HashMap<Id, (usize, usize)>) -> Result<(), RunError> {
        let id = match &joined {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some((index, number)) = running.remove(&id) else {
            debug_assert!(false, "a task of this run that was never begun");
            return Ok(());
        };
        match joined {
            Ok((_, executed)) => self.settle(index, number, executed),
            Err(error) => match error.try_into_panic() {
                Ok(payload) => self.settle(index, number, Err(self.panicked(index, &*payload))),
                Err(_) => {
                    self.drop_task(index, number);
                    Err(self.error(RunErrorKind::Cancelled, "cancelled with its runtime"))
                }
            },
        }
    }

    /// A node's own panic is caught with its attempt; this one is of what stands around it: a test of errors, a type that is
    /// decoded.
    fn panicked(&self, index: usize, payload: &(dyn Any + Send)) -> RunError {
        let node = Arc::clone(self.machine.node_name(index));
        let said = panics::text(payload).unwrap_or(panics::NO_TEXT);
        let detail = format!("node `{node}` panicked: {}", self.machine.state().redact(said));
        self.error(RunErrorKind::NodePanicked, &detail).with_node(&node)
    }

    fn stored_meanwhile(&mut self, landed: Result<(), StoreError>) -> Result<(), RunError> {
        landed.map_err(|error| RunError::store(error, self.machine.graph.name()))?;
        self.tell_checkpoint(self.log.as_ref().map_or(0, Log::seq));
        self.store_meanwhile()
    }

    /// Sends what is done to the store while other tasks still run.
    fn store_meanwhile(&mut self) -> Result<(), RunError> {
        let step = self.machine.finished();
        match self.log.as_mut().filter(|log| log.is_eager()) {
            Some(log) => {
                let sent = log.send(step, RunStatus::Running);
                sent.map_err(|error| RunError::store(error, self.machine.graph.name()))
            }
            None => Ok(()),
        }
    }

    fn job(&self, index: usize) -> Job {
        let task = &self.machine.tasks[index];
        let context = Context {
            state: self.machine.state.clone(),
            input: task.input.clone(),
            node: Arc::clone(self.machine.node_name(index)),
            task: self.machine.id(index),
            attempt: 1,
            scope: Arc::clone(&self.scope),
        };
        Job { graph: self.machine.graph.clone(), node: task.node, context, answers: task.answers() }
    }

    /// Tells that a task begins. Returns its number among all of this run.
    fn start(&mut self, index: usize) -> usize {
        let number = self.begun;
        self.begun += 1;
        self.emit(EventKind::StepStarted, index, number, None);
        self.tell(Modes::TASKS, || Part::TaskStarted {
            node: Arc::clone(self.machine.node_name(index)),
            task: self.machine.id(index),
        });
        number
    }

    fn settle(
        &mut self,
        index: usize,
        number: usize,
        executed: Result<Executed, RunError>,
    ) -> Result<(), RunError> {
        let settled = executed.and_then(|executed| self.take(index, executed));
        let result = match &settled {
            Ok(()) => self.result(index),
            Err(error) => TaskResult::Failed(error.reason().to_owned()),
        };
        match &result {
            TaskResult::Failed(message) => self.emit(EventKind::StepFailed, index, number, Some(message)),
            TaskResult::Asked(_) => self.emit(EventKind::StepWaiting, index, number, None),
            _ => self.emit(EventKind::StepCompleted, index, number, None),
        }
        self.tell_finished(index, result);
        settled
    }

    /// Takes what a task came to into the run and the log.
    fn take(&mut self, index: usize, executed: Executed) -> Result<(), RunError> {
        match executed {
            Executed::Done(writes) => self.machine.done(index, writes),
            Executed::Asked(questions) if self.log.is_some() => self.machine.pose(index, questions),
            Executed::Asked(_) => {
                let node = self.machine.node_name(index);
                let detail =
                    format!("node `{node}` asks, and nothing keeps the question; give the run a store");
                return Err(self.error(RunErrorKind::NoStore, &detail).with_node(node));
            }
        }
        let node = self.machine.node_name(index);
        let wants_update = self.scope.stream.as_ref().is_some_and(|stream| stream.wants(Modes::UPDATES));
        if self.log.is_none() && !wants_update {
            return Ok(());
        }
        let settled = self.machine.settled(index).map_err(|error| {
            self.error(RunErrorKind::InvalidUpdate, &error.to_string()).with_node(node).with_source(error)
        });
        let Some(entry) = settled? else { return Ok(()) };
        if let Wire::Done(done) = &entry {
            self.tell(Modes::UPDATES, || {
                let value = |json: &serde_json::value::RawValue| {
                    serde_json::from_str::<Value>(json.get()).unwrap_or_default()
                };
                let values = done.writes.iter().map(|(name, json)| (name.clone(), value(json))).collect();
                Part::Update { node: Arc::clone(node), task: self.machine.id(index), values }
            });
        }
        if let Some(log) = &mut self.log {
            log.push(entry);
        }
        Ok(())
    }

    fn drop_task(&self, index: usize, number: usize) {
        self.emit(EventKind::StepCancelled, index, number, None);
        self.tell_finished(index, TaskResult::Cancelled);
    }

    fn result(&self, index: usize) -> TaskResult {
        match &self.machine.tasks[index].phase {
            Phase::Asked(questions) => {
                TaskResult::Asked(questions.iter().map(|posed| Arc::clone(&posed.id)).collect())
            }
            Phase::Ready | Phase::Done(_) => TaskResult::Done,
        }
    }

    fn tell_finished(&self, index: usize, result: TaskResult) {
        self.tell(Modes::TASKS, || Part::TaskFinished {
            node: Arc::clone(self.machine.node_name(index)),
            task: self.machine.id(index),
            result,
        });
    }

    fn emit(&self, kind: EventKind, index: usize, number: usize, message: Option<&str>) {
        self.scope.events.emit(kind, |event| {
            event.index = Some(number);
            event.node = Some(Arc::clone(self.machine.node_name(index)));
            event.message = message.map(Into::into);
        });
    }
}

/// Waits for the record that is on its way, if there is a log and one is.
async fn landed(log: &mut Option<Log>) -> Result<(), StoreError> {
    match log {
        Some(log) => log.landed().await,
        None => std::future::pending().await,
    }
}
