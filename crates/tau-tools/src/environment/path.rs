//! Paths that cannot lead out of the root, as far as their text goes.

use std::fmt;
use std::path::{Component, Path, PathBuf};

/// A path below an environment's root: relative, without `.` or `..`.
///
/// It is a promise about the *text*. Links below the root may still lead out; the environment checks those
/// when it opens the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspacePath(PathBuf);

/// A text is not a path below the root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Nothing, or nothing but blanks.
    #[error("the path is empty")]
    Empty,
    /// A NUL byte, which no path can hold.
    #[error("the path holds a NUL byte")]
    Nul,
    /// It leads out of the root.
    #[error("`{path}` is outside the working folder {root}; only paths below it can be used")]
    Outside {
        /// The path as given.
        path: String,
        /// The root.
        root: String,
    },
}

impl WorkspacePath {
    /// The root itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a path as a model wrote it: absolute, or relative to `root`.
    ///
    /// # Errors
    /// When it is empty, holds a NUL byte or leads out of the root.
    pub fn parse(root: &Path, text: &str) -> Result<Self, PathError> {
        if text.trim().is_empty() {
            return Err(PathError::Empty);
        }
        if text.contains('\0') {
            return Err(PathError::Nul);
        }
        let outside = || PathError::Outside { path: text.to_owned(), root: root.display().to_string() };
        let path = Path::new(text);
        let below = if path.is_absolute() { path.strip_prefix(root).map_err(|_| outside())? } else { path };
        let mut parts = PathBuf::new();
        for component in below.components() {
            match component {
                Component::Normal(part) => parts.push(part),
                Component::CurDir => {}
                Component::ParentDir if parts.pop() => {}
                _ => return Err(outside()),
            }
        }
        Ok(Self(parts))
    }

    /// A relative path of which it is known that it holds names alone, as a walk gives it.
    pub(super) fn of_names(path: &Path) -> Self {
        debug_assert!(
            path.components().all(|part| matches!(part, Component::Normal(_))),
            "{}",
            path.display()
        );
        Self(path.to_owned())
    }

    /// The path relative to the root; empty for the root itself.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// A path below this one. `name` must be one name, as a folder lists it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> Self {
        Self(
            self.0.join(
                name.as_ref()
                    .components()
                    .filter(|part| matches!(part, Component::Normal(_)))
                    .collect::<PathBuf>(),
            ),
        )
    }

    /// The folder above; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.parent().map(|parent| Self(parent.to_owned()))
    }
}

impl fmt::Display for WorkspacePath {
    /// The path relative to the root; `.` for the root itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.as_os_str().is_empty() { f.write_str(".") } else { fmt::Display::fmt(&self.0.display(), f) }
    }
}
