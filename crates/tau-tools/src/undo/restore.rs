//! Puts the files of a run back.

use std::collections::BTreeMap;

use tau_core::{RunId, SessionId};

use super::content::{FileState, KnownContent};
use super::error::{UndoError, UndoErrorKind};
use super::log::UndoLog;
use super::plan::{Change, Planned, Step, UndoPlan, tree_of};
use super::record::{Gap, Record};
use super::tree::Observer;
use crate::environment::{
    Environment, EnvironmentError, EnvironmentErrorKind, StampKind, TreeNode, WorkspacePath,
};

/// What was put back, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// What was put back, by path.
    pub restored: Vec<Change>,
    /// What was not, because it had not been kept.
    pub left: Vec<Change>,
    /// Why some of what the run's commands changed is not known, and is as they left it.
    pub gaps: Vec<Gap>,
}

/// Puts back the files of a run, all or none, and records that. Blocks.
///
/// A folder that the run made goes if it is empty then. Files come back with their content and permission bits, not
/// with their times, owners or other names.
///
/// # Errors
/// [`Conflict`](UndoErrorKind::Conflict), with the list, when any file is not what the run left; and what
/// [`plan`](super::plan) fails with. Nothing is changed then.
pub fn restore(
    log: &dyn UndoLog,
    session: SessionId,
    run: RunId,
    environment: &dyn Environment,
) -> Result<Restored, UndoError> {
    let tree = tree_of(environment)?;
    let observer = Observer { log, session, tree: tree.as_ref() };
    let Planned { plan, steps } = Planned::new(observer, run)?;
    if !plan.conflicts.is_empty() {
        return Err(UndoError::conflict(plan.conflicts));
    }
    let order = in_order(&steps);
    for (path, node) in &order {
        // A content that is damaged is found out before anything is changed.
        fetch(observer, path, node)
            .map_err(|error| UndoError::put(UndoErrorKind::RolledBack, path, error))?;
    }
    // What stands there now was kept while it was looked at; this makes it durable before the first change.
    log.append(session, &[Record::Undoing { run }])?;
    for (path, node) in &order {
        let Err(error) = change_to(observer, path, node) else { continue };
        let now: BTreeMap<&WorkspacePath, &FileState> =
            steps.iter().map(|(path, step)| (path, &step.now)).collect();
        let back = in_order_to(&now).iter().all(|(path, node)| change_to(observer, path, node).is_ok());
        let kind = if back { UndoErrorKind::RolledBack } else { UndoErrorKind::HalfDone };
        return Err(UndoError::put(kind, path, error));
    }
    log.append(session, &[Record::Undone { run }])?;
    let UndoPlan { restores, left, gaps, .. } = plan;
    Ok(Restored { restored: restores, left, gaps })
}

fn in_order(steps: &BTreeMap<WorkspacePath, Step>) -> Vec<(&WorkspacePath, FileState)> {
    in_order_to(&steps.iter().map(|(path, step)| (path, &step.before)).collect())
}

/// The order in which states can be put in place: what is to go goes, from the leaves; then folders, from the root and
/// open to their owner; then what stands in them; then the folders' own permission bits.
fn in_order_to<'a>(states: &BTreeMap<&'a WorkspacePath, &FileState>) -> Vec<(&'a WorkspacePath, FileState)> {
    let mut order: Vec<(&WorkspacePath, FileState)> = Vec::new();
    let is = |wanted: fn(&FileState) -> bool| {
        states.iter().filter(move |(_, state)| wanted(state)).map(|(path, state)| (*path, (*state).clone()))
    };
    let is_folder = |state: &FileState| matches!(state, FileState::Folder { .. });
    // Paths are sorted, so those below a folder come after it.
    order.extend(is(|state| *state == FileState::Absent).rev());
    order.extend(is(is_folder).map(|(path, state)| match state {
        FileState::Folder { mode } => (path, FileState::Folder { mode: mode.map(|mode| mode | OWNER) }),
        other => (path, other),
    }));
    order.extend(is(|state| !matches!(state, FileState::Folder { .. } | FileState::Absent)));
    order.extend(is(is_folder).rev());
    order
}

/// What an owner needs to fill a folder.
const OWNER: u32 = 0o700;

/// The content that it takes to put a state in place; empty where it takes none.
fn fetch(
    observer: Observer<'_>,
    path: &WorkspacePath,
    state: &FileState,
) -> Result<Vec<u8>, EnvironmentError> {
    let (FileState::File { content, .. } | FileState::Link { content }) = state else {
        return Ok(Vec::new());
    };
    let failed = |problem: String| EnvironmentError::new(EnvironmentErrorKind::Io, path, problem);
    let KnownContent::Kept { sha256 } = content else {
        return Err(failed("its content was not kept".to_owned()));
    };
    observer.log.content(observer.session, sha256).map_err(|error| failed(error.to_string()))
}

fn change_to(
    observer: Observer<'_>,
    path: &WorkspacePath,
    state: &FileState,
) -> Result<(), EnvironmentError> {
    let content = fetch(observer, path, state)?;
    let node = match state {
        FileState::Absent => {
            let removed = observer.tree.remove(path);
            // A folder that somebody else has put something into stays.
            return match observer.tree.stamp(path)? {
                Some(stamp) if stamp.kind == StampKind::Folder => Ok(()),
                _ => removed,
            };
        }
        FileState::File { mode: Some(mode), .. } => TreeNode::File { content: &content, mode: *mode },
        FileState::Link { .. } => TreeNode::Link { target: &content },
        FileState::Folder { mode: Some(mode) } => TreeNode::Folder { mode: *mode },
        FileState::File { mode: None, .. } | FileState::Folder { mode: None } | FileState::Other => {
            return Err(EnvironmentError::new(EnvironmentErrorKind::Io, path, "was not recorded whole"));
        }
    };
    observer.tree.put(path, &node)
}
