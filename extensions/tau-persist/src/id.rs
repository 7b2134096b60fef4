//! Names of sessions.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

/// The longest name of a session, in bytes.
const MAX_BYTES: usize = 128;

/// The name of a session: 1 to 128 bytes of ASCII letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

/// A text cannot name a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a session id: 1 to 128 ASCII letters, digits, `-`, `_` and `.`")]
pub struct ParseSessionIdError {
    text: String,
}

impl SessionId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name.
    ///
    /// # Errors
    /// When the text is empty, too long or holds other characters.
    pub fn new(text: impl Into<String>) -> Result<Self, ParseSessionIdError> {
        let mut text = text.into();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(is_allowed) {
            return Ok(Self(text));
        }
        // It may come from outside and end up in a log.
        if let Some((end, _)) = text.char_indices().nth(MAX_BYTES) {
            text.truncate(end);
        }
        Err(ParseSessionIdError { text })
    }
}

impl FromStr for SessionId {
    type Err = ParseSessionIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl Borrow<str> for SessionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SessionId;

    #[test]
    fn takes_what_the_interface_allows_and_nothing_else() {
        for good in ["a", "0190a1b2-0000-7000-8000-000000000000", "A_b.c-9", &"x".repeat(128)] {
            assert_eq!(SessionId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a/b", "ä", "a\0", &"x".repeat(129), &"é".repeat(500)] {
            assert!(SessionId::new(bad).is_err(), "accepted {bad:?}");
        }
    }
}
