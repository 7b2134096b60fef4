//! Where a run begins: at the start, or where what is stored of it stands.

use std::sync::Arc;

use serde_json::Value;

use super::Driver;
use crate::checkpoint::{Replied, RunStatus, Wire};
use crate::graph::compiled::StateGraph;
use crate::graph::run::error::{RunError, RunErrorKind};
use crate::graph::run::log::Log;
use crate::graph::run::machine::Machine;
use crate::graph::run::options::{Run, Start};
use crate::graph::run::scope::{Scope, Stored};
use crate::state::{StateError, Update};

pub(super) async fn open(run: Run) -> Result<Driver, RunError> {
    let Run {
        graph,
        start,
        secrets,
        stored,
        durability,
        on_completion,
        concurrency,
        pause_before,
        events,
        stream,
    } = run;
    let stored = stored.map(|(store, run)| Stored { store, run, durability });
    let opened = Opening { graph: &graph, stored: stored.as_ref() }.open(start, secrets).await?;
    let known = |name: &String| {
        let unknown = || {
            let detail = format!("the run is to pause before `{name}`, and there is no such node");
            RunError::new(RunErrorKind::InvalidRoute, graph.name(), detail)
        };
        graph.inner.find(name).ok_or_else(unknown)
    };
    let pause_before = pause_before.iter().map(known).collect::<Result<_, _>>()?;
    let Opened { machine, seq, entries, resumed, was_paused } = opened;
    let passing = was_paused.then(|| machine.finished());
    let scope = Scope { events, stream, stored: stored.clone() };
    let log = stored.map(|stored| Log::new(stored, Arc::clone(&graph.inner.name), seq));
    let concurrency = concurrency.map_or(usize::MAX, std::num::NonZeroUsize::get);
    let mut driver = Driver {
        machine,
        scope: Arc::new(scope),
        log,
        on_completion,
        concurrency,
        pause_before,
        passing,
        begun: 0,
    };
    if let Some(log) = &mut driver.log {
        entries.into_iter().for_each(|entry| log.push(entry));
    }
    // Nothing runs before it is stored that this is who runs it: of two that resume one run, one fails here.
    match driver.flush(RunStatus::Running).await {
        Err(error) if error.kind() == RunErrorKind::Conflict && !resumed => {
            let detail = "there is a run of that name already; resume it, or choose another name".to_owned();
            Err(RunError::new(RunErrorKind::RunExists, driver.machine.graph.name(), detail))
        }
        flushed => flushed.map(|()| driver),
    }
}

struct Opening<'a> {
    graph: &'a StateGraph,
    stored: Option<&'a Stored>,
}

struct Opened {
    machine: Machine,
    /// The number of the last record that is stored.
    seq: u64,
    /// What has to be stored before anything runs.
    entries: Vec<Wire>,
    resumed: bool,
    /// Whether the last that is stored of it is that it paused: only then does resuming it say that it may go past.
    was_paused: bool,
}

impl Opening<'_> {
    async fn open(&self, start: Start, secrets: Update) -> Result<Opened, RunError> {
        match start {
            Start::Begin(input) => self.begin(input.and_all(secrets)),
            Start::Resume(answers) => {
                let missing = || self.error(RunErrorKind::UnknownRun, "there is no such run".to_owned());
                let mut opened = self.load(secrets).await?.ok_or_else(missing)?;
                if opened.machine.tasks.is_empty() {
                    let detail = "the run is complete; fork it to go on from an earlier superstep".to_owned();
                    return Err(self.error(RunErrorKind::AlreadyCompleted, detail));
                }
                self.answer(&mut opened, answers, Unknown::IsAnError)?;
                Ok(opened)
            }
            Start::Continue(input, answers) => {
                match self.load(input.only_secrets().and_all(secrets.clone())).await? {
                    Some(mut opened) => {
                        self.answer(&mut opened, answers, Unknown::WasAnsweredBefore)?;
                        Ok(opened)
                    }
                    None => self.begin(input.and_all(secrets)),
                }
            }
        }
    }

    fn begin(&self, input: Update) -> Result<Opened, RunError> {
        let machine = Machine::begin(self.graph, input)?;
        let mut entries = Vec::new();
        if self.stored.is_some() {
            entries.push(machine.begun().map_err(|error| self.unencodable(error))?);
        }
        Ok(Opened { machine, seq: 0, entries, resumed: false, was_paused: false })
    }

    async fn load(&self, secrets: Update) -> Result<Option<Opened>, RunError> {
        let Some(stored) = self.stored else { return Ok(None) };
        let records = stored
            .store
            .load(&stored.run)
            .await
            .map_err(|error| RunError::store(error, self.graph.name()))?;
        let Some(mut machine) = Machine::restore(self.graph, &records)? else { return Ok(None) };
        let secrets = secrets
            .bind(self.graph.schema())
            .map_err(|error| self.error(RunErrorKind::InvalidUpdate, error.to_string()).with_source(error))?;
        machine.edit(&secrets, None);
        let last = records.last().map(|last| &last.record);
        let (seq, was_paused) = last.map_or((0, false), |last| (last.seq, last.status == RunStatus::Paused));
        let entries = if machine.tasks.is_empty() { Vec::new() } else { vec![Wire::Resumed] };
        Ok(Some(Opened { machine, seq, entries, resumed: true, was_paused }))
    }

    fn answer(
        &self,
        opened: &mut Opened,
        answers: Vec<(String, Value)>,
        unknown: Unknown,
    ) -> Result<(), RunError> {
        let mut given = Vec::new();
        for (id, value) in answers {
            if opened.machine.answer(&id, &value) {
                given.push(Replied { id, value });
            } else if unknown == Unknown::IsAnError {
                let open: Vec<String> =
                    opened.machine.questions().iter().map(|question| question.id.to_string()).collect();
                let detail = format!("no open question has the id `{id}`; open are: {}", open.join(", "));
                return Err(self.error(RunErrorKind::UnknownQuestion, detail));
            }
        }
        if !given.is_empty() {
            // It says that somebody goes on as well.
            opened.entries = vec![Wire::Answered(given)];
        }
        Ok(())
    }

    fn error(&self, kind: RunErrorKind, detail: String) -> RunError {
        RunError::new(kind, self.graph.name(), detail)
    }

    fn unencodable(&self, error: StateError) -> RunError {
        self.error(RunErrorKind::InvalidUpdate, error.to_string()).with_source(error)
    }
}

/// What an answer to a question that is not open means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    IsAnError,
    /// The run around this one could not store that it was given.
    WasAnsweredBefore,
}
