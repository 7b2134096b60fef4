//! Bootstrap memory: the instruction files that apply to a working folder, from general to specific.
//!
//! Order: the files the caller names for the user, then, in every folder from the boundary down to the working folder,
//! each of the file names in turn, and then its [rules](Rule). Later sections are the more specific ones and stand nearer to
//! the conversation. Right behind a file stand those that it takes in with `@path`. Block comments are left out.
//!
//! What lies below the working folder, and rules for certain files, come when such a file is touched:
//! [`Bootstrap::nested_for`].

mod chain;
mod context;
mod imports;
mod limits;
mod loader;
mod rules;

use std::path::{Path, PathBuf};

pub use context::{Scope, Section, SkipReason, Skipped, SystemContext};
pub use imports::OutsideImports;
pub use limits::Limits;
pub use rules::Rule;

use chain::Chain;
use loader::Loader;

/// The names looked for in each folder, unless the caller gives others.
///
/// All of them, because existing projects use any; where one is a copy of another or a link to it, it counts once.
/// `X.override.md` takes the place of `X.md`.
pub const DEFAULT_FILE_NAMES: [&str; 5] =
    ["AGENTS.override.md", "AGENTS.md", "CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"];

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
    user_rules: Vec<PathBuf>,
    excluded: Vec<String>,
    limits: Limits,
    outside_imports: OutsideImports,
    home: Option<PathBuf>,
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
            user_rules: Vec::new(),
            excluded: Vec::new(),
            limits: Limits::default(),
            outside_imports: OutsideImports::default(),
            home: None,
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

    /// Adds a folder of rules of the user's. Their globs are relative to the boundary.
    #[must_use]
    pub fn user_rules(mut self, folder: impl Into<PathBuf>) -> Self {
        self.user_rules.push(folder.into());
        self
    }

    /// Leaves out files whose absolute path a glob names. One that is no glob names nothing.
    #[must_use]
    pub fn exclude<I>(mut self, globs: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.excluded.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Sets the size limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether files of the project may take in files from outside of it. They may not, unless it is said here.
    #[must_use]
    pub fn outside_imports(mut self, outside: OutsideImports) -> Self {
        self.outside_imports = outside;
        self
    }

    /// What `~` means in imports. Without it, such imports are not followed.
    #[must_use]
    pub fn home(mut self, path: impl Into<PathBuf>) -> Self {
        self.home = Some(path.into());
        self
    }

    /// Reads the files.
    ///
    /// Does not fail: what could not be taken in is in [`SystemContext::skipped`]. The same files give the same result.
    #[must_use]
    pub fn load(&self) -> SystemContext {
        let mut loader = Loader::new(self);
        for path in &self.user_files {
            loader.add_user_file(path);
        }
        let (chain, problems) = Chain::resolve(&self.working_dir, self.boundary.as_deref());
        for problem in problems {
            loader.skip(problem);
        }
        if let Some(chain) = chain {
            for rules in &self.user_rules {
                loader.add_user_rules(rules, &chain.boundary);
            }
            loader.within(&chain.boundary);
            for folder in &chain.folders {
                loader.add_folder(folder, &self.file_names);
                loader.add_rules(folder);
            }
        }
        loader.finish()
    }

    /// What applies to a file and is not loaded yet: the instructions and rules of the folders between the working folder
    /// and the file, and the rules whose globs name it. Empty for a file elsewhere.
    ///
    /// It is for the moment when an agent first touches the file. The caller adds it to what is
    /// [loaded](SystemContext::extend), and the limits hold for both together. The path must be absolute; the file need not
    /// exist.
    #[must_use]
    pub fn nested_for(&self, touched: &Path, loaded: &SystemContext) -> SystemContext {
        let (chain, _) = Chain::resolve(&self.working_dir, self.boundary.as_deref());
        let (Some(chain), Some(touched)) = (chain, real_file(touched)) else {
            return SystemContext::default();
        };
        let mut loader = Loader::beside(self, loaded);
        loader.within(&chain.boundary);
        for rule in loaded.conditional.iter().filter(|rule| rule.applies_to(&touched)) {
            loader.add_applied(rule);
        }
        for folder in chain.below(&touched) {
            loader.add_folder(&folder, &self.file_names);
            loader.add_rules(&folder);
        }
        loader.apply_rules(&touched);
        loader.finish()
    }
}

/// The path with the links of its folder resolved.
fn real_file(path: &Path) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(path.parent()?).ok()?;
    Some(folder.join(path.file_name()?))
}
