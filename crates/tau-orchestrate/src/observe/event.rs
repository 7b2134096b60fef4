//! The vocabulary of events.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Severity of an [`Event`], ordered from the least to the most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the five levels every Rust logging library shares")]
pub enum Level {
    /// Finer than a step.
    Trace,
    /// Progress of single steps and items.
    Debug,
    /// Beginning and end of a workflow, and the route taken.
    Info,
    /// A step failed or work was cancelled.
    Warn,
    /// A workflow failed.
    Error,
}

impl Level {
    /// The lowest severity number of this level in the log data model of OpenTelemetry: 1, 5, 9, 13 or 17.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>.
    #[must_use]
    pub const fn severity_number(self) -> u8 {
        match self {
            Self::Trace => 1,
            Self::Debug => 5,
            Self::Info => 9,
            Self::Warn => 13,
            Self::Error => 17,
        }
    }
}

/// The workflow pattern an [`Event`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Pattern {
    /// A [`Chain`](crate::workflow::Chain).
    Chain,
    /// A [`Parallel`](crate::workflow::Parallel).
    Parallel,
    /// A [`Conditional`](crate::workflow::Conditional).
    Conditional,
    /// A [`StateGraph`](crate::graph::StateGraph).
    Graph,
    /// A [`Refine`](crate::workflow::Refine).
    Refine,
}

impl Pattern {
    /// The name in lower case: `chain`, `parallel`, `conditional`, `graph`, `refine`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Parallel => "parallel",
            Self::Conditional => "conditional",
            Self::Graph => "graph",
            Self::Refine => "refine",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A workflow began.
    WorkflowStarted,
    /// A workflow ran to its end. In a collect-all run some items may have failed, see [`Progress::failed`].
    WorkflowCompleted,
    /// A workflow ended with an error.
    WorkflowFailed,
    /// A workflow ended early because its cancellation token fired.
    WorkflowCancelled,
    /// A step of a chain or an item of a parallel began.
    StepStarted,
    /// A step or an item returned a value.
    StepCompleted,
    /// A step or an item returned an error, or an item panicked.
    StepFailed,
    /// A step or an item that had begun was dropped before its end.
    StepCancelled,
    /// A conditional chose a route and is about to run its handler.
    RouteSelected,
    /// A task of a graph asked, and goes on when there is an answer.
    StepWaiting,
    /// A graph waits for answers, or stands in front of a node that it was told to stop at.
    WorkflowWaiting,
    /// A graph stored what happened; the index is the number of the record.
    CheckpointStored,
}

impl EventKind {
    /// The dotted name: `workflow.started`, `step.failed`, `route.selected` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkflowStarted => "workflow.started",
            Self::WorkflowCompleted => "workflow.completed",
            Self::WorkflowFailed => "workflow.failed",
            Self::WorkflowCancelled => "workflow.cancelled",
            Self::StepStarted => "step.started",
            Self::StepCompleted => "step.completed",
            Self::StepFailed => "step.failed",
            Self::StepCancelled => "step.cancelled",
            Self::RouteSelected => "route.selected",
            Self::StepWaiting => "step.waiting",
            Self::WorkflowWaiting => "workflow.waiting",
            Self::CheckpointStored => "checkpoint.stored",
        }
    }

    /// The severity the workflows of this crate give an event of this kind.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::CheckpointStored => Level::Trace,
            Self::StepStarted | Self::StepCompleted => Level::Debug,
            Self::WorkflowStarted
            | Self::WorkflowCompleted
            | Self::WorkflowWaiting
            | Self::StepWaiting
            | Self::RouteSelected => Level::Info,
            Self::StepFailed | Self::StepCancelled | Self::WorkflowCancelled => Level::Warn,
            Self::WorkflowFailed => Level::Error,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a workflow has come, counted in steps or items. What is neither completed nor failed is running, not
/// begun, or cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Steps or items that returned a value.
    pub completed: usize,
    /// Steps or items that returned an error or panicked.
    pub failed: usize,
    /// All steps or items of the run.
    pub total: usize,
}

impl Progress {
    /// Progress of a run of `total` steps or items, none of them done.
    #[must_use]
    pub const fn of(total: usize) -> Self {
        Self { completed: 0, failed: 0, total }
    }
}

/// One thing that happened in one workflow. Cloning copies no text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// How severe it is.
    pub level: Level,
    /// What happened.
    pub kind: EventKind,
    /// The pattern of the workflow.
    pub pattern: Pattern,
    /// The name the workflow was given.
    pub workflow: Arc<str>,
    /// Position of the step or item, from 0, in a graph the number of its task among all that were begun; in [`EventKind::WorkflowFailed`] of the one that failed; none where the
    /// event is about no single one.
    pub index: Option<usize>,
    /// How far the run has come, this event included; none in a conditional and a graph.
    pub progress: Option<Progress>,
    /// The node of a graph that a step is a task of.
    pub node: Option<Arc<str>>,
    /// The chosen route of a conditional, from [`EventKind::RouteSelected`] on.
    pub route: Option<Arc<str>>,
    /// Text for people: what an error displays as, or what a panic said.
    pub message: Option<Arc<str>>,
}

impl Event {
    /// An event of the level that belongs to `kind`, without index, progress, node, route and message.
    pub fn new(pattern: Pattern, workflow: impl Into<Arc<str>>, kind: EventKind) -> Self {
        Self {
            level: kind.level(),
            kind,
            pattern,
            workflow: workflow.into(),
            index: None,
            progress: None,
            node: None,
            route: None,
            message: None,
        }
    }
}

/// One line: ``chain `research`: step.failed 2 (2 of 5 completed, 1 failed): timed out``.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`: {}", self.pattern, self.workflow, self.kind)?;
        if let Some(index) = self.index {
            write!(f, " {index}")?;
        }
        for name in [&self.node, &self.route].into_iter().flatten() {
            write!(f, " `{name}`")?;
        }
        if let Some(progress) = &self.progress {
            write!(f, " ({} of {} completed", progress.completed, progress.total)?;
            if progress.failed > 0 {
                write!(f, ", {} failed", progress.failed)?;
            }
            f.write_str(")")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}
