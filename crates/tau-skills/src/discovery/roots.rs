//! Where projects and users keep skills.

use std::path::{Path, PathBuf};

use super::{Discovery, Scope};

/// The folders of a project that hold an agent's files, the nearest to tau first. `skills` and `commands` are in them.
///
/// `.agents` is what the specification's client guide asks for, `.claude` what most published projects have.
pub const PROJECT_FOLDERS: [&str; 3] = [".tau", ".agents", ".claude"];

impl Discovery {
    /// Adds the skills and commands of a project, in the working folder and in every folder above it up to the root;
    /// the nearer win. A root that does not contain the working folder counts as the working folder.
    #[must_use]
    pub fn project(self, working_dir: &Path, project_root: &Path) -> Self {
        let root = if working_dir.starts_with(project_root) { project_root } else { working_dir };
        let folders = working_dir.ancestors().take_while(|folder| folder.starts_with(root));
        folders.fold(self, |discovery, folder| discovery.folders_of(folder, Scope::Project))
    }

    /// Adds the skills and commands that a user keeps in the home folder, in the folders projects have too.
    #[must_use]
    pub fn home(self, home: &Path) -> Self {
        self.folders_of(home, Scope::User)
    }

    fn folders_of(self, folder: &Path, scope: Scope) -> Self {
        PROJECT_FOLDERS.iter().fold(self, |discovery, name| {
            let folder = folder.join(name);
            discovery.root(folder.join("skills"), scope).commands(folder.join("commands"), scope)
        })
    }
}

/// The folders of skills that come to matter when a file below the working folder is touched: those of the folders
/// between, the nearest to the file first. Empty for a file elsewhere.
///
/// Whoever calls gives them to a discovery when an agent first works there; a big repository is not searched for them.
#[must_use]
pub fn nested_roots(working_dir: &Path, touched: &Path) -> Vec<PathBuf> {
    let above = touched.ancestors().skip(1);
    let below = above.take_while(|folder| *folder != working_dir && folder.starts_with(working_dir));
    below
        .flat_map(|folder| PROJECT_FOLDERS.iter().map(move |name| folder.join(name).join("skills")))
        .filter(|folder| folder.is_dir())
        .collect()
}
