//! The tree of files in memory. There are no links, and a folder is there as long as a file stands below it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Files, hides};
use crate::environment::WorkspacePath;
use crate::environment::error::{EnvironmentError, EnvironmentErrorKind};
use crate::environment::search::{IgnoreRules, is_git_folder};
use crate::environment::tree::{Completeness, FileTree, Scan, ScanRules, Stamp, StampKind, TreeNode};

/// The files of an environment; their change times count changes.
pub(super) struct MemoryTree {
    files: Arc<Mutex<Files>>,
}

impl std::fmt::Debug for MemoryTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryTree").finish_non_exhaustive()
    }
}

impl MemoryTree {
    pub(super) fn new(files: &Arc<Mutex<Files>>) -> Self {
        Self { files: Arc::clone(files) }
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FileTree for MemoryTree {
    fn scan(&self, limit: usize, rules: Option<&ScanRules>) -> Result<Scan, EnvironmentError> {
        let files = self.lock().clone();
        let rules = rules.cloned().unwrap_or_else(|| {
            let files = files.clone();
            ScanRules(Arc::new(IgnoreRules::new(Box::new(move |path: &Path| files.rules(path)))))
        });
        let root = WorkspacePath::root();
        let mut entries: BTreeMap<WorkspacePath, Stamp> = files
            .by_path
            .keys()
            .filter(|path| !path.as_path().iter().any(is_git_folder))
            .filter(|path| !hides(&rules.0, &root, path.as_path()))
            .filter_map(|path| Some((path.clone(), files.stamp(path)?)))
            .collect();
        let completeness = if entries.len() > limit { Completeness::Cut } else { Completeness::Whole };
        while entries.len() > limit {
            entries.pop_last();
        }
        Ok(Scan::new(entries, completeness, rules, 0))
    }

    fn stamp(&self, path: &WorkspacePath) -> Result<Option<Stamp>, EnvironmentError> {
        Ok(self.lock().stamp(path))
    }

    fn content(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, EnvironmentError> {
        self.lock().read(path, limit)
    }

    fn locate(&self, path: &WorkspacePath) -> Result<WorkspacePath, EnvironmentError> {
        Ok(path.clone())
    }

    fn put(&self, path: &WorkspacePath, node: &TreeNode<'_>) -> Result<(), EnvironmentError> {
        match node {
            TreeNode::File { content, mode } => {
                let mut files = self.lock();
                files.write(path, content)?;
                if let Some(file) = files.by_path.get_mut(path) {
                    file.mode = *mode;
                }
                Ok(())
            }
            TreeNode::Folder { .. } => self.remove(path),
            TreeNode::Link { .. } => {
                let problem = "there are no links in this environment";
                Err(EnvironmentError::new(EnvironmentErrorKind::Unsupported, path, problem))
            }
        }
    }

    fn remove(&self, path: &WorkspacePath) -> Result<(), EnvironmentError> {
        let mut files = self.lock();
        if files.stamp(path).is_some_and(|stamp| stamp.kind == StampKind::Folder) {
            return Err(EnvironmentError::new(
                EnvironmentErrorKind::Io,
                path,
                "is a folder that is not empty",
            ));
        }
        if files.by_path.remove(path).is_some() {
            files.changes += 1;
        }
        Ok(())
    }
}

impl Files {
    fn stamp(&self, path: &WorkspacePath) -> Option<Stamp> {
        if let Some(file) = self.by_path.get(path) {
            let len = file.content.len() as u64;
            return Some(Stamp::new(StampKind::File, file.mode, len, file.changed, 0));
        }
        self.below(path).next().map(|_| Stamp::new(StampKind::Folder, 0o755, 0, 0, 0))
    }
}
