//! The stored runs of a graph.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::error::StoreErrorKind;
use super::id::RunId;
use super::store::{Record, RunInfo, RunStatus, Store, StoredRecord};
use super::wire::{Body, Edit, Origin, Wire, WireTask};
use crate::graph::{Machine, OpenQuestion, Run, RunError, RunErrorKind, StateGraph};
use crate::state::{State, StateError, Update};

/// The stored runs of one graph, in one store.
#[derive(Clone)]
pub struct Runs {
    graph: StateGraph,
    store: Arc<dyn Store>,
}

/// A run as it was after one of its supersteps.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Checkpoint {
    /// How many supersteps were finished.
    pub step: u64,
    /// The state.
    pub state: State,
    /// The nodes that came next; none at the end.
    pub next: Vec<Arc<str>>,
    /// When it was stored.
    pub at: SystemTime,
}

/// How a run stands now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Standing {
    /// How it stands.
    pub status: RunStatus,
    /// How many supersteps are finished.
    pub steps: u64,
    /// The state after the last of them.
    pub state: State,
    /// The nodes that are next or on; none at the end.
    pub next: Vec<Arc<str>>,
    /// What waits for an answer.
    pub questions: Vec<OpenQuestion>,
    /// Why it failed, was cancelled or stopped, if the last thing it did was that.
    pub stopped: Option<String>,
}

/// Which records of finished work are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Retention {
    keep_steps: Option<u64>,
    keep_for: Option<Duration>,
}

impl Retention {
    /// Gives up nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the last so many checkpoints of each run, at least one. What is older is folded into the oldest that stays.
    #[must_use]
    pub fn keep_steps(mut self, steps: u64) -> Self {
        self.keep_steps = Some(steps.max(1));
        self
    }

    /// Deletes completed runs whose last record is older.
    #[must_use]
    pub fn keep_for(mut self, age: Duration) -> Self {
        self.keep_for = Some(age);
        self
    }
}

impl Runs {
    pub(crate) fn new(graph: StateGraph, store: Arc<dyn Store>) -> Self {
        Self { graph, store }
    }

    /// Goes on where the run stands: at tasks that were not done, also after a failure or in another process.
    pub fn resume(&self, run: &RunId) -> Run {
        self.answer(run, [])
    }

    /// Goes on with answers to open questions, which may be some of several. An id is taken once, in whatever process.
    pub fn answer(&self, run: &RunId, answers: impl IntoIterator<Item = (String, Value)>) -> Run {
        let answers = answers.into_iter().collect();
        Run::resume(self.graph.clone(), Arc::clone(&self.store), run.clone(), answers)
    }

    /// The runs of this graph in the order of their names.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::Store`].
    pub async fn list(&self) -> Result<Vec<RunInfo>, RunError> {
        let mut runs = self.store.list().await.map_err(|error| RunError::store(error, self.graph.name()))?;
        runs.retain(|info| &*info.graph == self.graph.name());
        Ok(runs)
    }

    /// How a run stands, without going on with it.
    ///
    /// # Errors
    ///
    /// Those of [`history`](Self::history).
    pub async fn standing(&self, run: &RunId) -> Result<Standing, RunError> {
        let records = self.records(run).await?;
        let machine = self.now(run, &records)?;
        let last = records.last().map(|last| &last.record).ok_or_else(|| self.unknown(run))?;
        Ok(Standing {
            status: last.status,
            steps: machine.finished(),
            state: machine.state().clone(),
            next: machine.next(),
            questions: machine.questions(),
            stopped: stopped(&last.body),
        })
    }

    /// The checkpoints of a run that are kept, the oldest first.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::UnknownRun`], and all that reading can come to: [`RunErrorKind::GraphChanged`],
    /// [`RunErrorKind::Corrupt`], [`RunErrorKind::Store`].
    pub async fn history(&self, run: &RunId) -> Result<Vec<Checkpoint>, RunError> {
        let records = self.records(run).await?;
        if records.is_empty() {
            return Err(self.unknown(run));
        }
        let (mut machine, mut checkpoints) = (None, Vec::new());
        for stored in &records {
            Machine::fold(&self.graph, &mut machine, stored, |machine| {
                checkpoints.push(checkpoint(machine, stored.at))
            })?;
        }
        Ok(checkpoints)
    }

    /// Where a run was forked: the run and the superstep. None if it is no fork.
    ///
    /// # Errors
    ///
    /// Those of [`history`](Self::history).
    pub async fn origin(&self, run: &RunId) -> Result<Option<(RunId, u64)>, RunError> {
        let machine = self.now(run, &self.records(run).await?)?;
        Ok(machine.origin().map(|origin| (RunId::stored(&origin.run), origin.step)))
    }

