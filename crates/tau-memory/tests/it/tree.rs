//! A scratch folder and what a load of it looks like.

#![expect(clippy::unwrap_used, reason = "a scratch folder that cannot be made fails the test")]

use std::path::{Path, PathBuf};

use tau_memory::SystemContext;
use tau_memory::bootstrap::SkipReason;

pub(crate) struct Tree {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Real, so that paths in results can be compared where the temporary folder is behind a link.
        let root = folder.path().canonicalize().unwrap();
        let tree = Self { _folder: folder, root };
        for (path, bytes) in files {
            tree.write(path, bytes);
        }
        tree
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn dir(&self, path: &str) -> PathBuf {
        let path = self.at(path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Label and trimmed text of every section.
    pub(crate) fn sections(context: &SystemContext) -> Vec<(&str, &str)> {
        context.sections.iter().map(|section| (section.label.as_str(), section.text.trim())).collect()
    }

    /// Path relative to the root, and reason.
    pub(crate) fn skipped(&self, context: &SystemContext) -> Vec<(String, SkipReason)> {
        context.skipped.iter().map(|skip| (self.relative(&skip.path), skip.reason.clone())).collect()
    }
}
