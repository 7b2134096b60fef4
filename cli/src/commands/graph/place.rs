//! Where runs are kept: their records in a database beside that of the sessions, and with each run its graph as it was when the
//! run began.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tau_core::SessionId;
use tau_orchestrate::checkpoint::{RunId, RunInfo, SqliteStore, Store as _, StoreError};
use tau_orchestrate::graph::StateGraph;
use tau_orchestrate::graph::declared::GraphSpec;

use super::declaration;
use super::error::in_full;
use crate::args::StoreArgs;
use crate::environment;
use crate::exit::UsageError;
use crate::store::make_private;

const DATABASE: &str = "graphs.db";
const DECLARATIONS: &str = "graphs";

/// Where runs are kept.
pub(super) struct Runs {
    folder: PathBuf,
    pub(super) store: Arc<SqliteStore>,
}

/// What is kept of the graph of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Declaration {
    v: u32,
    /// What the sessions of the run are known by: its name may be somebody else's once it is deleted.
    pub(super) id: String,
    /// The file that it was read from.
    pub(super) file: PathBuf,
    /// The folder that its nodes work in.
    pub(super) working_dir: PathBuf,
    pub(super) graph: GraphSpec,
}

const VERSION: u32 = 1;

impl Declaration {
    pub(super) fn new(file: PathBuf, working_dir: PathBuf, graph: GraphSpec) -> Self {
        Self { v: VERSION, id: SessionId::generate().to_string(), file, working_dir, graph }
    }

    /// The graph, to be looked at.
    pub(super) fn build(&self) -> Result<StateGraph, UsageError> {
        declaration::build(&self.graph, None, &self.file.display().to_string())
    }
}

impl Runs {
    /// Opens the database, and makes it if there is none.
    pub(super) fn open(args: &StoreArgs) -> miette::Result<Self> {
        let folder = args.state_dir.clone().or_else(environment::state_dir).ok_or_else(|| {
            UsageError::new("no home folder is known", "say where runs are kept with --state-dir")
        })?;
        let declarations = folder.join(DECLARATIONS);
        make_private(&declarations)
            .map_err(|error| miette::miette!("{} cannot be made: {error}", declarations.display()))?;
        let database = folder.join(DATABASE);
        let store = SqliteStore::open(&database)
            .map_err(|error| miette::miette!("{}: {}", database.display(), in_full(&error)))?;
        Ok(Self { folder, store: Arc::new(store) })
    }

    /// All runs, the last changed first.
    pub(super) async fn list(&self) -> miette::Result<Vec<RunInfo>> {
        let mut runs = self.store.list().await.map_err(|error| self.failed(&error))?;
        runs.sort_by(|one, two| two.changed.cmp(&one.changed).then_with(|| one.run.cmp(&two.run)));
        Ok(runs)
    }

    /// The run that somebody names, by its name or the beginning of one; without a name the one changed last.
    pub(super) async fn find(&self, name: Option<&str>) -> miette::Result<RunInfo> {
        let runs = self.list().await?;
        let help = "`tau graph list` shows the runs there are";
        let Some(name) = name else {
            let none = || UsageError::new("no graph was run yet", "`tau graph run FILE` runs one").into();
            return runs.into_iter().next().ok_or_else(none);
        };
        if let Some(exact) = runs.iter().find(|info| info.run.as_str() == name) {
            return Ok(exact.clone());
        }
        let found: Vec<&RunInfo> = runs.iter().filter(|info| info.run.as_str().starts_with(name)).collect();
        match found.as_slice() {
            [only] if !name.is_empty() => Ok((*only).clone()),
            [] => Err(UsageError::new(format!("no run has a name that begins with {name:?}"), help).into()),
            _ => {
                Err(UsageError::new(format!("several runs have a name that begins with {name:?}"), help)
                    .into())
            }
        }
    }