    /// The run after that superstep.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::UnknownCheckpoint`], and those of [`history`](Self::history).
    pub async fn load(&self, run: &RunId, step: u64) -> Result<Checkpoint, RunError> {
        let (machine, at) = self.at(run, step).await?;
        Ok(checkpoint(&machine, at))
    }

    /// Copies a run as it was after that superstep to a new name. The copy needs nothing of the run it comes from.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::RunExists`], [`RunErrorKind::UnknownCheckpoint`], and those of [`history`](Self::history).
    pub async fn fork(&self, run: &RunId, step: u64, copy: &RunId) -> Result<(), RunError> {
        let (mut machine, _) = self.at(run, step).await?;
        machine.set_origin(Origin { run: run.to_string(), step });
        let begun = machine.begun().map_err(|error| self.state_error(error))?;
        let record = self.record(1, step, status(&machine), vec![begun])?;
        self.store.append(copy, record).await.map_err(|error| match error.kind() {
            StoreErrorKind::Conflict => self
                .error(RunErrorKind::RunExists, format!("there is a run `{copy}` already"))
                .with_run(Some(copy)),
            _ => RunError::store(error, self.graph.name()),
        })
    }

    /// Changes the state of a run that is not at work. `next` says which nodes come next; tasks that were on are dropped then, with
    /// what they asked. To change an earlier state, fork there first.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::InvalidUpdate`], [`RunErrorKind::InvalidRoute`] for an unknown node, [`RunErrorKind::Conflict`] if
    /// somebody goes on with the run, and those of [`history`](Self::history).
    pub async fn edit(&self, run: &RunId, update: Update, next: Next<'_>) -> Result<(), RunError> {
        let records = self.records(run).await?;
        let mut machine = self.now(run, &records)?;
        let writes = update.bind(self.graph.schema()).map_err(|error| self.state_error(error))?;
        if writes.has_secrets() {
            let detail = "secrets are not stored; give them to the run when it is resumed".to_owned();
            return Err(self.error(RunErrorKind::InvalidUpdate, detail));
        }
        let nodes = match next {
            Next::Unchanged => None,
            Next::Nodes(names) => Some(self.positions(names)?),
        };
        let entry = Wire::Edited(Edit {
            writes: writes.encode(self.graph.schema()).map_err(|error| self.state_error(error))?,
            next: match next {
                Next::Unchanged => None,
                Next::Nodes(names) => Some(
                    names.iter().map(|name| WireTask { node: (*name).to_owned(), input: None }).collect(),
                ),
            },
        });
        machine.edit(&writes, nodes);
        let last = records.last().map(|last| &last.record);
        let status = match (next, last) {
            (Next::Unchanged, Some(last)) => last.status,
            _ => status(&machine),
        };
        let seq = last.map_or(0, |last| last.seq);
        let record = self.record(seq + 1, machine.finished(), status, vec![entry])?;
        self.store.append(run, record).await.map_err(|error| RunError::store(error, self.graph.name()))
    }

    /// Deletes a run, with those of its subgraphs. Not an error if there is none.
    ///
    /// # Errors
    ///
    /// [`RunErrorKind::Store`].
    pub async fn delete(&self, run: &RunId) -> Result<(), RunError> {
        self.store.delete(run).await.map_err(|error| RunError::store(error, self.graph.name()))
    }

    /// Gives up what `retention` does not keep, as of `now`. Returns how many runs were deleted and how many shortened.
    ///
    /// # Errors
    ///
    /// Those of [`history`](Self::history); what was given up before stays given up.
    pub async fn prune(&self, retention: Retention, now: SystemTime) -> Result<(usize, usize), RunError> {
        let (mut deleted, mut shortened) = (0, 0);
        for info in self.list().await? {
            let age = now.duration_since(info.changed).unwrap_or_default();
            if info.status == RunStatus::Completed && retention.keep_for.is_some_and(|keep| age > keep) {
                self.delete(&info.run).await?;
                deleted += 1;
            } else if let Some(steps) = retention.keep_steps
                && self.shorten(&info.run, steps).await?
            {
                shortened += 1;
            }
        }
        Ok((deleted, shortened))
    }

