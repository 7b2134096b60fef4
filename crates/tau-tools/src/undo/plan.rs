//! What undoing a run would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tau_core::{RunId, SessionId};

use super::content::{ContentHash, FileState, KnownContent};
use super::environment::ScanBounds;
use super::error::{UndoError, UndoErrorKind};
use super::log::UndoLog;
use super::record::{Gap, Record};
use super::recorder::settlement;
use super::tree::{KnownTree, Observer};
use crate::environment::{Environment, FileTree, WorkspacePath};

/// A run and the files it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunChanges {
    /// The run.
    pub run: RunId,
    /// What it changed, by path.
    pub changes: Vec<Change>,
    /// Why some of what its commands changed is not recorded; empty where all is.
    pub gaps: Vec<Gap>,
    /// Whether it was undone.
    pub undone: bool,
}

/// A file that a run changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where.
    pub path: WorkspacePath,
    /// How.
    pub kind: ChangeKind,
    /// Whether what stood there can be put back; else the file is too long, or the log is full.
    pub kept: bool,
}

/// How a file was changed, from the start of a run to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It did not exist.
    Created,
    /// It was another.
    Changed,
    /// It is gone.
    Removed,
}

/// What undoing a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoPlan {
    /// The run.
    pub run: RunId,
    /// What would be put back, by path. What is as it was before the run is left out.
    pub restores: Vec<Change>,
    /// What cannot be put back, because it was not kept; it stays as it is.
    pub left: Vec<Change>,
    /// What is not as the run left it. While there is any, nothing is put back.
    pub conflicts: Vec<Conflict>,
    /// Why some of what the run's commands changed is not recorded, and stays as it is.
    pub gaps: Vec<Gap>,
}

/// A file that is not known to be as the run left it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// Where.
    pub path: WorkspacePath,
    /// Why.
    pub reason: ConflictReason,
}

/// Why a file may hold somebody else's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ConflictReason {
    /// It is not what the run left.
    ChangedSince,
    /// It was changed between two changes of the run.
    ChangedBetween,
    /// A command was cut off, and nobody knows what changed it.
    CutOff,
}

/// The runs of a session that changed anything, in the order they began.
///
/// # Errors
/// When the log cannot be read.
pub fn runs(log: &dyn UndoLog, session: SessionId) -> Result<Vec<RunChanges>, UndoError> {
    let records = log.records(session)?;
    let mut order: Vec<RunId> = Vec::new();
    for record in &records {
        let run = match record {
            Record::Changed { run, .. } | Record::Uncovered { run, .. } => *run,
            _ => continue,
        };
        if !order.contains(&run) {
            order.push(run);
        }
    }
    Ok(order.into_iter().map(|run| Folded::of(&records, run).summary(run)).collect())
}

/// What undoing a run would do to the files of an environment. Blocks.
///
/// Where a command was cut off, what it left is looked at now and recorded.
///
/// # Errors
/// When the log has no such run, or it was undone before; when log or files cannot be read.
pub fn plan(
    log: &dyn UndoLog,
    session: SessionId,
    run: RunId,
    environment: &dyn Environment,
) -> Result<UndoPlan, UndoError> {
    let tree = tree_of(environment)?;
    Ok(Planned::new(Observer { log, session, tree: tree.as_ref() }, run)?.plan)
}

pub(super) fn tree_of(environment: &dyn Environment) -> Result<Arc<dyn FileTree>, UndoError> {
    environment.tree().ok_or_else(|| {
        UndoError::new(UndoErrorKind::Unsupported, "the files of this environment cannot be put back")
    })
}

/// A plan, and the states it is about.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: UndoPlan,
    /// What stood at each path to be restored, and what stands there.
    pub(super) steps: BTreeMap<WorkspacePath, Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) before: FileState,
    pub(super) now: FileState,
}

impl Planned {
    pub(super) fn new(observer: Observer<'_>, run: RunId) -> Result<Self, UndoError> {
        let mut records = observer.log.records(observer.session)?;
        let settled = settlement(observer, &KnownTree::fold(&records), ScanBounds::default())?;
        if !settled.is_empty() {
            observer.log.append(observer.session, &settled)?;
            records.extend(settled);
        }
        let folded = Folded::of(&records, run);
        if folded.files.is_empty() && folded.gaps.is_empty() {
            let problem = format!("run {run} changed no file, or is not one of this session");
            return Err(UndoError::new(UndoErrorKind::UnknownRun, problem));
        }
        if folded.undone {
            let problem = format!("run {run} was undone before");
            return Err(UndoError::new(UndoErrorKind::AlreadyUndone, problem));
        }
        let gaps = folded.gaps.iter().copied().collect();
        let (restores, left, conflicts) = (Vec::new(), Vec::new(), Vec::new());
        let plan = UndoPlan { run, restores, left, conflicts, gaps };
        let mut planned = Self { plan, steps: BTreeMap::new() };
        for (path, file) in folded.files {
            let now = observe_like(observer, &path, &file.after)?;
            planned.add(path, file, now);
        }
        Ok(planned)
    }

