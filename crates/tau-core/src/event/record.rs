//! Events as they are stored, chained by hash.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::body::EventBody;
use super::envelope::{Event, EventHeader};
use super::tagged::Tagged;

/// The version of the event vocabulary that this crate writes. It reads this one and every older one.
pub const SCHEMA_VERSION: u16 = 1;

/// SHA-256 of a record and so, through its predecessor's hash, of everything before it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[expect(clippy::exhaustive_structs, reason = "thirty-two bytes")]
pub struct EventHash(pub [u8; 32]);

impl EventHash {
    /// What the first record of a journal names as its predecessor.
    pub const ZERO: Self = Self([0; 32]);
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHash({self})")
    }
}

impl From<EventHash> for String {
    fn from(hash: EventHash) -> Self {
        hash.to_string()
    }
}

/// A text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a SHA-256 hash of 64 hex digits")]
pub struct ParseHashError {
    text: String,
}

impl FromStr for EventHash {
    type Err = ParseHashError;

    /// Reads 64 hex digits of either letter case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let parse = || -> Option<[u8; 32]> {
            let mut bytes = [0; 32];
            let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
            if pairs.len() != bytes.len() {
                return None;
            }
            for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
                *byte = digit(*high)? << 4 | digit(*low)?;
            }
            Some(bytes)
        };
        parse().map(Self).ok_or_else(|| ParseHashError { text: text.to_owned() })
    }
}

impl TryFrom<String> for EventHash {
    type Error = ParseHashError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// An event as it is stored. Whoever stores it need not understand `kind` or `body`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the row of the journal's schema; adding a field is a new version"
)]
pub struct Record {
    /// Where the event stands.
    #[serde(flatten)]
    pub header: EventHeader,
    /// The name of the kind.
    pub kind: String,
    /// The version of the vocabulary that wrote the body.
    pub schema_version: u16,
    /// The body, JSON.
    pub body: String,
    /// The hash of the record before, or [`EventHash::ZERO`].
    pub prev_hash: EventHash,
}

impl Record {
    /// Writes an event down after the record with hash `prev_hash`.
    ///
    /// # Errors
    /// [`RecordErrorKind::Malformed`] when the body cannot be written as JSON, which no value of this vocabulary
    /// causes.
    pub fn seal(event: &Event, prev_hash: EventHash) -> Result<Self, RecordError> {
        let kind = event.body.kind();
        let malformed = |source| RecordError::new(RecordErrorKind::Malformed, &event.header, kind, source);
        let tagged = serde_json::to_string(&event.body).map_err(|source| malformed(Some(source)))?;
        // `{"kind":"x","body":{...}}`: the kind has a column of its own, the body is the rest. An event that says
        // nothing more than its kind has no `body`, and `null` stands for it.
        let rest = tagged
            .strip_prefix(&format!("{{\"kind\":\"{kind}\""))
            .and_then(|rest| rest.strip_suffix('}'))
            .ok_or_else(|| malformed(None))?;
        let body = match rest.strip_prefix(",\"body\":") {
            Some(body) => body,
            None if rest.is_empty() => "null",
            None => return Err(malformed(None)),
        };
        Ok(Self {
            header: event.header.clone(),
            kind: kind.to_owned(),
            schema_version: SCHEMA_VERSION,
            body: body.to_owned(),
            prev_hash,
        })
    }

    /// Reads the event.
    ///
    /// # Errors
    /// Those of [`RecordRef::open`].
    pub fn open(&self) -> Result<Event, RecordError> {
        let Self { header, kind, schema_version, body, prev_hash } = self;
        let (header, schema_version, prev_hash) = (header.clone(), *schema_version, *prev_hash);
        RecordRef { header, kind, schema_version, body, prev_hash }.open()
    }

