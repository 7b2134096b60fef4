//! What only whoever started a server knows of it: a port that the program around the runtime fills.

use std::fmt;
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use tau_core::config::ConfigError;

/// What only whoever started the server knows of it: its configuration, its log.
pub trait Operator: fmt::Debug + Send + Sync {
    /// What is found when everything is checked that a run needs.
    fn findings(&self, probe: Probe) -> BoxFuture<'_, Vec<Finding>>;

    /// What is wrong with a whole configuration.
    ///
    /// # Errors
    /// With why the text is not of its format.
    fn check_document(&self, document: Document<'_>) -> Result<Vec<ConfigError>, String>;

    /// What of its log is written, where that can be changed.
    fn log(&self) -> Option<&dyn LogFilter> {
        None
    }
}

/// What of a program's log is written.
pub trait LogFilter: fmt::Debug + Send + Sync {
    /// What is written now.
    fn current(&self) -> LogDirectives;

    /// Changes what is written; empty directives are those of the start. For a time, where one is given, after which those
    /// of the start come back. Gives what was in force before.
    ///
    /// # Errors
    /// With what is wrong with the directives.
    fn set(&self, directives: &str, time: Option<Duration>) -> Result<LogDirectives, String>;
}

/// What of a log is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogDirectives {
    /// Levels, and levels of targets, separated by commas: `info,tau_runtime=debug`.
    pub text: String,
    /// When they end, and those of the start come back.
    pub until: Option<SystemTime>,
}

impl LogDirectives {
    /// Directives that are in force until others come.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), until: None }
    }
}

/// Whether model servers are asked too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "they are asked or not")]
pub enum Probe {
    /// They are not.
    Local,
    /// They are, which takes time and may count against a quota.
    Models,
}

/// A whole configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document<'a> {
    /// As TOML.
    Toml(&'a str),
    /// As JSON.
    Json(&'a str),
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was checked, a stable name.
    pub check: String,
    /// What was found.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl Finding {
    /// A finding.
    pub fn new(
        severity: Severity,
        check: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { severity, check: check.into(), message: message.into(), hint: hint.into() }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// As it should be.
    Good,
    /// Works, but someone should know.
    Note,
    /// Does not work.
    Bad,
}