    /// A name for a run: the one that is wanted, or one that nobody has.
    pub(super) fn name(wanted: Option<&str>, graph: &str) -> Result<RunId, UsageError> {
        let invalid = |error: &dyn std::fmt::Display| {
            UsageError::new(error.to_string(), "choose another name, such as release-1")
        };
        if let Some(wanted) = wanted {
            return RunId::new(wanted).map_err(|error| invalid(&error));
        }
        let is_plain = |character: &char| character.is_ascii_alphanumeric() || "-_.".contains(*character);
        let graph: String = graph.chars().filter(is_plain).take(60).collect();
        let id = SessionId::generate().to_string().replace('-', "");
        // The first twelve digits are the time to the millisecond, the last are random.
        let random = id.get(id.len() - 6..).unwrap_or_default();
        let time = id.get(2..12).unwrap_or_default();
        RunId::new(&format!("{}-{time}{random}", if graph.is_empty() { "graph" } else { &graph }))
            .map_err(|error| invalid(&error))
    }

    /// Keeps the graph of a run that is about to begin. Gives what is kept.
    pub(super) async fn keep(&self, run: &RunId, declaration: Declaration) -> miette::Result<Declaration> {
        let path = self.path(run);
        let json = serde_json::to_vec(&declaration).map_err(|error| miette::miette!("{error}"))?;
        let failed = |error: std::io::Error| miette::miette!("{} cannot be written: {error}", path.display());
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(&json).and_then(|()| file.sync_all()).map(|()| declaration).map_err(failed)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let records = self.store.load(run).await.map_err(|error| self.failed(&error))?;
                // One that was killed before anything was stored of it.
                if let Some(kept) = self.declaration(run).ok().filter(|_| records.is_empty())
                    && kept == (Declaration { id: kept.id.clone(), ..declaration.clone() })
                {
                    return Ok(kept);
                }
                if records.is_empty() {
                    let help = format!("`tau graph delete {run}` frees the name; or choose another");
                    let message = format!("a run `{run}` of another graph was about to begin");
                    return Err(UsageError::new(message, help).into());
                }
                let help = "`tau graph resume` goes on with it; or choose another name";
                Err(UsageError::new(format!("there is a run `{run}` already"), help).into())
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Forgets the graph of a run of which nothing is stored.
    pub(super) async fn forget_unbegun(&self, run: &RunId) {
        if self.store.load(run).await.is_ok_and(|records| records.is_empty()) {
            let _ = std::fs::remove_file(self.path(run));
        }
    }

    /// The graph of a run as it was when the run began.
    pub(super) fn declaration(&self, run: &RunId) -> miette::Result<Declaration> {
        let path = self.path(run);
        let bytes = std::fs::read(&path).map_err(|error| {
            miette::miette!("the graph of run `{run}`, {}, cannot be read: {error}", path.display())
        })?;
        let read: Declaration = serde_json::from_slice(&bytes)
            .map_err(|error| miette::miette!("{} is not what tau wrote: {error}", path.display()))?;
        if read.v != VERSION {
            return Err(miette::miette!("{} was written by a newer version of tau", path.display()));
        }
        Ok(read)
    }

    /// Whether there is a run of that name, or was to be one.
    pub(super) fn is_known(&self, run: &RunId) -> bool {
        self.path(run).exists()
    }

    /// Deletes a run.
    pub(super) async fn delete(&self, run: &RunId) -> miette::Result<()> {
        self.store.delete(run).await.map_err(|error| self.failed(&error))?;
        match std::fs::remove_file(self.path(run)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(miette::miette!("{} cannot be removed: {error}", self.path(run).display()))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, error: &StoreError) -> miette::Report {
        miette::miette!("{}: {}", self.folder.join(DATABASE).display(), in_full(error))
    }

    fn path(&self, run: &RunId) -> PathBuf {
        self.folder.join(DECLARATIONS).join(format!("{run}.json"))
    }
}
