//! The walk through one root.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use super::{Limits, Root, SKILL_FILE, Watch, unreadable};
use crate::catalogue::{SkipReason, Skipped};
use crate::parallel;
use crate::skill::Kind;

/// Names and kinds of what is in a folder.
type Entries = Vec<(OsString, FileType)>;

/// Names and kinds in a folder, by name. Links are not followed.
pub(crate) fn entries(folder: &Path) -> io::Result<Entries> {
    let read = |entry: io::Result<std::fs::DirEntry>| {
        entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)))
    };
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.map(read).collect::<io::Result<_>>()?;
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(entries)
}

pub(crate) fn is_ignored(name: &OsStr) -> bool {
    name == ".git" || name == "node_modules"
}

pub(super) struct Walk<'a> {
    root: &'a Root,
    limits: Limits,
    visited: &'a mut HashSet<PathBuf>,
    watch: &'a mut Watch,
    files: Vec<PathBuf>,
    skipped: Vec<Skipped>,
}

struct Visit {
    path: PathBuf,
    /// Free of links. Kept along the way, because asking the system for it in every folder costs more than the rest.
    real: PathBuf,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        root: &'a Root,
        limits: Limits,
        visited: &'a mut HashSet<PathBuf>,
        watch: &'a mut Watch,
    ) -> Self {
        Self { root, limits, visited, watch, files: Vec::new(), skipped: Vec::new() }
    }

    /// The files that hold skills, by breadth and then by name, and what was not looked at.
    pub(super) fn run(mut self) -> (Vec<PathBuf>, Vec<Skipped>) {
        let root = self.root.path.as_path();
        self.watch.add(std::slice::from_ref(&self.root.path));
        let real = match std::fs::canonicalize(root) {
            Ok(real) => real,
            Err(error) => {
                let absent = error.kind() == io::ErrorKind::NotFound && root.symlink_metadata().is_err();
                if !absent {
                    self.skipped.push(unreadable(root, &error));
                }
                return (self.files, self.skipped);
            }
        };
        let mut level = Vec::new();
        self.enqueue(Visit { path: root.to_path_buf(), real }, &mut level);
        let mut room = self.limits.max_folders;
        for depth in 0..=self.limits.max_depth {
            let is_cut = level.len() > room;
            level.truncate(room);
            room -= level.len();
            level = self.visit(&level, depth);
            if is_cut {
                let reason = SkipReason::FolderLimit { limit: self.limits.max_folders };
                self.skipped.push(Skipped::new(root, reason));
                level.clear();
            }
        }
        if !level.is_empty() {
            self.skipped.push(Skipped::new(root, SkipReason::DepthLimit { folders: level.len() }));
        }
        (self.files, self.skipped)
    }

    /// Notes the skills of these folders; the folders in them.
    fn visit(&mut self, level: &[Visit], depth: usize) -> Vec<Visit> {
        let paths: Vec<PathBuf> = level.iter().map(|visit| visit.path.clone()).collect();
        self.watch.add(&paths);
        let listed = parallel::map(&paths, |path| entries(path));
        let mut below = Vec::new();
        for (visit, entries) in level.iter().zip(listed) {
            let entries = match entries {
                Ok(entries) => entries,
                Err(error) => {
                    self.skipped.push(unreadable(&visit.path, &error));
                    continue;
                }
            };
            self.note_files(&visit.path, &entries);
            for child in self.children(visit, depth, entries) {
                // Beyond the last level folders are only counted: they were not visited.
                if depth == self.limits.max_depth {
                    below.push(child);
                } else {
                    self.enqueue(child, &mut below);
                }
            }
        }
        below
    }

    fn enqueue(&mut self, visit: Visit, queue: &mut Vec<Visit>) {
        if self.visited.insert(visit.real.clone()) {
            queue.push(visit);
        } else {
            self.skipped.push(Skipped::new(&visit.path, SkipReason::AlreadyVisited { folder: visit.real }));
        }
    }

    fn note_files(&mut self, folder: &Path, entries: &[(OsString, FileType)]) {
        if self.root.kind == Kind::Command {
            let is_command = |name: &Path| name.extension().is_some_and(|extension| extension == "md");
            let commands =
                entries.iter().filter(|(name, kind)| is_command(Path::new(name)) && !kind.is_dir());
            self.files.extend(commands.map(|(name, _)| folder.join(name)));
        } else if entries.iter().any(|(name, _)| name == SKILL_FILE) {
            self.files.push(folder.join(SKILL_FILE));
        } else if let Some((name, _)) = entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(SKILL_FILE))
        {
            self.skipped.push(Skipped::new(&folder.join(name), SkipReason::FileNameCase));
        }
    }

    fn children(&mut self, parent: &Visit, depth: usize, entries: Entries) -> Vec<Visit> {
        let mut children = Vec::new();
        for (name, kind) in entries {
            if is_ignored(&name) || !(kind.is_dir() || kind.is_symlink()) {
                continue;
            }
            let path = parent.path.join(&name);
            let real = if kind.is_dir() {
                parent.real.join(&name)
            } else {
                // A link that leads nowhere now may lead somewhere later.
                self.watch.add(std::slice::from_ref(&path));
                match std::fs::canonicalize(&path) {
                    Ok(real) if real.is_dir() => real,
                    Ok(_) => continue,
                    Err(error) => {
                        // Beside the skills of a root, a broken link is a lost skill; deeper, some resource.
                        if depth == 0 {
                            self.skipped.push(unreadable(&path, &error));
                        }
                        continue;
                    }
                }
            };
            children.push(Visit { path, real });
        }
        children
    }
}
