//! A run and its stored form, in both directions.

use std::collections::BTreeSet;

use super::error::{RunError, RunErrorKind};
use super::machine::{Machine, Phase, Posed, Task};
use super::schedule;
use crate::checkpoint::{self as stored, Begun, Body, Shape, Snapshot, StoredRecord, Wire, WireTask};
use crate::graph::compiled::StateGraph;
use crate::graph::node::Question;
use crate::state::{StateError, Update, Writes};

impl Machine {
    /// A run in front of its first superstep, on a state with what `input` sets.
    pub(in crate::graph) fn begin(graph: &StateGraph, input: Update) -> Result<Self, RunError> {
        let invalid = |error: StateError| {
            let detail = format!("the input does not fit: {error}");
            RunError::new(RunErrorKind::InvalidUpdate, graph.name(), detail).with_source(error)
        };
        let state = graph.schema().state().apply(input).map_err(invalid)?;
        let mut machine = Self::new(graph, state);
        let first = schedule::first(&machine)?;
        machine.enter(first);
        Ok(machine)
    }

    /// The first entry of a log that goes on from here.
    pub(crate) fn begun(&self) -> Result<Wire, StateError> {
        let graph = &self.graph.inner;
        let name = |node: &usize| graph.nodes[*node].name.to_string();
        let visited = self.visits.iter().enumerate().filter(|(_, visits)| **visits > 0);
        let arrived = graph.joins.iter().zip(&self.arrived).filter(|(_, arrived)| !arrived.is_empty());
        let base = Snapshot {
            step: self.finished,
            values: self.state.encode()?,
            next: self.tasks.iter().map(|task| wire_task(&self.graph, task)).collect(),
            visits: visited.map(|(node, visits)| (name(&node), *visits)).collect(),
            arrived: arrived
                .map(|(join, arrived)| stored::Arrival {
                    from: join.sources.iter().map(name).collect(),
                    to: graph.target_name(join.target).to_owned(),
                    arrived: arrived.iter().map(name).collect(),
                })
                .collect(),
        };
        Ok(Wire::Begun(Box::new(Begun { graph: self.graph.shape(), origin: self.origin.clone(), base })))
    }

    /// Folds the records of a run; none if there are none.
    pub(crate) fn restore(graph: &StateGraph, records: &[StoredRecord]) -> Result<Option<Self>, RunError> {
        let mut machine = None;
        for stored in records {
            Self::fold(graph, &mut machine, stored, |_| {})?;
        }
        Ok(machine)
    }

    /// Folds one record into a run, and shows the run at every checkpoint in it.
    pub(crate) fn fold(
        graph: &StateGraph,
        into: &mut Option<Self>,
        stored: &StoredRecord,
        mut checkpoint: impl FnMut(&Self),
    ) -> Result<(), RunError> {
        let seq = stored.record.seq;
        let corrupt = |why: String| {
            RunError::new(RunErrorKind::Corrupt, graph.name(), format!("record {seq} cannot be read: {why}"))
        };
        let body: Body =
            serde_json::from_slice(&stored.record.body).map_err(|error| corrupt(error.to_string()))?;
        if !body.is_readable() {
            return Err(corrupt("it was written by a newer version".to_owned()));
        }
        for entry in body.entries {
            let before = into.as_ref().map(|machine| machine.finished);
            let edited = matches!(entry, Wire::Edited(_));
            match (&mut *into, entry) {
                (None, Wire::Begun(begun)) => *into = Some(Self::from_begun(graph, *begun, corrupt)?),
                (Some(machine), entry) => machine.replay(entry).map_err(corrupt)?,
                (None, _) => return Err(corrupt("it does not begin with a beginning".to_owned())),
            }
            if let Some(machine) = into
                .as_ref()
                .filter(|machine| machine.is_fresh() && (edited || Some(machine.finished) != before))
            {
                checkpoint(machine);
            }
        }
        Ok(())
    }

    fn from_begun(
        graph: &StateGraph,
        begun: Begun,
        corrupt: impl Fn(String) -> RunError,
    ) -> Result<Self, RunError> {
        check_shape(graph, &begun.graph)?;
        let base = begun.base;
        let values = base.values.iter().map(|(name, json)| (name.as_str(), &**json));
        let writes = Writes::decode(graph.schema(), values).map_err(|error| corrupt(chain(&error)))?;
        let mut state = graph.schema().state();
        state.write(&writes);
        let mut machine = Self::new(graph, state);
        machine.finished = base.step;
        machine.origin = begun.origin;
        machine.tasks = machine.tasks_of(base.next).map_err(&corrupt)?;
        for (name, visits) in &base.visits {
            let node = machine.node(name).map_err(&corrupt)?;
            machine.visits[node] = *visits;
        }
        for arrival in &base.arrived {
            machine.arrive(arrival);
        }
        Ok(machine)
    }

