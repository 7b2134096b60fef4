//! The repository in memory: its members and the text of its files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ignore::WalkBuilder;

use crate::workspace::{self, Kind, Member, Workspace};

/// A folder whose Rust files stand for input of tests and are no code of ours.
const FIXTURES: &str = "fixtures";

/// The repository as the rules see it.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Absolute path.
    pub(crate) root: PathBuf,
    /// What cargo says of it.
    pub(crate) workspace: Workspace,
    /// Text files that git tracks or would track, in order of their paths.
    pub(crate) files: Vec<TextFile>,
}

/// A file that is valid UTF-8 without a NUL.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Relative to the root, with `/` between its parts.
    pub(crate) path: String,
    /// Its whole content.
    pub(crate) text: String,
}

impl Tree {
    /// Reads the tree. What `.gitignore` names is left out; files not yet added to git are in.
    pub(crate) fn load(root: &Path) -> anyhow::Result<Self> {
        let root = root.canonicalize().with_context(|| format!("{} cannot be read", root.display()))?;
        let workspace = Workspace::load(&root)?;
        let walk = WalkBuilder::new(&root)
            .hidden(false)
            .ignore(false)
            .parents(false)
            .git_global(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        let mut files = Vec::new();
        for entry in walk {
            let entry = entry?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let bytes = match fs::read(entry.path()) {
                Ok(bytes) => bytes,
                // Removed since it was listed: an editor's or a test's temporary file.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).with_context(|| entry.path().display().to_string()),
            };
            if let Ok(text) = String::from_utf8(bytes)
                && !text.contains('\0')
            {
                files.push(TextFile { path: workspace::relative(&root, entry.path()), text });
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Tree { root, workspace, files })
    }

    /// The text file at that path.
    pub(crate) fn file(&self, path: &str) -> Option<&TextFile> {
        let index = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(index)
    }

    /// The Rust files of the members and of the examples.
    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| {
            file.path.ends_with(".rs")
                && !has_folder(&file.path, FIXTURES)
                && (file.path.starts_with("examples/") || self.owner(&file.path).is_some())
        })
    }

    /// The member whose folder holds the path.
    pub(crate) fn owner(&self, path: &str) -> Option<&Member> {
        self.workspace.members.iter().find(|member| is_below(path, &member.dir))
    }

    /// What the file is the root of, if it is a crate root.
    pub(crate) fn root_kind(&self, path: &str) -> Option<Kind> {
        let targets = &self.owner(path)?.targets;
        targets.iter().find(|target| target.path == path).map(|target| target.kind)
    }
}

/// Whether `path` lies in the folder `dir`.
pub(crate) fn is_below(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a folder on the way to the file has that name.
pub(crate) fn has_folder(path: &str, name: &str) -> bool {
    let mut parts = path.split('/');
    parts.next_back();
    parts.any(|part| part == name)
}
