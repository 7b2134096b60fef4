//! What a run is. Changes by entries of the log alone, so a run that is folded again is the run that was.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;

use super::error::{RunError, RunErrorKind};
use super::schedule;
use crate::checkpoint::Origin;
use crate::graph::compiled::StateGraph;
use crate::graph::context::TaskId;
use crate::graph::edge::Target;
use crate::graph::node::{Answer, OpenQuestion, Question};
use crate::panics;
use crate::state::{ReducerKind, State, Writes};

/// A run at one moment: the state after the last superstep that was finished, and the tasks of the one that is on.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(super) graph: StateGraph,
    pub(super) state: State,
    /// How many supersteps are finished.
    pub(super) finished: u64,
    pub(super) tasks: Vec<Task>,
    /// In how many supersteps each node ran or runs.
    pub(super) visits: Vec<u32>,
    /// Which nodes have reached each barrier.
    pub(super) arrived: Vec<BTreeSet<usize>>,
    /// Where it was forked.
    pub(super) origin: Option<Origin>,
}

/// One run of one node.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) node: usize,
    pub(super) input: Option<Arc<Value>>,
    /// How many questions it has asked so far.
    asked: usize,
    pub(super) phase: Phase,
}

#[derive(Debug, Clone)]
pub(super) enum Phase {
    Ready,
    Asked(Vec<Posed>),
    Done(Writes),
}

/// A question and, once there is one, its answer.
#[derive(Debug, Clone)]
pub(super) struct Posed {
    pub(super) id: Arc<str>,
    pub(super) payload: Value,
    pub(super) answer: Option<Value>,
}

/// What has to happen next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// These tasks can run.
    Work(Vec<usize>),
    /// All tasks are done.
    StepDone,
    /// No task can run before a question is answered.
    Waiting,
    /// There is nothing left to do.
    Completed,
}

impl Task {
    pub(super) fn new(node: usize, input: Option<Value>) -> Self {
        Self { node, input: input.map(Arc::new), asked: 0, phase: Phase::Ready }
    }

    fn is_runnable(&self) -> bool {
        match &self.phase {
            Phase::Ready => true,
            Phase::Asked(questions) => questions.iter().any(|question| question.answer.is_some()),
            Phase::Done(_) => false,
        }
    }

    /// The answers it goes on with; none if it has not asked.
    pub(super) fn answers(&self) -> Option<Vec<Answer>> {
        let Phase::Asked(questions) = &self.phase else { return None };
        let answered = |posed: &Posed| {
            let (id, question) = (Arc::clone(&posed.id), posed.payload.clone());
            posed.answer.clone().map(|value| Answer { id, question, value })
        };
        Some(questions.iter().filter_map(answered).collect())
    }
}

impl Machine {
    /// A run in front of its first superstep.
    pub(super) fn new(graph: &StateGraph, state: State) -> Self {
        let (visits, arrived) =
            (vec![0; graph.inner.nodes.len()], vec![BTreeSet::new(); graph.inner.joins.len()]);
        Self { graph: graph.clone(), state, finished: 0, tasks: Vec::new(), visits, arrived, origin: None }
    }

    pub(crate) fn position(&self) -> Position {
        if self.tasks.is_empty() {
            return Position::Completed;
        }
        let runnable = self.tasks.iter().enumerate().filter(|(_, task)| task.is_runnable());
        let runnable: Vec<usize> = runnable.map(|(index, _)| index).collect();
        if !runnable.is_empty() {
            Position::Work(runnable)
        } else if self.tasks.iter().all(|task| matches!(task.phase, Phase::Done(_))) {
            Position::StepDone
        } else {
            Position::Waiting
        }
    }