    /// A barrier that the graph no longer has holds nobody up.
    fn arrive(&mut self, arrival: &stored::Arrival) {
        let graph = &self.graph.inner;
        let nodes: BTreeSet<usize> = arrival.arrived.iter().filter_map(|name| graph.find(name)).collect();
        let sources: Vec<usize> = arrival.from.iter().filter_map(|name| graph.find(name)).collect();
        for (join, arrived) in graph.joins.iter().zip(&mut self.arrived) {
            if graph.target_name(join.target) == arrival.to && join.sources == sources {
                arrived.extend(&nodes);
            }
        }
    }

    fn replay(&mut self, entry: Wire) -> Result<(), String> {
        let count = self.tasks.len();
        let known =
            |task: usize| if task < count { Ok(task) } else { Err(format!("there is no task {task}")) };
        match entry {
            Wire::Done(done) => {
                let writes = self.writes(&done.writes)?;
                self.done(known(done.task)?, writes);
            }
            Wire::Asked(posed) => {
                let pose = |(id, payload): (String, _)| Posed { id: id.into(), payload, answer: None };
                self.ask(known(posed.task)?, posed.questions.into_iter().map(pose).collect());
            }
            Wire::Answered(answers) => {
                for answer in answers {
                    if !self.answer(&answer.id, &answer.value) {
                        return Err(format!("there is no question {}", answer.id));
                    }
                }
            }
            Wire::Step(next) => {
                let state = self.joined().map_err(|error| error.to_string())?;
                let next = self.tasks_of(next)?;
                self.advance(state, next);
            }
            Wire::Edited(edit) => {
                let writes = self.writes(&edit.writes)?;
                let next = edit.next.map(|next| next.iter().map(|task| self.node(&task.node)).collect());
                self.edit(&writes, next.transpose()?);
            }
            Wire::Stopped(_) | Wire::Resumed => {}
            Wire::Begun(_) => return Err("it begins twice".to_owned()),
        }
        Ok(())
    }

    fn writes(&self, writes: &[(String, Box<serde_json::value::RawValue>)]) -> Result<Writes, String> {
        let values = writes.iter().map(|(name, json)| (name.as_str(), &**json));
        Writes::decode(self.graph.schema(), values).map_err(|error| chain(&error))
    }

    fn tasks_of(&self, tasks: Vec<WireTask>) -> Result<Vec<Task>, String> {
        tasks.into_iter().map(|task| Ok(Task::new(self.node(&task.node)?, task.input))).collect()
    }

    fn node(&self, name: &str) -> Result<usize, String> {
        self.graph.inner.find(name).ok_or_else(|| format!("there is no node `{name}`"))
    }

    /// The entry of a task that is done or asked.
    pub(super) fn settled(&self, index: usize) -> Result<Option<Wire>, StateError> {
        Ok(match &self.tasks[index].phase {
            Phase::Ready => None,
            Phase::Done(writes) => {
                let writes = writes.encode(self.graph.schema())?;
                Some(Wire::Done(stored::Done { task: index, writes }))
            }
            Phase::Asked(questions) => {
                let questions = questions.iter().map(|posed| (posed.id.to_string(), posed.payload.clone()));
                Some(Wire::Asked(stored::Posed { task: index, questions: questions.collect() }))
            }
        })
    }

    /// The entry of a superstep that is finished.
    pub(super) fn step_entry(&self, next: &[Task]) -> Wire {
        Wire::Step(next.iter().map(|task| wire_task(&self.graph, task)).collect())
    }

    /// What a subgraph asks is asked by the run around it, under a longer id.
    pub(super) fn pose(&mut self, index: usize, questions: Vec<Question>) {
        let posed = self.posed(index, questions);
        self.ask(index, posed);
    }
}

fn wire_task(graph: &StateGraph, task: &Task) -> WireTask {
    let node = graph.inner.nodes[task.node].name.to_string();
    WireTask { node, input: task.input.as_deref().cloned() }
}

fn chain(error: &StateError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

/// A graph that only grew may go on with its runs: what they know of it is all there.
fn check_shape(graph: &StateGraph, then: &Shape) -> Result<(), RunError> {
    let now = graph.shape();
    let mut differences = Vec::new();
    if then.name != now.name {
        differences.push(format!("it is a run of graph `{}`", then.name));
    }
    if then.version != now.version {
        differences.push(format!("it began with version {}, this is version {}", then.version, now.version));
    }
    let gone = then.nodes.iter().filter(|node| !now.nodes.contains(node));
    differences.extend(gone.map(|node| format!("node `{node}` is gone")));
    for (key, reducer) in &then.keys {
        match now.keys.get(key) {
            None => differences.push(format!("key `{key}` is gone")),
            Some(changed) if changed != reducer => {
                differences.push(format!("the reducer of key `{key}` was {reducer} and is {changed}"));
            }
            Some(_) => {}
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "the graph changed since the run began: {}; resume it with the program that began it, or begin a new run",
        differences.join(", ")
    );
    Err(RunError::new(RunErrorKind::GraphChanged, graph.name(), detail))
}
