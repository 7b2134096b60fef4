//! What is wrong with a configuration, and what is odd about it.

use std::fmt;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// The text is not JSON.
    Syntax,
    /// A key that must be set is not.
    Missing,
    /// A value is not one the key can have.
    InvalidValue,
    /// A server has a name that its tools cannot be named by.
    InvalidName,
    /// Two servers' tools would have the same names.
    Conflict,
}

/// A problem at one key of a configuration.
///
/// Text of the file is quoted only where it is a key, a name or a type: values may be secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    path: String,
    problem: String,
    hint: Option<String>,
}

impl ConfigError {
    pub(crate) fn new(kind: ConfigErrorKind, path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { kind, path: path.into(), problem: problem.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What kind of thing is wrong.
    #[must_use]
    pub const fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The path of the key at fault, such as `mcpServers.github.url`; empty for the file as a whole.
    ///
    /// A name that holds more than letters, digits, `_` and `-` is quoted: `mcpServers."my server".url`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// What kind of thing is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigWarningKind {
    /// A variable is not set and has no default; the reference stays in the value as it is written.
    UnsetVariable,
    /// A `${...}` is no reference to a variable; it stays as it is written.
    MalformedReference,
    /// A key is none that is known, and was ignored.
    UnknownKey,
    /// A key means nothing to a server of this type, and was ignored.
    IgnoredKey,
    /// A server is defined twice; the last definition counts.
    Duplicate,
}

/// Something odd at one key of a configuration, which does not keep the server from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigWarning {
    kind: ConfigWarningKind,
    path: String,
    message: String,
}

impl ConfigWarning {
    pub(crate) fn new(kind: ConfigWarningKind, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, path: path.into(), message: message.into() }
    }

    /// What kind of thing is odd.
    #[must_use]
    pub const fn kind(&self) -> ConfigWarningKind {
        self.kind
    }

    /// The path of the key, written as [`ConfigError::path`] writes it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A name as one part of a path.
pub(crate) fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(bare) {
        name.to_owned()
    } else {
        serde_json::Value::from(name).to_string()
    }
}
