//! What is wrong with a configuration.

use std::fmt;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A key names something that the configuration does not define.
    UnknownName,
    /// A value is not one the key can have.
    InvalidValue,
    /// A key that must be set is not.
    Missing,
    /// Two keys exclude each other.
    Conflict,
}

/// A problem at one key of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    path: String,
    problem: String,
    hint: Option<String>,
}

impl ConfigError {
    /// A problem at a key, for what can only be known where the configuration is put to use.
    pub fn new(kind: ConfigErrorKind, path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { kind, path: path.into(), problem: problem.into(), hint: None }
    }

    /// The same problem with what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem, at another key.
    pub(crate) fn at(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    /// What kind of thing is wrong.
    #[must_use]
    pub const fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The path of the key at fault, such as `providers.local.base_url`.
    ///
    /// Written as TOML writes it: a name that is no bare key is quoted, `models."gpt-4.1".provider`.
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
        write!(f, "{}: {}", self.path, self.problem)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// "did you mean `x`?" when a known name is near, else the list of known names.
#[must_use]
pub fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let nearest = known
        .clone()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => {
            let names: Vec<String> = known.map(|candidate| format!("`{candidate}`")).collect();
            if names.is_empty() {
                "none is defined".to_owned()
            } else {
                format!("known: {}", names.join(", "))
            }
        }
    }
}

/// A name as one part of a path.
pub(crate) fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(bare) {
        name.to_owned()
    } else {
        // Every escape of a JSON string is one of a TOML string.
        serde_json::Value::from(name).to_string()
    }
}
