//! What an undo log holds: a line each, in the order it happened.

use serde::{Deserialize, Serialize};
use tau_core::{RunId, ToolCallId};

use super::content::FileState;
use crate::environment::{Stamp, WorkspacePath};

/// One record of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// A scan saw this file as it is not known yet. It says nothing of who changed it.
    Seen {
        /// Where.
        #[serde(with = "path")]
        path: WorkspacePath,
        /// What stands there; `None` for nothing, or nothing that is looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<KnownFile>,
    },
    /// A call changes a file, or a command has.
    Changed {
        /// In this run.
        run: RunId,
        /// On behalf of this call.
        call: ToolCallId,
        /// Where.
        #[serde(with = "path")]
        path: WorkspacePath,
        /// What stood there.
        before: FileState,
        /// What stands there once it is done.
        after: FileState,
        /// Whether it may be somebody else's change: the command was cut off, and the files were looked at later.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        uncertain: bool,
    },
    /// A command starts. All that was seen before is what it finds.
    CommandStarted {
        /// In this run.
        run: RunId,
        /// On behalf of this call.
        call: ToolCallId,
    },
    /// The changes of the command that started last are recorded.
    CommandEnded {
        /// In this run.
        run: RunId,
    },
    /// What commands of this run change is not recorded.
    Uncovered {
        /// In this run.
        run: RunId,
        /// Why.
        gap: Gap,
    },
    /// The files of a run are about to be put back.
    Undoing {
        /// Which.
        run: RunId,
    },
    /// The files of a run were put back.
    Undone {
        /// Which.
        run: RunId,
    },
}

/// Why what commands change is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gap {
    /// The tree has more files or bytes than are looked at.
    TreeTooLarge,
    /// The environment cannot show its tree.
    NoTree,
}

/// A file as a scan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KnownFile {
    /// While the stamp is the same, so is the state.
    pub stamp: Stamp,
    /// What it is.
    pub state: FileState,
    /// Whether it changed so shortly before it was looked at that a second change could have left the same stamp.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub racy: bool,
}

impl KnownFile {
    /// A file as a scan saw it.
    #[must_use]
    pub const fn new(stamp: Stamp, state: FileState, racy: bool) -> Self {
        Self { stamp, state, racy }
    }
}

/// A path as text, or as the list of its bytes where it is none.
mod path {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::PathBuf;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::environment::WorkspacePath;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Spelling {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(path: &WorkspacePath, serializer: S) -> Result<S::Ok, S::Error> {
        let name = path.as_path().as_os_str();
        match name.to_str() {
            Some(text) => Spelling::Text(text.to_owned()),
            None => Spelling::Bytes(name.as_bytes().to_vec()),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<WorkspacePath, D::Error> {
        let path = match Spelling::deserialize(deserializer)? {
            Spelling::Text(text) => PathBuf::from(text),
            Spelling::Bytes(bytes) => PathBuf::from(OsString::from_vec(bytes)),
        };
        // Whatever the log says, the path is one below the root: `join` takes names alone.
        Ok(WorkspacePath::root().join(path))
    }
}
