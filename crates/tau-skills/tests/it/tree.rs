//! A scratch folder of skills.

#![expect(clippy::unwrap_used, reason = "a scratch folder that cannot be made fails the test")]

use std::path::{Path, PathBuf};

use tau_skills::{Catalogue, Discovery, Scope};

pub(crate) struct Tree {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Real, so that paths in results can be compared where the temporary folder is behind a link.
        let root = folder.path().canonicalize().unwrap();
        let tree = Self { _folder: folder, root };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A skill whose name is that of its folder.
    pub(crate) fn skill(&self, folder: &str, description: &str) {
        let name = folder.rsplit('/').next().unwrap();
        self.write(
            &format!("{folder}/SKILL.md"),
            format!("---\nname: {name}\ndescription: {description}\n---\n"),
        );
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Finds the project's skills in `skills`.
    pub(crate) fn discover(&self) -> Catalogue {
        Discovery::new().root(self.at("skills"), Scope::Project).discover()
    }

    /// Path relative to the root, and the reason in words.
    pub(crate) fn skipped(&self, catalogue: &Catalogue) -> Vec<(String, String)> {
        catalogue.skipped.iter().map(|skip| (self.relative(&skip.path), skip.reason.to_string())).collect()
    }
}

pub(crate) fn names(catalogue: &Catalogue) -> Vec<&str> {
    catalogue.skills.keys().map(String::as_str).collect()
}
