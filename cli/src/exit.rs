//! How the program ends.

use std::process::ExitCode;

/// How the program ends. The numbers are part of the interface: scripts depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The work is done.
    Done = 0,
    /// It failed: the model could not be asked, or something of the machine failed.
    Failed = 1,
    /// The command line or the configuration is wrong. Nothing was done.
    Usage = 2,
    /// A call needed permission, and nobody was there to give it.
    Denied = 3,
    /// The budget of tokens, money, tool calls or time was used up.
    Budget = 4,
    /// The limit of turns was met.
    TurnLimit = 5,
    /// A run of a graph waits for an answer, or pauses where it was told to.
    Waiting = 6,
    /// It was interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A mistake of whoever called: the command line or the configuration.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{message}")]
pub(crate) struct UsageError {
    pub(crate) message: String,
    #[help]
    pub(crate) help: Option<String>,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

/// The exit code of an error that ended the program.
pub(crate) fn of_report(report: &miette::Report) -> Exit {
    let is_usage = report.is::<UsageError>() || report.is::<crate::config::LoadError>();
    if is_usage { Exit::Usage } else { Exit::Failed }
}
