//! What goes wrong with undoing.

use std::io;

use super::plan::Conflict;
use crate::environment::{EnvironmentError, WorkspacePath};

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UndoErrorKind {
    /// The log has no such run.
    UnknownRun,
    /// The run was undone before.
    AlreadyUndone,
    /// Files are not what the run left; [`UndoError::conflicts`] names them. Nothing was changed.
    Conflict,
    /// The environment has no tree to work on.
    Unsupported,
    /// The log was written by a newer version, or holds what it cannot: nothing was changed.
    Corrupt,
    /// The log cannot be read or written, or the files cannot be looked at. Nothing was changed.
    Log,
    /// A file could not be put back; those put back before it are as they were again.
    RolledBack,
    /// A file could not be put back, and neither could the ones before it: the tree is in between. Undoing again
    /// goes on from there.
    HalfDone,
}

/// Something went wrong with undoing.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct UndoError {
    kind: UndoErrorKind,
    problem: String,
    conflicts: Vec<Conflict>,
    source: Option<Source>,
}

#[derive(Debug, thiserror::Error)]
enum Source {
    #[error(transparent)]
    Io(io::Error),
    #[error(transparent)]
    Environment(EnvironmentError),
}

impl UndoError {
    /// An error, with what is wrong in words.
    pub fn new(kind: UndoErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, problem: problem.into(), conflicts: Vec::new(), source: None }
    }

    /// The log cannot be read or written.
    #[must_use]
    pub fn log(source: io::Error) -> Self {
        let problem = format!("the undo log cannot be used: {source}");
        Self { source: Some(Source::Io(source)), ..Self::new(UndoErrorKind::Log, problem) }
    }

    pub(super) fn environment(source: EnvironmentError) -> Self {
        let problem = format!("the files cannot be looked at: {source}");
        Self { source: Some(Source::Environment(source)), ..Self::new(UndoErrorKind::Log, problem) }
    }

    pub(super) fn conflict(conflicts: Vec<Conflict>) -> Self {
        let names: Vec<String> = conflicts.iter().map(|conflict| conflict.path.to_string()).collect();
        let problem = format!("nothing was undone, because these changed since: {}", names.join(", "));
        Self { conflicts, ..Self::new(UndoErrorKind::Conflict, problem) }
    }

    pub(super) fn put(kind: UndoErrorKind, path: &WorkspacePath, source: EnvironmentError) -> Self {
        let outcome = match kind {
            UndoErrorKind::RolledBack => "nothing was undone",
            _ => "files are partly undone; undoing again goes on",
        };
        let problem = format!("{outcome}: {path} cannot be put back: {source}");
        Self { source: Some(Source::Environment(source)), ..Self::new(kind, problem) }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> UndoErrorKind {
        self.kind
    }

    /// The files that are not what the run left, by path.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }
}