    /// Whether no task of the superstep has done anything yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.tasks.iter().all(|task| matches!(task.phase, Phase::Ready))
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Makes it a fork.
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = Some(origin);
    }

    pub(crate) fn finished(&self) -> u64 {
        self.finished
    }

    pub(super) fn id(&self, index: usize) -> TaskId {
        TaskId { step: self.finished + 1, index }
    }

    pub(super) fn node_name(&self, index: usize) -> &Arc<str> {
        &self.graph.inner.nodes[self.tasks[index].node].name
    }

    /// The nodes of the tasks that are not done, each once, in order.
    pub(crate) fn next(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for task in self.tasks.iter().filter(|task| !matches!(task.phase, Phase::Done(_))) {
            let name = &self.graph.inner.nodes[task.node].name;
            if !names.contains(name) {
                names.push(Arc::clone(name));
            }
        }
        names
    }

    pub(crate) fn questions(&self) -> Vec<OpenQuestion> {
        let mut open = Vec::new();
        for (index, task) in self.tasks.iter().enumerate() {
            let Phase::Asked(questions) = &task.phase else { continue };
            for posed in questions.iter().filter(|posed| posed.answer.is_none()) {
                let (id, payload) = (Arc::clone(&posed.id), posed.payload.clone());
                open.push(OpenQuestion { id, node: Arc::clone(self.node_name(index)), payload });
            }
        }
        open
    }

    pub(super) fn done(&mut self, index: usize, writes: Writes) {
        self.tasks[index].phase = Phase::Done(writes);
    }

    /// Gives questions their ids: those of a subgraph's run below the task, own ones counted.
    pub(super) fn posed(&self, index: usize, questions: Vec<Question>) -> Vec<Posed> {
        let (task, mut count) = (self.id(index), self.tasks[index].asked);
        let pose = |question: Question| {
            let id = match question.id {
                Some(below) => format!("{task}/{below}"),
                None => format!("{task}.{count}"),
            };
            count += 1;
            Posed { id: id.into(), payload: question.payload, answer: None }
        };
        questions.into_iter().map(pose).collect()
    }

    pub(super) fn ask(&mut self, index: usize, questions: Vec<Posed>) {
        let task = &mut self.tasks[index];
        task.asked += questions.len();
        task.phase = Phase::Asked(questions);
    }

    /// Whether there is an open question of that id, which now is answered.
    pub(crate) fn answer(&mut self, id: &str, value: &Value) -> bool {
        let phases = self.tasks.iter_mut().map(|task| &mut task.phase);
        let questions = phases.filter_map(|phase| match phase {
            Phase::Asked(questions) => Some(questions),
            Phase::Ready | Phase::Done(_) => None,
        });
        let open = questions.flatten().find(|posed| &*posed.id == id && posed.answer.is_none());
        open.map(|posed| posed.answer = Some(value.clone())).is_some()
    }

    /// Changes the state, and where `next` is given what comes next. Tasks that were on are dropped then, with what they asked, and
    /// the superstep counts as finished, so that no id is used twice.
    pub(crate) fn edit(&mut self, writes: &Writes, next: Option<Vec<usize>>) {
        self.state.write(writes);
        if let Some(next) = next {
            self.enter(next.into_iter().map(|node| Task::new(node, None)).collect());
            self.finished += 1;
        }
    }

    /// Joins what all tasks wrote, in their order.
    pub(super) fn joined(&self) -> Result<State, RunError> {
        self.check_writers()?;
        let join = || {
            let mut state = self.state.clone();
            for task in &self.tasks {
                if let Phase::Done(writes) = &task.phase {
                    state.write(writes);
                }
            }
            state
        };
        // Reducers are not ours and may panic; of the state that one panicked over nothing is kept.
        catch_unwind(AssertUnwindSafe(join)).map_err(|payload| {
            let said = self.state.redact(panics::text(&*payload).unwrap_or(panics::NO_TEXT));
            let detail = format!("a reducer panicked in superstep {}: {said}", self.finished + 1);
            RunError::new(RunErrorKind::InvalidUpdate, self.graph.name(), detail)
        })
    }

    fn check_writers(&self) -> Result<(), RunError> {
        if self.tasks.len() < 2 {
            return Ok(());
        }
        let keys = self.graph.schema().keys();
        let mut writers: Vec<Option<usize>> = vec![None; keys.len()];
        for (index, task) in self.tasks.iter().enumerate() {
            let Phase::Done(writes) = &task.phase else { continue };
            for position in writes.positions() {
                let holds_one = keys[position].reducer().is_none_or(|kind| kind == ReducerKind::Replace);
                match writers[position].replace(index).filter(|other| *other != index) {
                    Some(other) if holds_one => {
                        let (one, two) = (self.node_name(other), self.node_name(index));
                        let detail = format!(
                            "`{one}` and `{two}` both wrote key `{}` in superstep {}, and it can hold only one; give it a \
                             reducer, or let one follow the other",
                            keys[position].name(),
                            self.finished + 1
                        );
                        let error = RunError::new(RunErrorKind::ConflictingWrites, self.graph.name(), detail);
                        return Err(error.with_node(two));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The state after this superstep, and the tasks of the next.
    pub(super) fn plan(&self) -> Result<(State, Vec<Task>), RunError> {
        let state = self.joined()?;
        let next = schedule::after(self, &state)?;
        Ok((state, next))
    }

    /// Finishes the superstep.
    pub(super) fn advance(&mut self, state: State, next: Vec<Task>) {
        let graph = &self.graph.inner;
        for (join, arrived) in graph.joins.iter().zip(&mut self.arrived) {
            let ran = |source: &&usize| self.tasks.iter().any(|task| task.node == **source);
            arrived.extend(join.sources.iter().filter(ran));
            if arrived.len() == join.sources.len() {
                arrived.clear();
            }
        }
        self.count(&next);
        self.state = state;
        self.tasks = next;
        self.finished += 1;
    }

    /// Puts the first tasks in place.
    pub(super) fn enter(&mut self, first: Vec<Task>) {
        self.count(&first);
        self.tasks = first;
    }

    fn count(&mut self, next: &[Task]) {
        let nodes: BTreeSet<usize> = next.iter().map(|task| task.node).collect();
        for node in nodes {
            self.visits[node] = self.visits[node].saturating_add(1);
        }
    }

    /// Whether all sources of a barrier will have arrived after this superstep.
    pub(super) fn completes(&self, join: usize) -> bool {
        let sources = &self.graph.inner.joins[join].sources;
        let runs = |source: &usize| self.tasks.iter().any(|task| task.node == *source);
        let arrives = sources.iter().any(runs);
        arrives && sources.iter().all(|source| self.arrived[join].contains(source) || runs(source))
    }

    pub(super) fn join_target(&self, join: usize) -> Target {
        self.graph.inner.joins[join].target
    }
}
