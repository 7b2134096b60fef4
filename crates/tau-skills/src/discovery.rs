//! Finding skills below the folders the caller names.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use tau_memory::text::ReadErrorKind;

use crate::catalogue::{Catalogue, SkipReason, Skipped};
use crate::load::load;

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
}

/// How far discovery goes. The defaults are those the client guide of the specification recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Folders below a root that are descended through; default 6.
    pub max_depth: usize,
    /// Folders visited per root; default 2,000.
    pub max_folders: usize,
}

/// A search for skills.
///
/// Nothing is touched before [`discover`](Self::discover). Folders are visited by breadth, and by name within a folder.
/// Links are followed; a folder reached twice is visited once. `.git` and `node_modules` are not entered. A skill folder
/// is searched too: collections keep skills below a skill.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    roots: Vec<(PathBuf, Scope)>,
    limits: Limits,
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
    pub fn root(mut self, path: impl Into<PathBuf>, scope: Scope) -> Self {
        self.roots.push((path.into(), scope));
        self
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
        let mut catalogue = Catalogue::default();
        let mut visited = BTreeSet::new();
        let mut roots = self.roots.clone();
        // Stable: the caller's order holds within a scope. A folder in two roots belongs to the one with precedence.
        roots.sort_by_key(|(_, scope)| *scope);
        for (path, scope) in roots {
            let mut walk =
                Walk { limits: self.limits, visited: &mut visited, folders: Vec::new(), skipped: Vec::new() };
            walk.run(&path);
            catalogue.skipped.append(&mut walk.skipped);
            for folder in walk.folders {
                load(&folder, scope, &mut catalogue);
            }
        }
        catalogue
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 6, max_folders: 2_000 }
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

/// Names and kinds in a folder, by name. Links are not followed.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let read = |entry: io::Result<std::fs::DirEntry>| {
        entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)))
    };
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.map(read).collect::<io::Result<_>>()?;
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(entries)
}

pub(crate) fn is_ignored(name: &OsString) -> bool {
    name == ".git" || name == "node_modules"
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Skipped {
    Skipped::new(path, SkipReason::Unreadable(ReadErrorKind::Io(error.kind())))
}

struct Walk<'a> {
    limits: Limits,
    visited: &'a mut BTreeSet<PathBuf>,
    folders: Vec<PathBuf>,
    skipped: Vec<Skipped>,
}

struct Visit {
    path: PathBuf,
    /// Free of links. Kept along the way, because asking the system for it in every folder costs more than the rest.
    real: PathBuf,
    depth: usize,
}

impl Walk<'_> {
    fn run(&mut self, root: &Path) {
        let real = match std::fs::canonicalize(root) {
            Ok(real) => real,
            Err(error) => {
                let absent = error.kind() == io::ErrorKind::NotFound && root.symlink_metadata().is_err();
                if !absent {
                    self.skipped.push(unreadable(root, &error));
                }
                return;
            }
        };
        let mut queue = VecDeque::new();
        self.enqueue(Visit { path: root.to_path_buf(), real, depth: 0 }, &mut queue);
        let (mut folders, mut too_deep) = (0, 0);
        while let Some(visit) = queue.pop_front() {
            if folders == self.limits.max_folders {
                let reason = SkipReason::FolderLimit { limit: self.limits.max_folders };
                self.skipped.push(Skipped::new(root, reason));
                break;
            }
            folders += 1;
            let entries = match entries(&visit.path) {
                Ok(entries) => entries,
                Err(error) => {
                    self.skipped.push(unreadable(&visit.path, &error));
                    continue;
                }
            };
            self.note_skill_file(&visit.path, &entries);
            for child in self.children(&visit, entries) {
                if child.depth > self.limits.max_depth {
                    too_deep += 1;
                } else {
                    self.enqueue(child, &mut queue);
                }
            }
        }
        if too_deep > 0 {
            self.skipped.push(Skipped::new(root, SkipReason::DepthLimit { folders: too_deep }));
        }
    }

    fn enqueue(&mut self, visit: Visit, queue: &mut VecDeque<Visit>) {
        if self.visited.contains(&visit.real) {
            self.skipped.push(Skipped::new(&visit.path, SkipReason::AlreadyVisited { folder: visit.real }));
        } else {
            self.visited.insert(visit.real.clone());
            queue.push_back(visit);
        }
    }

    fn note_skill_file(&mut self, folder: &Path, entries: &[(OsString, FileType)]) {
        if entries.iter().any(|(name, _)| name == SKILL_FILE) {
            self.folders.push(folder.to_path_buf());
        } else if let Some((name, _)) = entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(SKILL_FILE))
        {
            self.skipped.push(Skipped::new(&folder.join(name), SkipReason::FileNameCase));
        }
    }

    fn children(&mut self, parent: &Visit, entries: Vec<(OsString, FileType)>) -> Vec<Visit> {
        let mut children = Vec::new();
        for (name, kind) in entries {
            if is_ignored(&name) || !(kind.is_dir() || kind.is_symlink()) {
                continue;
            }
            let path = parent.path.join(&name);
            let real = if kind.is_dir() {
                parent.real.join(&name)
            } else {
                match std::fs::canonicalize(&path) {
                    Ok(real) if real.is_dir() => real,
                    Ok(_) => continue,
                    Err(error) => {
                        // Beside the skills of a root, a broken link is a lost skill; deeper, some resource.
                        if parent.depth == 0 {
                            self.skipped.push(unreadable(&path, &error));
                        }
                        continue;
                    }
                }
            };
            children.push(Visit { path, real, depth: parent.depth + 1 });
        }
        children
    }
}
