//! What stays as it is inside a workspace, because programs outside the sandbox obey it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A path inside every workspace that commands can read and not change: what programs outside the sandbox obey, such
/// as hooks of git, start files of shells and the configuration of agents and editors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Protected {
    /// Relative to the workspace, without `..`.
    pub path: PathBuf,
    /// What stands there, for the time of the sandbox, when the host has nothing there.
    #[serde(default)]
    pub when_missing: WhenMissing,
}

/// What stands at a protected path, for the time of the sandbox, when the host has nothing there: something has to, or
/// a command could make it. It is taken away again when the sandbox ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhenMissing {
    /// An empty folder, also where a file is meant: git does not list it, and no program obeys it. It stands for the
    /// topmost folder that is missing.
    #[default]
    Folder,
    /// A file with this content, where its folder exists; otherwise nothing, so another path has to protect the folder.
    File(String),
}

impl Protected {
    /// A path that is an empty folder while it is missing.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), when_missing: WhenMissing::Folder }
    }

    /// A path that is a file with this content while it is missing.
    pub fn file(path: impl Into<PathBuf>, content: impl Into<String>) -> Self {
        Self { path: path.into(), when_missing: WhenMissing::File(content.into()) }
    }
}

/// `.git` alone stays writable: committing is work. What makes git run programs is what is held: hooks, configuration
/// and whatever leads to another configuration.
const FOLDERS: [&str; 24] = [
    ".git/hooks",
    ".git/config",
    ".git/modules",
    ".git/worktrees",
    ".tau",
    ".claude",
    ".mcp.json",
    ".vscode",
    ".idea",
    ".husky",
    ".envrc",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".gitconfig",
    ".ssh",
    ".netrc",
    ".npmrc",
];

pub(super) fn defaults() -> Vec<Protected> {
    let mut all: Vec<Protected> = FOLDERS.map(Protected::new).into();
    // Both are read by git as files: content that changes nothing, because an empty folder would stop git.
    all.push(Protected::file(".git/commondir", ".\n"));
    all.push(Protected::file(".git/config.worktree", ""));
    all
}
