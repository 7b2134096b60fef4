//! Repositories of others, fetched with the program git.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::environment;
use crate::exit::UsageError;

const PATIENCE: Duration = Duration::from_secs(300);

/// A repository in a folder of its own, which goes with this.
pub(crate) struct Clone {
    folder: tempfile::TempDir,
}

impl Clone {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Clones a repository at a branch or tag, or at a commit, without history where it can be helped. It asks nobody for a
/// password, runs no hooks and no program that the address names, and brings no submodules.
pub(crate) async fn clone(url: &str, reference: Option<&str>, commit: Option<&str>) -> miette::Result<Clone> {
    let is_odd = |word: &str| word.starts_with('-') || word.chars().any(char::is_control);
    if [Some(url), reference, commit].into_iter().flatten().any(is_odd) {
        return Err(UsageError::new(
            "this is no address of a repository",
            "give one such as https://host/x.git",
        )
        .into());
    }
    if environment::find_program("git").is_none() {
        return Err(UsageError::new("git is not found", "install git, or give a folder").into());
    }
    let folder = tempfile::tempdir().map_err(|error| miette::miette!("no folder for it: {error}"))?;
    let mut arguments = vec!["clone", "--quiet", "--no-recurse-submodules"];
    if commit.is_none() {
        arguments.extend(["--depth", "1"]);
    }
    if let Some(reference) = reference.filter(|_| commit.is_none()) {
        arguments.extend(["--branch", reference]);
    }
    arguments.extend(["--", url, "."]);
    run(folder.path(), &arguments).await?;
    if let Some(commit) = commit {
        run(folder.path(), &["checkout", "--quiet", "--detach", commit]).await?;
    }
    Ok(Clone { folder })
}

async fn run(folder: &Path, arguments: &[&str]) -> miette::Result<()> {
    let mut git = Command::new("git");
    git.args(["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"]).args(arguments);
    git.current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    git.env("GIT_TERMINAL_PROMPT", "0");
    let output = tokio::time::timeout(PATIENCE, git.output()).await;
    let output = output.map_err(|_| miette::miette!("git takes too long"))?;
    let output = output.map_err(|error| miette::miette!("git does not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // What git says can name the address with the credentials in it, so only its last line is shown, without them.
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed");
    let words =
        last.split(' ').map(|word| if word.contains("://") && word.contains('@') { "..." } else { word });
    Err(miette::miette!("git: {}", words.collect::<Vec<_>>().join(" ")))
}
