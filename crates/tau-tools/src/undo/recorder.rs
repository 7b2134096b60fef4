//! Writes down what is about to change, and what has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tau_core::RunId;

use super::content::{ContentHash, FileState, KnownContent};
use super::environment::ScanBounds;
use super::error::UndoError;
use super::log::UndoLog;
use super::record::{Gap, Record};
use super::tree::{KnownTree, Observer, OpenCommand};
use crate::environment::{Completeness, FileTree, Scan, ScanRules, StampKind, WorkspacePath};
use crate::scope::CallScope;

/// What a session's calls share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The tree as the log has it; read from the log when first needed, and again after an append that failed.
    known: Option<KnownTree>,
    /// Commands at work. They overlap where a program runs several at once; then they share a scan and its rules.
    running: usize,
    rules: Option<ScanRules>,
    /// The run whose commands are not covered, so that a large tree is scanned once in a run.
    gave_up: Option<RunId>,
}

/// Records what one call does. Its functions block.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    pub(super) log: Arc<dyn UndoLog>,
    pub(super) tree: Option<Arc<dyn FileTree>>,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) scope: CallScope,
    pub(super) bounds: ScanBounds,
}

/// Whether the changes of a command are recorded once it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    Covered,
    Uncovered,
}

impl Recorder {
    /// Records what a file holds that is about to be written, and what it will hold.
    pub(super) fn before_write(&self, path: &WorkspacePath, content: &[u8]) -> Result<(), UndoError> {
        let Some(tree) = self.tree.as_deref() else { return self.without_tree() };
        let mut shared = self.lock();
        self.settle(&mut shared, tree)?;
        let observer = self.observer(tree);
        // A path that leads nowhere fails when it is written, and says why.
        let Ok(path) = tree.locate(path) else { return Ok(()) };
        let before = observer.observe(&path)?;
        let mode = match &before {
            FileState::Absent => None,
            FileState::File { mode, .. } => *mode,
            // Nothing a file can be written in the place of.
            _ => return Ok(()),
        };
        let mut records = Vec::new();
        let mut above = path.parent();
        while let Some(folder) = above.filter(|folder| !folder.as_path().as_os_str().is_empty()) {
            if tree.stamp(&folder).map_err(UndoError::environment)?.is_some() {
                break;
            }
            above = folder.parent();
            records.push(self.changed(folder, FileState::Absent, FileState::Folder { mode: None }));
        }
        let hashed = KnownContent::Hashed { sha256: ContentHash::of(content) };
        let after = FileState::File { mode, len: content.len() as u64, content: hashed };
        records.push(self.changed(path, before, after));
        self.append(&mut shared, &records)
    }

    /// Records what stands at a path that is about to be removed.
    pub(super) fn before_remove(&self, path: &WorkspacePath) -> Result<(), UndoError> {
        let Some(tree) = self.tree.as_deref() else { return self.without_tree() };
        let mut shared = self.lock();
        self.settle(&mut shared, tree)?;
        // A link goes itself, so only those above it are followed.
        let Some(name) = path.as_path().file_name() else { return Ok(()) };
        let Some(above) = path.parent().and_then(|above| tree.locate(&above).ok()) else { return Ok(()) };
        let path = above.join(name);
        let before = self.observer(tree).observe(&path)?;
        if matches!(before, FileState::Absent | FileState::Folder { .. }) {
            return Ok(());
        }
        let record = self.changed(path, before, FileState::Absent);
        self.append(&mut shared, &[record])
    }

    /// Keeps everything that a command may change.
    pub(super) fn before_command(&self) -> Result<Coverage, UndoError> {
        let Some(tree) = self.tree.as_deref() else {
            self.without_tree()?;
            return Ok(Coverage::Uncovered);
        };
        let mut shared = self.lock();
        self.settle(&mut shared, tree)?;
        if shared.running > 0 {
            shared.running += 1;
            return Ok(Coverage::Covered);
        }
        if shared.gave_up == Some(self.scope.run) {
            return Ok(Coverage::Uncovered);
        }
        let observer = self.observer(tree);
        let Some(scan) = scan(observer, self.bounds, None)? else {
            self.append(&mut shared, &[Record::Uncovered { run: self.scope.run, gap: Gap::TreeTooLarge }])?;
            shared.gave_up = Some(self.scope.run);
            return Ok(Coverage::Uncovered);
        };
        let known = self.known(&mut shared)?;
        let differences = observer.differences(&known.files, &scan)?;
        let seen = differences.into_iter().map(|(path, _, file)| Record::Seen { path, file });
        let OpenCommand { run, call } = self.command();
        let records: Vec<Record> = seen.chain([Record::CommandStarted { run, call }]).collect();
        self.append(&mut shared, &records)?;
        shared.running = 1;
        shared.rules = Some(scan.rules);
        Ok(Coverage::Covered)
    }

