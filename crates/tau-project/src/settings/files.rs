//! Which files there are, and whose they are.

use std::path::{Path, PathBuf};

use super::effective::{Layer, Layers};
use super::parse::Settings;
use crate::json::{self, Read};

/// Whose a file is. Of single values, that of the greater decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The user's, for all projects.
    User,
    /// The project's, for all who work on it.
    Project,
    /// The project's, for one who works on it. It may come with the repository, so it is trusted no more.
    Local,
    /// Of whoever owns the machine.
    Managed,
}

/// The folders of a project that may hold settings, those that go before others last.
const FOLDERS: [&str; 2] = [".claude", ".tau"];
const SHARED: &str = "settings.json";
const LOCAL: &str = "settings.local.json";

/// Where settings are read from.
#[derive(Debug, Clone)]
pub struct SettingsFiles {
    root: PathBuf,
    files: Vec<(Scope, PathBuf)>,
}

impl SettingsFiles {
    /// Those of a project: of its root, and of each folder from there down to the working folder. Paths must be absolute.
    #[must_use]
    pub fn of_project(root: &Path, working_dir: &Path) -> Self {
        let mut folders: Vec<&Path> =
            working_dir.ancestors().take_while(|folder| folder.starts_with(root)).collect();
        folders.reverse();
        if folders.is_empty() {
            folders.push(root);
        }
        let file = |name: &'static str, scope| {
            let in_folder = move |folder: &Path| FOLDERS.map(|inner| (scope, folder.join(inner).join(name)));
            folders.iter().copied().flat_map(in_folder).collect::<Vec<_>>()
        };
        let files = [file(SHARED, Scope::Project), file(LOCAL, Scope::Local)].concat();
        Self { root: root.to_owned(), files }
    }

    /// The same with a file of the user, below those that were added before.
    #[must_use]
    pub fn user(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push((Scope::User, path.into()));
        self
    }

    /// The same with a file of the machine's owner.
    #[must_use]
    pub fn managed(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push((Scope::Managed, path.into()));
        self
    }

    /// Reads them. It does not fail: what did not count is in [`Layers::findings`].
    #[must_use]
    pub fn read(&self) -> Layers {
        let mut layers = Layers::of(&self.root);
        let mut files = self.files.clone();
        files.sort_by_key(|(scope, _)| *scope);
        for (scope, path) in files {
            match json::read(&path, &mut layers.findings) {
                Read::Absent => {}
                Read::Unclear => layers.unclear.push(path),
                Read::Object(object) => {
                    let settings = Settings::parse(object, &path, scope, &mut layers.findings);
                    if settings.permissions.is_unclear {
                        layers.unclear.push(path.clone());
                    }
                    layers.layers.push(Layer { scope, path, settings });
                }
            }
        }
        layers
    }
}
