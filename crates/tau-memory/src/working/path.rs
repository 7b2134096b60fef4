//! Paths of notes.

use std::fmt;
use std::path::{Component, Path};

use super::error::{MemoryError, MemoryErrorKind};

/// A relative path with `/` between its parts, none of which is hidden or leads upward.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotePath(String);

const MAX_BYTES: usize = 240;
const MAX_PARTS: usize = 8;

impl NotePath {
    /// Checks a path.
    ///
    /// # Errors
    ///
    /// [`MemoryErrorKind::InvalidPath`].
    pub fn new(path: &str) -> Result<Self, MemoryError> {
        let parts: Option<Vec<&str>> = Path::new(path)
            .components()
            .map(|part| match part {
                Component::Normal(part) => part.to_str().filter(|part| !part.starts_with('.')),
                _ => None,
            })
            .collect();
        let is_good = |parts: &Vec<&str>| {
            let characters =
                |c: char| c.is_control() || matches!(c, '\\' | ':' | '"' | '<' | '>' | '|' | '?' | '*');
            !parts.is_empty()
                && parts.len() <= MAX_PARTS
                && path.len() <= MAX_BYTES
                && !path.contains(characters)
        };
        let parts = parts.filter(is_good);
        let parts = parts.ok_or_else(|| MemoryError::new(path, MemoryErrorKind::InvalidPath))?;
        Ok(Self(parts.join("/")))
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
