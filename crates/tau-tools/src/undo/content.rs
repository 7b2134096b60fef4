//! What stands at a path, as far as undoing it goes.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of a content, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    /// The hash of a content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        let mut text = String::with_capacity(64);
        for byte in Sha256::digest(content) {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The hash with this text; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hash = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then(|| Self(text.to_owned()))
    }

    /// The 64 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({})", self.0)
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileState {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Its permission bits; `None` where nobody knows them yet: the file is about to be made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
        /// Its length in bytes.
        len: u64,
        /// What it holds.
        content: KnownContent,
    },
    /// A symbolic link; where it leads to is kept like the content of a file.
    Link {
        /// Where it leads to.
        content: KnownContent,
    },
    /// A folder.
    Folder {
        /// Its permission bits; `None` where nobody knows them yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    /// A pipe, a socket or a device, which cannot be put back.
    Other,
}

/// What is known of a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "snake_case")]
#[non_exhaustive]
pub enum KnownContent {
    /// All of it is in the log.
    Kept {
        /// By this hash.
        sha256: ContentHash,
    },
    /// Its hash alone; the log did not take it.
    Hashed {
        /// The hash.
        sha256: ContentHash,
    },
    /// Nothing but when it last changed: it is too long to be read, or cannot be.
    Unread {
        /// Of the file's stamp.
        changed: u64,
        /// Of the file's stamp.
        identity: u64,
    },
}

impl KnownContent {
    /// The hash, where there is one.
    #[must_use]
    pub const fn hash(&self) -> Option<&ContentHash> {
        match self {
            Self::Kept { sha256 } | Self::Hashed { sha256 } => Some(sha256),
            Self::Unread { .. } => None,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self.hash(), other.hash()) {
            (Some(own), Some(other)) => own == other,
            _ => self == other,
        }
    }
}

impl FileState {
    /// Whether two descriptions may be of the same state: whether a content was kept makes no difference, and a mode
    /// nobody knows is any.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::File { mode, len, content },
                Self::File { mode: other_mode, len: other_len, content: other },
            ) => is_same_mode(*mode, *other_mode) && len == other_len && content.is_same(other),
            (Self::Folder { mode }, Self::Folder { mode: other }) => is_same_mode(*mode, *other),
            (Self::Link { content }, Self::Link { content: other }) => content.is_same(other),
            _ => self == other,
        }
    }

    /// Whether the log holds what it takes to put this state back.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Folder { mode } => mode.is_some(),
            Self::File { mode, content, .. } => {
                matches!(content, KnownContent::Kept { .. }) && mode.is_some()
            }
            Self::Link { content } => matches!(content, KnownContent::Kept { .. }),
            Self::Other => false,
        }
    }
}

fn is_same_mode(own: Option<u32>, other: Option<u32>) -> bool {
    own.zip(other).is_none_or(|(own, other)| own == other)
}
