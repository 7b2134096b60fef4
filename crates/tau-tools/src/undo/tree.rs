//! What is known of a session's tree, and how it is brought up to date.

use std::collections::BTreeMap;

use tau_core::{RunId, SessionId, ToolCallId};

use super::content::{ContentHash, FileState, KnownContent};
use super::error::UndoError;
use super::log::{Keeping, UndoLog};
use super::record::{KnownFile, Record};
use crate::environment::{FileTree, Scan, Stamp, StampKind, WorkspacePath};

/// A command that started and whose changes are not recorded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenCommand {
    pub(super) run: RunId,
    pub(super) call: ToolCallId,
}

/// The tree as the log has it: the fold of its records.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownTree {
    pub(super) files: BTreeMap<WorkspacePath, KnownFile>,
    pub(super) open: Option<OpenCommand>,
}

impl KnownTree {
    pub(super) fn fold(records: &[Record]) -> Self {
        let mut tree = Self::default();
        for record in records {
            tree.apply(record);
        }
        tree
    }

    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Seen { path, file: Some(file) } => {
                self.files.insert(path.clone(), file.clone());
            }
            // What it will be is known, but not its stamp: the next scan looks.
            Record::Seen { path, file: None } | Record::Changed { path, .. } => {
                self.files.remove(path);
            }
            Record::CommandStarted { run, call } => {
                self.open = Some(OpenCommand { run: *run, call: call.clone() });
            }
            Record::CommandEnded { .. } => self.open = None,
            Record::Uncovered { .. } | Record::Undoing { .. } | Record::Undone { .. } => {}
        }
    }
}

/// Looks at files and keeps what they hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observer<'a> {
    pub(super) log: &'a dyn UndoLog,
    pub(super) session: SessionId,
    pub(super) tree: &'a dyn FileTree,
}

/// What differs between what was known and what stands there: the path, and the file on either side.
pub(super) type Difference = (WorkspacePath, Option<KnownFile>, Option<KnownFile>);

impl Observer<'_> {
    /// What stands at a path now; its content goes into the log.
    pub(super) fn observe(&self, path: &WorkspacePath) -> Result<FileState, UndoError> {
        match self.tree.stamp(path).map_err(UndoError::environment)? {
            Some(stamp) => self.state(path, stamp),
            None => Ok(FileState::Absent),
        }
    }

    fn state(&self, path: &WorkspacePath, stamp: Stamp) -> Result<FileState, UndoError> {
        Ok(match stamp.kind {
            StampKind::Folder => FileState::Folder { mode: Some(stamp.mode) },
            StampKind::Other => FileState::Other,
            StampKind::File | StampKind::Link => {
                let (len, content) = self.content(path, stamp)?;
                match stamp.kind {
                    StampKind::File => FileState::File { mode: Some(stamp.mode), len, content },
                    _ => FileState::Link { content },
                }
            }
        })
    }

    fn content(&self, path: &WorkspacePath, stamp: Stamp) -> Result<(u64, KnownContent), UndoError> {
        // What is too long, and what may not be read, is told apart by its stamp.
        let Ok(content) = self.tree.content(path, self.log.limits().file) else {
            return Ok((
                stamp.len,
                KnownContent::Unread { changed: stamp.changed, identity: stamp.identity },
            ));
        };
        let sha256 = ContentHash::of(&content);
        let known = match self.log.keep(self.session, &content)? {
            Keeping::Kept => KnownContent::Kept { sha256 },
            Keeping::OverLimits => KnownContent::Hashed { sha256 },
        };
        Ok((content.len() as u64, known))
    }

    /// What differs from what is known. Files whose stamp is the known one are not read.
    pub(super) fn differences(
        &self,
        known: &BTreeMap<WorkspacePath, KnownFile>,
        scan: &Scan,
    ) -> Result<Vec<Difference>, UndoError> {
        let newest = scan.entries.values().map(|stamp| stamp.changed).max().unwrap_or(0);
        let mut differences = Vec::new();
        for (path, stamp) in &scan.entries {
            let old = known.get(path);
            if old.is_some_and(|old| !old.racy && old.stamp == *stamp) {
                continue;
            }
            // The clock of the file system is at least as late as the newest file, so what is within a tick of that one
            // may change again and keep its stamp. No other clock is asked.
            let is_leaf = stamp.kind != StampKind::Folder;
            let mut racy = is_leaf && stamp.changed.saturating_add(scan.granularity) >= newest;
            let state = self.state(path, *stamp)?;
            if is_leaf && self.tree.stamp(path).map_err(UndoError::environment)? != Some(*stamp) {
                racy = true;
            }
            let new = KnownFile::new(*stamp, state, racy);
            if old != Some(&new) {
                differences.push((path.clone(), old.cloned(), Some(new)));
            }
        }
        let gone = known.keys().filter(|path| !scan.entries.contains_key(*path));
        differences.extend(gone.map(|path| (path.clone(), known.get(path).cloned(), None)));
        Ok(differences)
    }
}
