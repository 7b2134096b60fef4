//! What a rule reports.

use std::fmt;

/// Whether a violation fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Error,
    Warning,
}

/// One place where the repository breaks a rule. Ordered as it is printed: by path, then line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// File, relative to the root.
    pub(crate) path: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Name of the rule.
    pub(crate) rule: &'static str,
    /// Whether it fails the run.
    pub(crate) severity: Severity,
    /// What is wrong; what to do.
    pub(crate) message: String,
}

impl Violation {
    /// A violation that fails the run.
    pub(crate) fn error(path: &str, line: usize, rule: &'static str, message: impl Into<String>) -> Self {
        Violation { path: path.to_owned(), line, rule, severity: Severity::Error, message: message.into() }
    }

    /// A violation that is only printed.
    pub(crate) fn warning(path: &str, line: usize, rule: &'static str, message: impl Into<String>) -> Self {
        Violation { severity: Severity::Warning, ..Violation::error(path, line, rule, message) }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { path, line, rule, severity, message } = self;
        let warning = if *severity == Severity::Warning { "warning: " } else { "" };
        write!(f, "{path}:{line}: {rule}: {warning}{message}")
    }
}
