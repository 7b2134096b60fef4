//! Finding skills below the folders the caller names.

mod cache;
mod roots;
mod walk;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tau_memory::text::ReadErrorKind;

use crate::catalogue::{Catalogue, SkipReason, Skipped};
use crate::load;
use crate::parallel;
use crate::skill::Kind;

pub use cache::Cache;
pub use roots::{PROJECT_FOLDERS, nested_roots};

pub(crate) use walk::{entries, is_ignored};

use cache::{Seen, Stamp};
use walk::Walk;

/// The name of the file that makes a folder a skill.
pub const SKILL_FILE: &str = "SKILL.md";

/// Whose skills a root holds, in order of precedence: a project's skill wins over the user's of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The project's.
    Project,
    /// The user's, for all projects.
    User,
    /// A plugin's. Its skills have the plugin's name before their own (`plugin:skill`), so they lose to no other.
    Plugin,
}

/// How far discovery goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Folders below a root that are descended through; default 6, as the client guide of the specification says.
    pub max_depth: usize,
    /// Folders visited per root; default 20,000. The guide says 2,000, which collections of skills exceed.
    pub max_folders: usize,
}

/// A search for skills.
///
/// Nothing is touched before [`discover`](Self::discover). Folders are visited by breadth, and by name within a folder.
/// Links are followed; a folder reached twice is visited once. `.git` and `node_modules` are not entered. A skill folder
/// is searched too: collections keep skills below a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    roots: Vec<Root>,
    limits: Limits,
}

/// A folder to look in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) kind: Kind,
    /// The plugin whose skills these are.
    pub(crate) namespace: Option<String>,
}

impl Discovery {
    /// A search without roots.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a folder of skills, such as `<project>/.agents/skills`; a root may also be a skill itself.
    ///
    /// Within a scope earlier roots win. A root that does not exist is not reported. Paths should be absolute.
    #[must_use]
    pub fn root(self, path: impl Into<PathBuf>, scope: Scope) -> Self {
        self.with(Root { path: path.into(), scope, kind: Kind::Skill, namespace: None })
    }

    /// Adds a folder of commands, such as `<project>/.claude/commands`: every `*.md` in it is a skill that is named
    /// after its file. A skill wins over a command of the same name.
    #[must_use]
    pub fn commands(self, path: impl Into<PathBuf>, scope: Scope) -> Self {
        self.with(Root { path: path.into(), scope, kind: Kind::Command, namespace: None })
    }

    /// Adds a folder of skills of a plugin, whose name stands before theirs.
    #[must_use]
    pub fn plugin(self, plugin: impl Into<String>, path: impl Into<PathBuf>, kind: Kind) -> Self {
        self.with(Root { path: path.into(), scope: Scope::Plugin, kind, namespace: Some(plugin.into()) })
    }

    /// Sets how far to go.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Walks the roots and reads the head of every `SKILL.md`.
    ///
    /// Does not fail: what was not loaded is in [`Catalogue::skipped`].
    #[must_use]
    pub fn discover(&self) -> Catalogue {
        self.search(&mut Watch::default())
    }

    /// The same, which is what the cache holds where nothing of it has changed.
    #[must_use]
    pub fn discover_again(&self, cache: &mut Cache) -> Arc<Catalogue> {
        cache.get(self).unwrap_or_else(|| {
            let mut watch = Watch { seen: Some(Vec::new()) };
            let catalogue = Arc::new(self.search(&mut watch));
            cache.keep(self, watch.seen.unwrap_or_default(), &catalogue);
            catalogue
        })
    }

    fn search(&self, watch: &mut Watch) -> Catalogue {
        let mut catalogue = Catalogue::default();
        let mut visited = HashSet::new();
        let mut roots = self.roots.clone();
        // Stable: the caller's order holds within a scope. A folder in two roots belongs to the one with precedence.
        roots.sort_by_key(|root| (root.kind, root.scope));
        for root in &roots {
            let (files, mut skipped) = Walk::new(root, self.limits, &mut visited, watch).run();
            catalogue.skipped.append(&mut skipped);
            watch.add(&files);
            let read = parallel::map(&files, |path| load::read(path, root));
            for (path, found) in files.iter().zip(read) {
                match found {
                    Err(reason) => catalogue.skipped.push(Skipped::new(path, reason)),
                    Ok((skill, warnings)) => catalogue.enter(skill, warnings),
                }
            }
        }
        catalogue
    }

    fn with(mut self, root: Root) -> Self {
        self.roots.push(root);
        self
    }
}

/// What a discovery looks at, where somebody wants to know.
#[derive(Debug, Default)]
struct Watch {
    seen: Option<Vec<Seen>>,
}

impl Watch {
    /// To be called before these are read.
    fn add(&mut self, paths: &[PathBuf]) {
        if let Some(seen) = &mut self.seen {
            let stamps = parallel::map(paths, |path| Stamp::of(path));
            seen.extend(paths.iter().cloned().zip(stamps));
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 6, max_folders: 20_000 }
    }
}

impl Limits {
    /// Sets the depth.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth;
        self
    }

    /// Sets the number of folders per root.
    #[must_use]
    pub fn max_folders(mut self, folders: usize) -> Self {
        self.max_folders = folders;
        self
    }
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Skipped {
    Skipped::new(path, SkipReason::Unreadable(ReadErrorKind::Io(error.kind())))
}
