//! File undo.

mod commands;
mod conflicts;
mod cost;
mod crash;
mod limits;
mod log;
mod property;
mod tree;
mod writes;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tau_core::{RunId, SessionId, ToolCallId};
use tau_tools::CallScope;
use tau_tools::environment::{CommandExit, CommandSpec, Environment, LocalEnvironment, WorkspacePath};
use tau_tools::undo::{
    self, ChangeKind, FolderUndoLog, Gap, Restored, UndoError, UndoLimits, UndoLog, UndoPlan,
    UndoableEnvironment,
};
use tempfile::TempDir;

pub(crate) const SESSION: SessionId = SessionId::from_u128(7);

pub(crate) fn run_id(number: u128) -> RunId {
    RunId::from_u128(number)
}

pub(crate) fn scope(run: u128) -> CallScope {
    CallScope::new(SESSION, run_id(run), ToolCallId::new("call"), "key")
}

pub(crate) fn at(name: &str) -> WorkspacePath {
    WorkspacePath::root().join(name)
}

/// A workspace, and a log beside it.
pub(crate) struct Desk {
    folder: TempDir,
    pub(crate) log: Arc<dyn UndoLog>,
    pub(crate) environment: UndoableEnvironment,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::within(UndoLimits::default())
    }

    pub(crate) fn within(limits: UndoLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        let log: Arc<dyn UndoLog> = Arc::new(FolderUndoLog::new(folder.path().join("undo"), limits));
        let environment = UndoableEnvironment::new(Arc::new(local(folder.path())), Arc::clone(&log));
        Self { folder, log, environment }
    }

    /// The same workspace and log, as a program sees them that starts anew.
    pub(crate) fn reopened(self) -> Self {
        let Self { folder, log, .. } = self;
        let log: Arc<dyn UndoLog> = Arc::new(FolderUndoLog::new(folder.path().join("undo"), log.limits()));
        let environment = UndoableEnvironment::new(Arc::new(local(folder.path())), Arc::clone(&log));
        Self { folder, log, environment }
    }

    /// The workspace without a log.
    pub(crate) fn local(&self) -> Arc<dyn Environment> {
        Arc::new(local(self.folder.path()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    pub(crate) fn outside(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn put(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn call(&self, run: u128) -> Arc<dyn Environment> {
        self.environment.for_call(&scope(run)).unwrap()
    }

    pub(crate) async fn write(&self, run: u128, name: &str, content: &str) {
        self.call(run).write(&at(name), content.as_bytes()).await.unwrap();
    }

    pub(crate) async fn command(&self, run: u128, script: &str) -> CommandExit {
        self.call(run).run(&CommandSpec::new(script), &|_| {}).await.unwrap()
    }

    pub(crate) fn plan(&self, run: u128) -> Result<UndoPlan, UndoError> {
        undo::plan(self.log.as_ref(), SESSION, run_id(run), &self.environment)
    }

    pub(crate) fn undo(&self, run: u128) -> Result<Restored, UndoError> {
        undo::restore(self.log.as_ref(), SESSION, run_id(run), &self.environment)
    }

    /// What the log says that a run changed.
    pub(crate) fn changes(&self, run: u128) -> Vec<(String, ChangeKind, bool)> {
        let runs = undo::runs(self.log.as_ref(), SESSION).unwrap();
        let found = runs.into_iter().find(|found| found.run == run_id(run)).unwrap();
        found.changes.into_iter().map(|change| (change.path.to_string(), change.kind, change.kept)).collect()
    }

    pub(crate) fn gaps(&self, run: u128) -> Vec<Gap> {
        let runs = undo::runs(self.log.as_ref(), SESSION).unwrap();
        runs.into_iter().find(|found| found.run == run_id(run)).unwrap().gaps
    }

    /// Everything in the workspace: what it is, its permission bits, its content.
    pub(crate) fn tree(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut tree = BTreeMap::new();
        add(&self.path(""), &mut tree);
        tree
    }
}

fn local(folder: &Path) -> LocalEnvironment {
    let environment = LocalEnvironment::new(folder.join("work")).unwrap();
    environment.with_env([("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into())
}

fn add(folder: &Path, tree: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let content = match found.file_type() {
            kind if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
            kind if kind.is_file() => fs::read(&path).unwrap(),
            _ => Vec::new(),
        };
        tree.insert(path.clone(), (found.permissions().mode(), content));
        if found.is_dir() {
            add(&path, tree);
        }
    }
}
