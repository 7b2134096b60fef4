//! Subjects that messages are published on, and the patterns that choose among them.

use std::fmt;
use std::sync::Arc;

use super::name::{NameError, check_length, check_token};

const SUBJECT: &str = "a subject is tokens with dots between them, without white space and wildcards";
const PATTERN: &str =
    "a pattern is a subject in which `*` stands for one token, and `>` at the end for one or more";

/// What a message is about: tokens with dots between them, such as `orders.eu.created`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Arc<str>);

impl Subject {
    /// The subject as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// A subject that is known to be one: it was made of tokens that were checked.
    pub(super) fn of_tokens(text: String) -> Self {
        debug_assert!(Self::try_from(text.as_str()).is_ok(), "{text:?}");
        Self(text.into())
    }
}

impl TryFrom<&str> for Subject {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        check_length(text, SUBJECT)?;
        text.split('.').try_for_each(|token| check_token(token, text, SUBJECT, b"*>"))?;
        Ok(Self(text.into()))
    }
}

/// Which subjects are wanted: a subject in which `*` stands for exactly one token, and `>`, at the end alone, for one or
/// more. The rules are those of NATS. A wildcard is a token of its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `subject` is one of those that are wanted.
    #[must_use]
    pub fn matches(&self, subject: &Subject) -> bool {
        let mut tokens = subject.tokens();
        for wanted in self.tokens() {
            match (wanted, tokens.next()) {
                (">", Some(_)) => return true,
                (_, None) => return false,
                ("*", Some(_)) => {}
                (wanted, Some(token)) if wanted == token => {}
                _ => return false,
            }
        }
        tokens.next().is_none()
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The same subjects below `prefix`, which is a subject.
    pub(super) fn below(&self, prefix: &str) -> Self {
        Self(format!("{prefix}.{}", self.0).into())
    }
}

impl TryFrom<&str> for Pattern {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        check_length(text, PATTERN)?;
        let mut tokens = text.split('.').peekable();
        while let Some(token) = tokens.next() {
            match token {
                "*" => {}
                ">" if tokens.peek().is_none() => {}
                token => check_token(token, text, PATTERN, b"*>")?,
            }
        }
        Ok(Self(text.into()))
    }
}

impl From<&Subject> for Pattern {
    fn from(subject: &Subject) -> Self {
        Self(Arc::clone(&subject.0))
    }
}

macro_rules! text_of {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::try_from(text.as_str())
            }
        }

        impl From<&$name> for $name {
            fn from(other: &$name) -> Self {
                other.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

text_of!(Subject);
text_of!(Pattern);