    fn add(&mut self, path: WorkspacePath, file: FoldedFile, now: FileState) {
        if now.is_same(&file.before) {
            return;
        }
        if let Some(reason) = file.conflict(&now) {
            self.plan.conflicts.push(Conflict { path, reason });
            return;
        }
        let change = file.change(&path);
        if !change.kept {
            self.plan.left.push(change);
            return;
        }
        self.plan.restores.push(change);
        self.steps.insert(path, Step { before: file.before, now });
    }
}

/// What stands at a path, described as `expected` is: by its hash, though it is longer than what is kept.
fn observe_like(
    observer: Observer<'_>,
    path: &WorkspacePath,
    expected: &FileState,
) -> Result<FileState, UndoError> {
    let now = observer.observe(path)?;
    Ok(match (now, expected) {
        (
            FileState::File { mode, len, content: KnownContent::Unread { changed, identity } },
            FileState::File { len: expected_len, content: expected, .. },
        ) if expected.hash().is_some() && len == *expected_len => {
            let content = match observer.tree.content(path, len) {
                Ok(content) => KnownContent::Hashed { sha256: ContentHash::of(&content) },
                Err(_) => KnownContent::Unread { changed, identity },
            };
            FileState::File { mode, len, content }
        }
        (now, _) => now,
    })
}

/// What a run did to each file, from its first record to its last.
#[derive(Debug, Default)]
struct Folded {
    files: BTreeMap<WorkspacePath, FoldedFile>,
    gaps: BTreeSet<Gap>,
    undone: bool,
}

#[derive(Debug)]
struct FoldedFile {
    before: FileState,
    after: FileState,
    /// What stood there before the last change: that change was announced, and may never have happened.
    before_last: FileState,
    doubt: Option<ConflictReason>,
}

impl Folded {
    fn of(records: &[Record], wanted: RunId) -> Self {
        let mut folded = Self::default();
        for record in records {
            match record {
                Record::Changed { run, path, before, after, uncertain, .. } if *run == wanted => {
                    let doubt = uncertain.then_some(ConflictReason::CutOff);
                    let file = FoldedFile {
                        before: before.clone(),
                        after: after.clone(),
                        before_last: before.clone(),
                        doubt,
                    };
                    match folded.files.get_mut(path) {
                        Some(known) => known.follow(file),
                        None => {
                            folded.files.insert(path.clone(), file);
                        }
                    }
                }
                Record::Uncovered { run, gap } if *run == wanted => {
                    folded.gaps.insert(*gap);
                }
                Record::Undone { run } if *run == wanted => folded.undone = true,
                _ => {}
            }
        }
        folded
    }

    fn summary(self, run: RunId) -> RunChanges {
        let changes = self.files.iter().filter(|(_, file)| !file.before.is_same(&file.after));
        let changes = changes.map(|(path, file)| file.change(path)).collect();
        RunChanges { run, changes, gaps: self.gaps.into_iter().collect(), undone: self.undone }
    }
}

impl FoldedFile {
    /// Takes in a later change of the same file.
    fn follow(&mut self, later: Self) {
        let is_next = later.before.is_same(&self.after) || later.before.is_same(&self.before_last);
        let between = (!is_next).then_some(ConflictReason::ChangedBetween);
        self.doubt = self.doubt.or(later.doubt).or(between);
        (self.after, self.before_last) = (later.after, later.before);
    }

    fn conflict(&self, now: &FileState) -> Option<ConflictReason> {
        let as_left = match (&self.after, now) {
            // Whoever put something into a folder of the run keeps it: the folder stays then.
            (FileState::Folder { .. }, FileState::Folder { .. }) => true,
            (after, now) => now.is_same(after) || now.is_same(&self.before_last),
        };
        if as_left { self.doubt } else { Some(self.doubt.unwrap_or(ConflictReason::ChangedSince)) }
    }

    fn change(&self, path: &WorkspacePath) -> Change {
        let kind = match (&self.before, &self.after) {
            (FileState::Absent, _) => ChangeKind::Created,
            (_, FileState::Absent) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        Change { path: path.clone(), kind, kept: self.before.is_kept() }
    }
}
