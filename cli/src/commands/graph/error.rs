//! What goes wrong with a graph, in the words and with the exit codes of the program.

use std::error::Error;
use std::fmt;

use tau_orchestrate::graph::{RunError, RunErrorKind};

use crate::exit::{Exit, UsageError};

/// Why a node could not do its work, and what the program exits with if that ends the run.
#[derive(Debug)]
pub(super) struct NodeError {
    message: String,
    pub(super) exit: Exit,
}

impl NodeError {
    pub(super) fn new(message: impl Into<String>, exit: Exit) -> Self {
        Self { message: message.into(), exit }
    }

    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(message, Exit::Failed)
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for NodeError {}

/// What the program exits with when a run ended so.
pub(super) fn exit_of(error: &RunError) -> Exit {
    if error.kind() == RunErrorKind::Cancelled {
        return Exit::Interrupted;
    }
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(node) = error.downcast_ref::<NodeError>() {
            return node.exit;
        }
        source = error.source();
    }
    Exit::Failed
}

/// What is said where a run could not be looked at or changed.
pub(super) fn report(error: RunError) -> miette::Report {
    let help = match error.kind() {
        RunErrorKind::UnknownRun => "`tau graph list` shows the runs there are",
        RunErrorKind::RunExists => "choose another name",
        RunErrorKind::AlreadyCompleted => "`tau graph fork RUN --at STEP` goes on from an earlier superstep",
        RunErrorKind::UnknownCheckpoint | RunErrorKind::UnknownQuestion => "`tau graph show RUN` lists them",
        RunErrorKind::InvalidUpdate => "see the `keys` of the graph",
        RunErrorKind::InvalidRoute => "see the `nodes` of the graph",
        RunErrorKind::GraphChanged => "leave out --file to go on with the graph as it was",
        _ => return miette::miette!("{}", in_full(&error)),
    };
    UsageError::new(in_full(&error), help).into()
}

/// An error and what it comes from, where that says more.
pub(super) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
