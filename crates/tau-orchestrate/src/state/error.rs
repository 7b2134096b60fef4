//! Why a state could not be read, written or stored.

use std::error::Error;
use std::fmt;

/// What kind of thing went wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateErrorKind {
    /// Two keys of one name differ.
    DuplicateKey,
    /// The schema has no such key.
    UnknownKey,
    /// The value is not of the type that the schema has for the key.
    WrongType,
    /// There is no value.
    Missing,
    /// There is no secret.
    MissingSecret,
    /// A value could not be serialised.
    Unencodable,
    /// What was serialised cannot be read as the type of the key.
    Undecodable,
}

/// What went wrong with one key. Shows its name and never its value.
#[derive(Debug)]
pub struct StateError {
    kind: StateErrorKind,
    key: String,
    known: Vec<String>,
    source: Option<serde_json::Error>,
}

impl StateError {
    pub(crate) fn new(kind: StateErrorKind, key: &str) -> Self {
        Self { kind, key: key.to_owned(), known: Vec::new(), source: None }
    }

    pub(super) fn with_known<'a>(mut self, known: impl Iterator<Item = &'a str>) -> Self {
        self.known = known.map(str::to_owned).collect();
        self
    }

    pub(super) fn with_source(mut self, source: serde_json::Error) -> Self {
        self.source = Some(source);
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> StateErrorKind {
        self.kind
    }

    /// The name of the key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match self.kind {
            StateErrorKind::DuplicateKey => {
                write!(
                    f,
                    "there are two keys `{key}` that differ in type or reducer; use one constant for both"
                )
            }
            StateErrorKind::UnknownKey => {
                write!(f, "unknown key `{key}`; declare it with the others: {}", self.known.join(", "))
            }
            StateErrorKind::WrongType => {
                write!(f, "the value of key `{key}` is of another type than declared")
            }
            StateErrorKind::Missing => write!(f, "key `{key}` has no value yet"),
            StateErrorKind::MissingSecret => {
                write!(
                    f,
                    "secret `{key}` is missing; secrets are not stored: give it again to a run that is resumed"
                )
            }
            StateErrorKind::Unencodable => write!(f, "the value of key `{key}` cannot be written as JSON"),
            StateErrorKind::Undecodable => write!(f, "what is stored for key `{key}` is not of its type"),
        }
    }
}

impl Error for StateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
