//! Ids: newtypes from one macro, so that no id can stand where another belongs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// A text is not an id: ids are UUIDs, printed in lower case with hyphens and read in any of their usual forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what} (expected a UUID such as 01927c3e-9f5a-7d3c-8a51-2f6f0c8b1d4e)")]
pub struct ParseIdError {
    what: &'static str,
    text: String,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: a UUIDv7, so ids made later sort later (to the millisecond). Reads the clock and the
            /// system's randomness; the kernel never calls it, its inputs bring their ids.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id that these parts make, the same whenever they are given: a UUIDv8 of their SHA-256. No other parts
            /// make it, not even the same bytes divided elsewhere.
            #[must_use]
            pub fn derive(parts: &[&[u8]]) -> Self {
                Self(derived(parts))
            }

            /// The id with these 128 bits, whatever UUID version they spell.
            #[must_use]
            pub const fn from_u128(bits: u128) -> Self {
                Self(Uuid::from_u128(bits))
            }

            /// The 16 bytes of the id, most significant first.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| ParseIdError { what: $what, text: text.to_owned() })
            }
        }
    };
}

/// Each part is preceded by its length.
fn derived(parts: &[&[u8]]) -> Uuid {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha.finalize()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

uuid_id!(
    /// The id of a session: one conversation with one journal.
    SessionId, "session id");
uuid_id!(
    /// The id of a run: one prompt and the work it starts, until its outcome.
    RunId, "run id");
uuid_id!(
    /// The id of a durable event.
    EventId, "event id");

/// The id of a tool call, as the model's provider gave it: an opaque text, unique within one session. Cheap
/// to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolCallId(Arc<str>);

impl ToolCallId {
    /// The id with this text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ToolCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ToolCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToolCallId({})", self.0)
    }
}
