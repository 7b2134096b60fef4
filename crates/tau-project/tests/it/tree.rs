//! A scratch project.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tau_project::Finding;

pub(crate) struct Tree {
    _folder: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Real, so that paths in results can be compared where the temporary folder is behind a link.
        let root = folder.path().canonicalize().unwrap();
        let tree = Self { _folder: folder, root };
        files.iter().for_each(|(path, text)| tree.write(path, text));
        tree
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn script(&self, path: &str, text: &str) {
        self.write(path, format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(self.at(path), PermissionsExt::from_mode(0o755)).unwrap();
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// What is said of files, with paths relative to the root.
    pub(crate) fn told<'a>(&self, findings: impl IntoIterator<Item = &'a Finding>) -> Vec<String> {
        let root = format!("{}/", self.root.display());
        findings.into_iter().map(|finding| finding.to_string().replace(&root, "")).collect()
    }
}
