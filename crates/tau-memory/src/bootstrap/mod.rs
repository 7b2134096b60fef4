//! Bootstrap memory: the instruction files that apply to a working folder, from general to specific.
//!
//! Order: the files the caller names for the user, then, in every folder from the boundary down to the working folder,
//! each of the file names in turn. Later sections are the more specific ones and stand nearer to the conversation.
//!
//! Files below the working folder, imports between files and rule folders are not read here.

mod chain;
mod context;
mod limits;
mod loader;

use std::path::{Path, PathBuf};

pub use context::{Scope, Section, SkipReason, Skipped, SystemContext};
pub use limits::Limits;

use chain::Chain;
use loader::Loader;

/// The names looked for in each folder, unless the caller gives others.
///
/// Both, because existing projects use either; where one is a copy of the other or a link to it, it counts once.
pub const DEFAULT_FILE_NAMES: [&str; 2] = ["AGENTS.md", "CLAUDE.md"];

/// A request to load the instruction files of a working folder.
///
/// Nothing is touched before [`load`](Self::load). Paths should be absolute: a relative one is resolved by the
/// operating system against the working folder of the process.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    working_dir: PathBuf,
    boundary: Option<PathBuf>,
    file_names: Vec<PathBuf>,
    user_files: Vec<PathBuf>,
    limits: Limits,
}

impl Bootstrap {
    /// Instructions of this folder alone, until a boundary is given.
    #[must_use]
    pub fn new(working_dir: impl Into<PathBuf>) -> Self {
        Self {
            working_dir: working_dir.into(),
            boundary: None,
            file_names: DEFAULT_FILE_NAMES.iter().map(PathBuf::from).collect(),
            user_files: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// The topmost folder to look in, usually the root of the repository. It must contain the working folder.
    ///
    /// It is also the fence: a project file whose real path lies outside of it is not read.
    #[must_use]
    pub fn boundary(mut self, path: impl Into<PathBuf>) -> Self {
        self.boundary = Some(path.into());
        self
    }

    /// The names looked for in each folder, in order. A name may have folders in it (`.claude/CLAUDE.md`) but no `..`.
    #[must_use]
    pub fn file_names<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<Path>,
    {
        self.file_names = names.into_iter().map(|name| name.as_ref().to_path_buf()).collect();
        self
    }

    /// Adds a file of the user's, to stand before those of the project.
    ///
    /// The caller names it, so it may be a link to anywhere. A file that is not there is not reported.
    #[must_use]
    pub fn user_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.user_files.push(path.into());
        self
    }

    /// Sets the size limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads the files.
    ///
    /// Does not fail: what could not be taken in is in [`SystemContext::skipped`]. The same files give the same result.
    #[must_use]
    pub fn load(&self) -> SystemContext {
        let mut loader = Loader::new(self.limits);
        for path in &self.user_files {
            loader.add_user_file(path);
        }
        let (chain, problems) = Chain::resolve(&self.working_dir, self.boundary.as_deref());
        for problem in problems {
            loader.skip(problem);
        }
        if let Some(chain) = chain {
            for folder in &chain.folders {
                for name in &self.file_names {
                    loader.add_project_file(&chain.boundary, folder, name);
                }
            }
        }
        loader.finish()
    }
}
