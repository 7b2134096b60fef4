//! Names of stored runs.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

const LONGEST: usize = 200;

/// The name of a stored run: 1 to 200 bytes of letters, digits, `-`, `_`, `.` and `:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(Arc<str>);

impl RunId {
    /// Takes a text as a name.
    ///
    /// # Errors
    ///
    /// [`InvalidRunId`] if it is empty, too long, or has another character.
    pub fn new(text: &str) -> Result<Self, InvalidRunId> {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.:".contains(character);
        if text.is_empty() || text.len() > LONGEST || !text.chars().all(allowed) {
            return Err(InvalidRunId(text.chars().take(LONGEST).collect()));
        }
        Ok(Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The run of a graph that is the node of a task. Nobody outside can make such a name, so none can be taken.
    pub(crate) fn below(&self, task: impl fmt::Display) -> Self {
        Self(format!("{}/{task}", self.0).into())
    }

    /// What a store finds again.
    pub(crate) fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether it is the run of a subgraph.
    pub(crate) fn is_below(&self) -> bool {
        self.0.contains('/')
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no name of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRunId(String);

impl fmt::Display for InvalidRunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} names no run; use 1 to {LONGEST} letters, digits, `-`, `_`, `.` and `:`", self.0)
    }
}

impl Error for InvalidRunId {}