    /// Records what a covered command has changed.
    pub(super) fn after_command(&self) -> Result<(), UndoError> {
        let Some(tree) = self.tree.as_deref() else { return Ok(()) };
        let mut shared = self.lock();
        shared.running = shared.running.saturating_sub(1);
        let is_last = shared.running == 0;
        let rules = if is_last { shared.rules.take() } else { shared.rules.clone() };
        let known = self.known(&mut shared)?;
        let found = Found { rules: rules.as_ref(), uncertain: false };
        let mut records = changes(self.observer(tree), known, self.bounds, &self.command(), found)?;
        if is_last {
            records.push(Record::CommandEnded { run: self.scope.run });
        }
        self.append(&mut shared, &records)
    }

    /// Records what a command changed that was cut off in an earlier life of the program.
    fn settle(&self, shared: &mut Shared, tree: &dyn FileTree) -> Result<(), UndoError> {
        if shared.running > 0 {
            return Ok(());
        }
        let records = settlement(self.observer(tree), self.known(shared)?, self.bounds)?;
        if records.is_empty() { Ok(()) } else { self.append(shared, &records) }
    }

    /// Says once in a run that nothing of it can be undone.
    fn without_tree(&self) -> Result<(), UndoError> {
        let mut shared = self.lock();
        if shared.gave_up == Some(self.scope.run) {
            return Ok(());
        }
        self.append(&mut shared, &[Record::Uncovered { run: self.scope.run, gap: Gap::NoTree }])?;
        shared.gave_up = Some(self.scope.run);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observer<'a>(&'a self, tree: &'a dyn FileTree) -> Observer<'a> {
        Observer { log: self.log.as_ref(), session: self.scope.session, tree }
    }

    fn known<'a>(&self, shared: &'a mut Shared) -> Result<&'a mut KnownTree, UndoError> {
        match &mut shared.known {
            Some(known) => Ok(known),
            empty => Ok(empty.insert(KnownTree::fold(&self.log.records(self.scope.session)?))),
        }
    }

    fn append(&self, shared: &mut Shared, records: &[Record]) -> Result<(), UndoError> {
        let known = self.known(shared)?;
        let appended = self.log.append(self.scope.session, records);
        match &appended {
            Ok(()) => records.iter().for_each(|record| known.apply(record)),
            Err(_) => shared.known = None,
        }
        appended
    }

    fn command(&self) -> OpenCommand {
        OpenCommand { run: self.scope.run, call: self.scope.call_id.clone() }
    }

    fn changed(&self, path: WorkspacePath, before: FileState, after: FileState) -> Record {
        let OpenCommand { run, call } = self.command();
        Record::Changed { run, call, path, before, after, uncertain: false }
    }
}

/// How changes were found.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    rules: Option<&'a ScanRules>,
    uncertain: bool,
}

/// The records that end a command that was cut off; none where there is none.
pub(super) fn settlement(
    observer: Observer<'_>,
    known: &KnownTree,
    bounds: ScanBounds,
) -> Result<Vec<Record>, UndoError> {
    let Some(open) = &known.open else { return Ok(Vec::new()) };
    let mut records = changes(observer, known, bounds, open, Found { rules: None, uncertain: true })?;
    records.push(Record::CommandEnded { run: open.run });
    Ok(records)
}

/// What a command changed, as records.
fn changes(
    observer: Observer<'_>,
    known: &KnownTree,
    bounds: ScanBounds,
    command: &OpenCommand,
    found: Found<'_>,
) -> Result<Vec<Record>, UndoError> {
    let OpenCommand { run, call } = command;
    let Some(scan) = scan(observer, bounds, found.rules)? else {
        return Ok(vec![Record::Uncovered { run: *run, gap: Gap::TreeTooLarge }]);
    };
    let mut records = Vec::new();
    for (path, old, new) in observer.differences(&known.files, &scan)? {
        let before = old.map_or(FileState::Absent, |old| old.state);
        let after = match &new {
            Some(new) => new.state.clone(),
            // It may be hidden and not gone.
            None => observer.observe(&path)?,
        };
        if !before.is_same(&after) {
            let (run, call, path, uncertain) = (*run, call.clone(), path.clone(), found.uncertain);
            records.push(Record::Changed { run, call, path, before, after, uncertain });
        }
        records.push(Record::Seen { path, file: new });
    }
    Ok(records)
}

/// The tree as it is, if it is within the bounds.
fn scan(
    observer: Observer<'_>,
    bounds: ScanBounds,
    rules: Option<&ScanRules>,
) -> Result<Option<Scan>, UndoError> {
    let scan = observer.tree.scan(bounds.entries, rules).map_err(UndoError::environment)?;
    let longest = observer.log.limits().file;
    let files = scan.entries.values().filter(|stamp| stamp.kind == StampKind::File && stamp.len <= longest);
    let bytes = files.fold(0_u64, |sum, stamp| sum.saturating_add(stamp.len));
    let is_within = scan.completeness == Completeness::Whole && bytes <= bounds.bytes;
    Ok(is_within.then_some(scan))
}
