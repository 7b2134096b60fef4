//! Repositories of others, fetched with the program git.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::environment;
use crate::exit::UsageError;

const PATIENCE: Duration = Duration::from_secs(300);

/// A repository in a folder of its own, which goes with this.
pub(crate) struct Clone {
    #[expect(dead_code, reason = "the folder goes with it")]
    around: tempfile::TempDir,
    /// Named as the repository is: a plugin without a manifest is called after its folder.
    folder: PathBuf,
}

impl Clone {
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
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
    let io = |error: std::io::Error| miette::miette!("no folder for it: {error}");
    let around = tempfile::tempdir().map_err(io)?;
    let folder = around.path().join(name(url));
    std::fs::create_dir(&folder).map_err(io)?;
    let mut arguments = vec!["clone", "--quiet", "--no-recurse-submodules"];
    if commit.is_none() {
        arguments.extend(["--depth", "1"]);
    }
    if let Some(reference) = reference.filter(|_| commit.is_none()) {
        arguments.extend(["--branch", reference]);
    }
    arguments.extend(["--", url, "."]);
    run(&folder, &arguments).await?;
    if let Some(commit) = commit {
        run(&folder, &["checkout", "--quiet", "--detach", commit]).await?;
    }
    Ok(Clone { around, folder })
}

/// The last part of an address, as far as it can be the name of a folder.
fn name(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let last = last.strip_suffix(".git").unwrap_or(last).trim_start_matches(['.', '-']);
    let name: String = last.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
    if name.is_empty() { "plugin".to_owned() } else { name }
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
