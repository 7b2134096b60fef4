//! What goes wrong with files, searches and processes.

use std::io;

use super::path::WorkspacePath;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EnvironmentErrorKind {
    /// Nothing stands at the path.
    NotFound,
    /// The system does not allow it: permission bits, a read-only folder.
    PermissionDenied,
    /// A link leads out of the root.
    Outside,
    /// A folder stands where a file was expected.
    IsDirectory,
    /// A file stands where a folder was expected, or something that is neither.
    NotAFile,
    /// The file is longer than the caller can take.
    TooLarge,
    /// The pattern is not a glob, or not a regular expression.
    InvalidPattern,
    /// The environment cannot do this: it has no processes, or no files.
    Unsupported,
    /// Whoever gives the environment is gone, and what was asked of it may have been done in part.
    Lost,
    /// Whoever gives the environment answered something that makes no sense.
    Malformed,
    /// Anything else the system reports.
    Io,
}

/// Something went wrong with a file, a search or a process.
#[derive(Debug, thiserror::Error)]
#[error("{subject}: {problem}")]
pub struct EnvironmentError {
    kind: EnvironmentErrorKind,
    subject: String,
    problem: String,
    source: Option<io::Error>,
}

impl EnvironmentError {
    /// An error about a path or pattern, with what is wrong in words.
    pub fn new(kind: EnvironmentErrorKind, subject: impl ToString, problem: impl Into<String>) -> Self {
        Self { kind, subject: subject.to_string(), problem: problem.into(), source: None }
    }

    /// What the system reported about a path.
    #[must_use]
    pub fn io(path: &WorkspacePath, source: io::Error) -> Self {
        let (kind, problem) = match source.kind() {
            io::ErrorKind::NotFound => (EnvironmentErrorKind::NotFound, "no such file or folder".to_owned()),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                (EnvironmentErrorKind::PermissionDenied, format!("not allowed ({source})"))
            }
            io::ErrorKind::IsADirectory => (EnvironmentErrorKind::IsDirectory, "is a folder".to_owned()),
            io::ErrorKind::NotADirectory => (EnvironmentErrorKind::NotAFile, "is not a folder".to_owned()),
            _ => (EnvironmentErrorKind::Io, source.to_string()),
        };
        Self { kind, subject: path.to_string(), problem, source: Some(source) }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> EnvironmentErrorKind {
        self.kind
    }

    /// The path or pattern that it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