    /// Folds everything before the last `steps` checkpoints into the oldest of those. Says whether there was anything.
    async fn shorten(&self, run: &RunId, steps: u64) -> Result<bool, RunError> {
        let records = self.records(run).await?;
        let last = records.last().map_or(0, |stored| stored.record.step);
        let (mut machine, mut base) = (None, None);
        for stored in records
            .iter()
            .take_while(|stored| stored.record.step.saturating_add(steps) <= last.saturating_add(1))
        {
            Machine::fold(&self.graph, &mut machine, stored, |_| {})?;
            // Where a record ends in the middle of a superstep there is no checkpoint to begin with.
            if let Some(machine) = machine.as_ref().filter(|machine| machine.is_fresh()) {
                base = Some((stored.record.seq, stored.record.status, machine.clone()));
            }
        }
        let first = records.first().map_or(0, |stored| stored.record.seq);
        let Some((seq, status, machine)) = base.filter(|(seq, ..)| *seq > first) else { return Ok(false) };
        let begun = machine.begun().map_err(|error| self.state_error(error))?;
        let record = self.record(seq, machine.finished(), status, vec![begun])?;
        self.store.compact(run, record).await.map_err(|error| RunError::store(error, self.graph.name()))?;
        Ok(true)
    }

    async fn records(&self, run: &RunId) -> Result<Vec<StoredRecord>, RunError> {
        self.store
            .load(run)
            .await
            .map_err(|error| RunError::store(error, self.graph.name()).with_run(Some(run)))
    }

    /// The run as it stands.
    fn now(&self, run: &RunId, records: &[StoredRecord]) -> Result<Machine, RunError> {
        let machine = Machine::restore(&self.graph, records).map_err(|error| error.with_run(Some(run)))?;
        machine.ok_or_else(|| self.unknown(run))
    }

    /// The run after a superstep, and when that was stored.
    async fn at(&self, run: &RunId, step: u64) -> Result<(Machine, SystemTime), RunError> {
        let records = self.records(run).await?;
        if records.is_empty() {
            return Err(self.unknown(run));
        }
        let (mut machine, mut found) = (None, None);
        for stored in &records {
            let show = |machine: &Machine| {
                if machine.finished() == step {
                    found = Some((machine.clone(), stored.at));
                }
            };
            Machine::fold(&self.graph, &mut machine, stored, show)
                .map_err(|error| error.with_run(Some(run)))?;
        }
        found.ok_or_else(|| {
            let detail = format!("there is no checkpoint {step}; `history` lists those that are kept");
            self.error(RunErrorKind::UnknownCheckpoint, detail).with_run(Some(run))
        })
    }

    fn unknown(&self, run: &RunId) -> RunError {
        self.error(RunErrorKind::UnknownRun, "there is no such run".to_owned()).with_run(Some(run))
    }

    fn positions(&self, names: &[&str]) -> Result<Vec<usize>, RunError> {
        let position = |name: &&str| {
            let found = self.graph.nodes().position(|node| node == *name);
            found.ok_or_else(|| self.error(RunErrorKind::InvalidRoute, format!("there is no node `{name}`")))
        };
        names.iter().map(position).collect()
    }

    fn record(&self, seq: u64, step: u64, status: RunStatus, entries: Vec<Wire>) -> Result<Record, RunError> {
        let body = serde_json::to_vec(&Body::new(entries)).map_err(|error| {
            self.error(RunErrorKind::InvalidUpdate, "the state cannot be written as JSON".to_owned())
                .with_source(error)
        })?;
        Ok(Record::new(seq, self.graph.name().into(), step, status, body))
    }

    fn error(&self, kind: RunErrorKind, detail: String) -> RunError {
        RunError::new(kind, self.graph.name(), detail)
    }

    fn state_error(&self, error: StateError) -> RunError {
        self.error(RunErrorKind::InvalidUpdate, error.to_string()).with_source(error)
    }
}

/// What comes after an [edit](Runs::edit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next<'a> {
    /// What came next before.
    Unchanged,
    /// These nodes.
    Nodes(&'a [&'a str]),
}

/// Why a record says that the run ended, if it does.
fn stopped(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok()?;
    match body.entries.into_iter().next_back()? {
        Wire::Stopped(stopped) => Some(stopped.message).filter(|message| !message.is_empty()),
        _ => None,
    }
}

fn checkpoint(machine: &Machine, at: SystemTime) -> Checkpoint {
    Checkpoint { step: machine.finished(), state: machine.state().clone(), next: machine.next(), at }
}

fn status(machine: &Machine) -> RunStatus {
    if machine.next().is_empty() { RunStatus::Completed } else { RunStatus::Running }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").field("graph", &self.graph.name()).field("store", &self.store).finish()
    }
}
