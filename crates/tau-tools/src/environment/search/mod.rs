//! What a search means, shared by every environment that searches in this process: globs, ignore rules, lines.

mod lines;
mod rules;

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

pub(super) use lines::{Collector, FileMatches, LineSearch};
pub(super) use rules::IgnoreRules;

use super::error::{EnvironmentError, EnvironmentErrorKind};
use super::path::WorkspacePath;
use super::query::GlobMatches;

/// The folder no search enters from above: it holds no text anybody wrote.
const GIT_FOLDER: &str = ".git";

/// Whether a walk leaves out everything of this name.
pub(super) fn is_git_folder(name: &std::ffi::OsStr) -> bool {
    name == GIT_FOLDER
}

/// Whether a leading dot hides this name.
pub(super) fn is_dotted(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// A glob over paths below a folder.
#[derive(Debug)]
pub(super) struct PathGlob {
    matcher: GlobMatcher,
    /// The pattern names dotted files itself, as `.github/**` does.
    pub(super) dotted: bool,
}

impl PathGlob {
    /// A pattern whose `*` stays within one name.
    pub(super) fn new(pattern: &str) -> Result<Self, EnvironmentError> {
        let invalid = |error: &globset::Error| {
            EnvironmentError::new(EnvironmentErrorKind::InvalidPattern, pattern, error.kind().to_string())
        };
        let text = pattern.strip_prefix("./").unwrap_or(pattern);
        let glob = GlobBuilder::new(text).literal_separator(true).build().map_err(|error| invalid(&error))?;
        let dotted = text.split('/').any(|name| name.starts_with('.'));
        Ok(Self { matcher: glob.compile_matcher(), dotted })
    }

    /// A pattern that is held against the name alone when it has no slash.
    pub(super) fn for_files(pattern: &str) -> Result<Self, EnvironmentError> {
        if pattern.contains('/') { Self::new(pattern) } else { Self::new(&format!("**/{pattern}")) }
    }

    pub(super) fn is_match(&self, below: &Path) -> bool {
        self.matcher.is_match(below)
    }
}

/// Keeps the newest paths, in memory bounded by the limit.
#[derive(Debug)]
pub(super) struct Newest<T> {
    found: Vec<(std::cmp::Reverse<T>, WorkspacePath)>,
    limit: usize,
    total: usize,
}

impl<T: Ord> Newest<T> {
    pub(super) const fn new(limit: usize) -> Self {
        Self { found: Vec::new(), limit, total: 0 }
    }

    pub(super) fn add(&mut self, modified: T, path: WorkspacePath) {
        self.total += 1;
        self.found.push((std::cmp::Reverse(modified), path));
        if self.found.len() > self.limit.saturating_mul(2).saturating_add(1_024) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.found.sort_unstable();
        self.found.truncate(self.limit);
    }

    pub(super) fn finish(mut self) -> GlobMatches {
        self.cut();
        GlobMatches { paths: self.found.into_iter().map(|(_, path)| path).collect(), total: self.total }
    }
}