    /// The hash that the next record names as its predecessor's.
    ///
    /// It is the hash that the interface defines for its event message (`proto/tau/runtime/v1/event.proto`), so
    /// that whoever stores records can check them without this crate: every field in order, texts preceded by
    /// their length in eight bytes, numbers in eight bytes, all big-endian.
    #[must_use]
    pub fn hash(&self) -> EventHash {
        let header = &self.header;
        let mut sha = Sha256::new();
        put_text(&mut sha, header.session.to_string().as_bytes());
        sha.update(header.seq.0.to_be_bytes());
        sha.update(header.epoch.to_be_bytes());
        put_text(&mut sha, header.id.to_string().as_bytes());
        put_text(&mut sha, self.kind.as_bytes());
        sha.update(u64::from(self.schema_version).to_be_bytes());
        match &header.cause {
            Some(cause) => {
                sha.update([1]);
                put_text(&mut sha, cause.to_string().as_bytes());
            }
            None => sha.update([0]),
        }
        sha.update((header.time.0 / 1_000).to_be_bytes());
        let milliseconds = u32::try_from(header.time.0 % 1_000).unwrap_or_default();
        sha.update((milliseconds * 1_000_000).to_be_bytes());
        put_text(&mut sha, self.body.as_bytes());
        put_text(&mut sha, &self.prev_hash.0);
        EventHash(sha.finalize().into())
    }
}

/// A [`Record`] whose texts are somebody else's, so that it is read where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of a record")]
pub struct RecordRef<'a> {
    /// Where the event stands.
    pub header: EventHeader,
    /// The name of the kind.
    pub kind: &'a str,
    /// The version of the vocabulary that wrote the body.
    pub schema_version: u16,
    /// The body, JSON.
    pub body: &'a str,
    /// The hash of the record before, or [`EventHash::ZERO`].
    pub prev_hash: EventHash,
}

impl RecordRef<'_> {
    /// Reads the event.
    ///
    /// # Errors
    /// [`RecordErrorKind::NewerVersion`] when a newer vocabulary wrote it, [`RecordErrorKind::UnknownKind`] when
    /// the kind is not of this one, [`RecordErrorKind::Malformed`] when the body is not what the kind says.
    pub fn open(self) -> Result<Event, RecordError> {
        let fail = |kind, source| Err(RecordError::new(kind, &self.header, self.kind, source));
        if self.schema_version > SCHEMA_VERSION {
            return fail(RecordErrorKind::NewerVersion, None);
        }
        if !EventBody::KINDS.contains(&self.kind) {
            return fail(RecordErrorKind::UnknownKind, None);
        }
        match Tagged::new(self.kind, self.body).read() {
            Ok(body) => Ok(Event { header: self.header, body }),
            Err(source) => fail(RecordErrorKind::Malformed, Some(source)),
        }
    }

    /// The record with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Record {
        let Self { header, kind, schema_version, body, prev_hash } = self;
        Record { header, kind: kind.to_owned(), schema_version, body: body.to_owned(), prev_hash }
    }
}

fn put_text(sha: &mut Sha256, text: &[u8]) {
    sha.update((text.len() as u64).to_be_bytes());
    sha.update(text);
}

/// Why a record could not be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// A newer version of the vocabulary wrote it: a newer tau can read it.
    NewerVersion,
    /// The kind is not of the vocabulary that the record names.
    UnknownKind,
    /// The body is not what the kind says.
    Malformed,
}

/// A record could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("event {seq} ({event_kind}) of session {session}: {}", match .kind {
    RecordErrorKind::NewerVersion => "written by a newer version; use a tau at least that new to read it",
    RecordErrorKind::UnknownKind => "not a kind of event that its version has",
    RecordErrorKind::Malformed => "its body is damaged",
})]
pub struct RecordError {
    kind: RecordErrorKind,
    session: crate::id::SessionId,
    seq: super::envelope::Seq,
    event_kind: String,
    source: Option<serde_json::Error>,
}

impl RecordError {
    fn new(
        kind: RecordErrorKind,
        header: &EventHeader,
        event_kind: &str,
        source: Option<serde_json::Error>,
    ) -> Self {
        Self { kind, session: header.session, seq: header.seq, event_kind: event_kind.to_owned(), source }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> RecordErrorKind {
        self.kind
    }
}
