//! Why there is no container.

use std::fmt;

/// Why there is no container, or a command did not run in it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {problem}")]
pub struct ContainerError {
    kind: ContainerErrorKind,
    problem: String,
    #[source]
    source: Option<bollard::errors::Error>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContainerErrorKind {
    /// No engine answers at any socket.
    NoEngine,
    /// The engine has no such image.
    NoImage,
    /// The policy asks for what a container cannot keep.
    Policy,
    /// The engine refused, or what it said is not understood.
    Engine,
}

impl ContainerError {
    pub(crate) fn new(kind: ContainerErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, problem: problem.into(), source: None }
    }

    /// The engine's own error about something.
    pub(crate) fn engine(about: &str) -> impl FnOnce(bollard::errors::Error) -> Self + '_ {
        move |source| Self {
            kind: ContainerErrorKind::Engine,
            problem: format!("{about}: {source}"),
            source: Some(source),
        }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> ContainerErrorKind {
        self.kind
    }
}

impl fmt::Display for ContainerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEngine => "no container engine",
            Self::NoImage => "no such image",
            Self::Policy => "the policy cannot be kept by a container",
            Self::Engine => "the container engine",
        })
    }
}
