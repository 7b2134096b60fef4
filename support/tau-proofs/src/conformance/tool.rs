//! Programs of others, started and read.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::Command;

/// The longest that one may take: an installation with a slow registry.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a program printed.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) succeeded: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

impl Ran {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// A command in a folder.
pub(super) fn command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end, whatever that is.
pub(super) async fn run(mut command: Command) -> anyhow::Result<Ran> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.with_context(|| format!("{name} takes too long"))?;
    let output = output.with_context(|| format!("{name} does not start"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Ran { succeeded: output.status.success(), stdout: output.stdout, stderr })
}

/// Runs a command that must succeed.
pub(super) async fn succeed(command: Command) -> anyhow::Result<Ran> {
    let shown = format!("{:?}", command.as_std());
    let ran = run(command).await?;
    if !ran.succeeded {
        let said = format!("{}{}", ran.text(), ran.stderr);
        bail!("{shown} fails: {}", said.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(ran)
}

/// Whether an installation failed because its registry cannot be reached, and not because of what was asked for.
pub(super) fn is_offline(error: &anyhow::Error) -> bool {
    let said = error.to_string();
    let signs =
        ["ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "Failed to establish a new connection"];
    signs.iter().any(|sign| said.contains(sign))
}

/// Whether a program is there.
pub(super) async fn is_there(program: &str) -> bool {
    let mut command = command(program, Path::new("."));
    command.arg("--version");
    run(command).await.is_ok_and(|ran| ran.succeeded)
}
