//! Commands that can be shown before they are run.

use std::fmt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Output, Stdio};

use anyhow::Context;

/// A command line: what is printed is what is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cmd {
    program: String,
    args: Vec<String>,
    envs: Vec<(String, String)>,
}

impl Cmd {
    /// A command of the given program.
    pub(crate) fn new<A: Into<String>>(
        program: impl Into<String>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        Cmd { program: program.into(), args: args.into_iter().map(Into::into).collect(), envs: Vec::new() }
    }

    /// A cargo command.
    pub(crate) fn cargo<A: Into<String>>(args: impl IntoIterator<Item = A>) -> Self {
        Cmd::new("cargo", args)
    }

    /// Appends arguments.
    pub(crate) fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one environment variable of the child.
    pub(crate) fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.envs.push((name.into(), value.into()));
        self
    }

    /// Runs it in `dir` with the terminal as its input and output.
    pub(crate) fn status(&self, dir: &Path) -> anyhow::Result<ExitStatus> {
        self.command(dir).status().with_context(|| format!("could not start `{self}`"))
    }

    /// Runs it in `dir` and takes what it prints.
    pub(crate) fn output(&self, dir: &Path) -> anyhow::Result<Output> {
        self.command(dir).stdin(Stdio::null()).output().with_context(|| format!("could not start `{self}`"))
    }

    /// Whether it can be started and succeeds, without a word on the terminal.
    pub(crate) fn succeeds(&self, dir: &Path) -> bool {
        self.output(dir).is_ok_and(|output| output.status.success())
    }

    /// Runs it in place of this process: its exit code is ours.
    pub(crate) fn forward(&self, dir: &Path) -> anyhow::Result<ExitCode> {
        let status = self.status(dir)?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }

    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(dir);
        command.envs(self.envs.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.envs {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&quoted(&self.program))?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

/// The word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_prints_as_a_shell_reads_it() {
        let cmd = Cmd::cargo(["doc", "--no-deps"]).args(["it's", ""]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(cmd.to_string(), r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s' ''");
    }
}
