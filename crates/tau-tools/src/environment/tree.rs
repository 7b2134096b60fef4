//! The tree below the root as it stands, which is what undoing works on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::EnvironmentError;
use super::path::WorkspacePath;
use super::search::IgnoreRules;

/// The tree below an environment's root with no link followed: a path means what stands under that very name.
///
/// An implementer must keep true:
/// - No call reaches anything outside the root. A path that leads through a link stands for nothing: reading finds
///   nothing there, and writing fails.
/// - A [`Stamp`] differs once the content or the permission bits do, but for a change within the
///   [granularity](Scan::granularity) of an earlier one.
///
/// Calls block: they are made on a thread for blocking work.
pub trait FileTree: fmt::Debug + Send + Sync {
    /// What stands below the root, but what ignore rules hide and what is named `.git` or below it; at most `limit`
    /// entries. With the rules of an earlier scan the two see the same part of the tree, whatever became of the
    /// files with the rules in between.
    ///
    /// # Errors
    /// When the root cannot be read. A folder that cannot be read is left out.
    fn scan(&self, limit: usize, rules: Option<&ScanRules>) -> Result<Scan, EnvironmentError>;

    /// What stands at a path; `None` for nothing.
    ///
    /// # Errors
    /// What the system reports.
    fn stamp(&self, path: &WorkspacePath) -> Result<Option<Stamp>, EnvironmentError>;

    /// The content of a file of at most `limit` bytes, or where a link leads to.
    ///
    /// # Errors
    /// When nothing or something else stands there, it is longer, or cannot be read.
    fn content(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, EnvironmentError>;

    /// The path under which [`Environment::write`](super::Environment::write) would put a file: links followed, and
    /// what is missing taken as it is named.
    ///
    /// # Errors
    /// When it leads out of the root.
    fn locate(&self, path: &WorkspacePath) -> Result<WorkspacePath, EnvironmentError>;

    /// Puts a file, a link or a folder at a path, in the place of what stands there, which must not be a folder with
    /// anything in it. The folder above must exist.
    ///
    /// # Errors
    /// What the system reports.
    fn put(&self, path: &WorkspacePath, node: &TreeNode<'_>) -> Result<(), EnvironmentError>;

    /// Removes a file, a link or an empty folder. Nothing there is no error.
    ///
    /// # Errors
    /// What the system reports, as of a folder that is not empty.
    fn remove(&self, path: &WorkspacePath) -> Result<(), EnvironmentError>;
}

/// What tells whether something stands unchanged at a path, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stamp {
    /// What it is.
    pub kind: StampKind,
    /// Permission bits, `0o7777` at most.
    pub mode: u32,
    /// Bytes of a file or of a link's target; of anything else nothing is said.
    pub len: u64,
    /// When it last changed, on a scale of the tree's own: larger is later.
    pub changed: u64,
    /// Which of all things in the tree it is, whatever its name.
    pub identity: u64,
}

impl Stamp {
    /// A stamp.
    #[must_use]
    pub const fn new(kind: StampKind, mode: u32, len: u64, changed: u64, identity: u64) -> Self {
        Self { kind, mode, len, changed, identity }
    }
}

/// What kind of thing a [`Stamp`] is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StampKind {
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A pipe, a socket, a device.
    Other,
}

/// What a scan saw.
#[derive(Debug)]
#[non_exhaustive]
pub struct Scan {
    /// The entries, the root itself left out.
    pub entries: BTreeMap<WorkspacePath, Stamp>,
    /// Whether all are there; else there are more than the limit.
    pub completeness: Completeness,
    /// By what it was decided what is hidden.
    pub rules: ScanRules,
    /// How close two changes may be and have the same [`Stamp::changed`].
    pub granularity: u64,
}

impl Scan {
    /// What a scan saw.
    #[must_use]
    pub const fn new(
        entries: BTreeMap<WorkspacePath, Stamp>,
        completeness: Completeness,
        rules: ScanRules,
        granularity: u64,
    ) -> Self {
        Self { entries, completeness, rules, granularity }
    }
}

/// Whether a scan saw everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completeness {
    /// It did.
    Whole,
    /// There are more entries than it was to look at.
    Cut,
}

/// Ignore rules as a scan met them.
#[derive(Debug, Clone)]
pub struct ScanRules(pub(super) Arc<IgnoreRules<RuleLoader>>);

/// Reads a file with rules; the path is relative to the root.
pub(super) type RuleLoader = Box<dyn Fn(&Path) -> Option<Vec<u8>> + Send + Sync>;

/// What [`FileTree::put`] puts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeNode<'a> {
    /// A regular file.
    File {
        /// All of it.
        content: &'a [u8],
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// Where it leads to, as bytes.
        target: &'a [u8],
    },
    /// A folder.
    Folder {
        /// Its permission bits.
        mode: u32,
    },
}
