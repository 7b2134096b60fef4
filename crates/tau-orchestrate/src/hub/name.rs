//! Ids of participants, hubs and messages, and what a name may look like.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// The most bytes of a name. NATS takes subjects a little longer than twice that.
const LONGEST: usize = 1024;

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameErrorKind {
    /// It is empty, or one of its tokens is.
    Empty,
    /// It has more than 1,024 bytes.
    TooLong,
    /// It has white space, a control character, or a dot or wildcard where none may stand.
    Character,
}

/// A text that cannot be the name of a participant, a subject or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    kind: NameErrorKind,
    name: Box<str>,
    rule: &'static str,
}

impl NameError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> NameErrorKind {
        self.kind
    }

    pub(super) fn new(kind: NameErrorKind, name: &str, rule: &'static str) -> Self {
        Self { kind, name: name.chars().take(80).collect(), rule }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no valid name: {}", self.name, self.rule)
    }
}

impl std::error::Error for NameError {}

impl From<Infallible> for NameError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Checks one token of a name. `extra` are characters that may not stand in it either.
pub(super) fn check_token(
    token: &str,
    whole: &str,
    rule: &'static str,
    extra: &[u8],
) -> Result<(), NameError> {
    if token.is_empty() {
        return Err(NameError::new(NameErrorKind::Empty, whole, rule));
    }
    if token.bytes().any(|byte| extra.contains(&byte) || byte < b' ' || byte == 0x7f)
        || token.contains(char::is_whitespace)
    {
        return Err(NameError::new(NameErrorKind::Character, whole, rule));
    }
    Ok(())
}

pub(super) fn check_length(name: &str, rule: &'static str) -> Result<(), NameError> {
    if name.len() > LONGEST {
        return Err(NameError::new(NameErrorKind::TooLong, name, rule));
    }
    Ok(())
}

const PARTICIPANT: &str = "the id of a participant is 1 to 1,024 bytes without white space, `.`, `*` and `>`";

/// The id of a participant: 1 to 1,024 bytes without white space, `.`, `*` and `>`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(Arc<str>);

impl ParticipantId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ParticipantId {
    type Error = NameError;

    fn try_from(name: &str) -> Result<Self, NameError> {
        check_length(name, PARTICIPANT)?;
        check_token(name, name, PARTICIPANT, b".*>")?;
        Ok(Self(name.into()))
    }
}

impl TryFrom<String> for ParticipantId {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::try_from(name.as_str())
    }
}

impl From<&ParticipantId> for ParticipantId {
    fn from(id: &ParticipantId) -> Self {
        id.clone()
    }
}

impl Borrow<str> for ParticipantId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The id of one hub, drawn at random when it starts: a hub that starts again is another hub.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HubId(pub(super) u64);

impl HubId {
    /// An id that somebody else drew. No two hubs that ever reach each other may have the same.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    pub(super) fn random() -> Self {
        // The keys of the standard library's hasher are what it has that is random for the system.
        Self(RandomState::new().hash_one(()))
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HubId({self})")
    }
}

/// The id of a message: the hub that it was first sent in, and a number that this hub gives once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    pub(super) origin: HubId,
    pub(super) number: u64,
}

impl MessageId {
    /// The id with these halves, as [`MessageId::into_parts`] gives them.
    #[must_use]
    pub fn from_parts(origin: u64, number: u64) -> Self {
        Self { origin: HubId(origin), number }
    }

    /// Origin and number, for what keeps messages.
    #[must_use]
    pub fn into_parts(self) -> (u64, u64) {
        (self.origin.0, self.number)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.origin, self.number)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}
