//! The port through which every tool acts: files, search and processes below one root folder, and a way to the web.

mod blocking;
mod error;
mod fetch;
mod layer;
mod local;
mod memory;
mod nothing;
mod path;
mod query;
mod read_only;
mod results;
mod search;
mod tree;
#[cfg(feature = "web")]
mod web;
mod with_fetch;
mod with_results;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use futures::FutureExt;
use futures::future::BoxFuture;

pub(crate) use blocking::blocking;
pub use error::{EnvironmentError, EnvironmentErrorKind};
pub use fetch::{Fetch, FetchError, FetchErrorKind, Fetched};
pub use layer::{Access, EnvironmentLayer};
#[cfg(feature = "sandbox")]
pub use local::SandboxLauncher;
pub use local::{
    Launcher, LocalEnvironment, RunningShell, ShellCommand, adopt_orphans, kill_descendants,
    kill_process_group, kill_process_tree,
};
pub use memory::MemoryEnvironment;
pub use nothing::NoEnvironment;
pub use path::{PathError, WorkspacePath};
pub use query::{CaseSensitivity, GlobMatches, GlobQuery, GrepLine, GrepMatches, GrepQuery};
pub use results::{ResultLimits, ResultName, ResultStore};
pub use tree::{Completeness, FileTree, Scan, ScanRules, Stamp, StampKind, TreeNode};
#[cfg(feature = "web")]
pub use web::Web;
pub use with_fetch::WithFetch;
pub use with_results::WithResults;

use crate::scope::CallScope;

/// Files, search and processes below one root folder.
///
/// An implementer must keep true:
/// - No call reaches a file outside the root, whatever links stand below it. Commands are the exception: how far
///   they reach is the business of the sandbox around them.
/// - [`write`](Self::write) is atomic: a reader sees the old content or the new, never a part.
/// - Dropping the future of [`run`](Self::run) ends every process the command started.
/// - Results are in a fixed order, so that the same tree gives a model the same text.
///
/// A caller may not assume that a file stays what it was between two calls.
pub trait Environment: fmt::Debug + Send + Sync {
    /// The root folder, absolute, as the model is told.
    fn root(&self) -> &Path;

    /// What stands at a path, links followed.
    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>>;

    /// The content of a file, if it is no longer than `limit` bytes.
    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        limit: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>>;

    /// At most `len` bytes of a file from `offset` on, for files too long to be read at once; fewer at its end.
    fn read_range<'a>(
        &'a self,
        path: &'a WorkspacePath,
        offset: u64,
        len: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        let _ = (offset, len);
        unsupported(path, "cannot be read in parts here")
    }

    /// Replaces or creates a file, with the folders above it. An existing file keeps its permission bits.
    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>>;

    /// Removes a file or a link; what a link leads to stays.
    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        unsupported(path, "cannot be removed here")
    }

    /// The entries of a folder, sorted by name.
    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>>;

    /// Files whose path matches a pattern, newest first, then by path.
    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>>;

    /// Lines that match a regular expression, by path and line.
    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>>;

    /// Runs a command to its end, giving its output to `output` as it comes.
    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>>;

    /// The environment to act through on behalf of a call; `None` where it is this one. An implementer whose
    /// work depends on whose it is gives an environment that knows.
    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        let _ = scope;
        None
    }

    /// The tree below the root with no link followed; `None` where what a command changes cannot be undone.
    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        None
    }

    /// Where results go that are too long for a model's context, outside the root; `None` where the rest of
    /// them is not kept.
    fn results(&self) -> Option<&dyn ResultStore> {
        None
    }

    /// The way to the web; `None` where tools have none.
    fn fetch(&self) -> Option<&dyn Fetch> {
        None
    }
}

fn unsupported<'a, T: Send + 'a>(
    path: &WorkspacePath,
    problem: &str,
) -> BoxFuture<'a, Result<T, EnvironmentError>> {
    let error = EnvironmentError::new(EnvironmentErrorKind::Unsupported, path, problem);
    futures::future::ready(Err(error)).boxed()
}

/// Takes the output of a command piece by piece; stdout and stderr come as they were written.
pub type OutputSink<'a> = &'a (dyn Fn(&[u8]) + Send + Sync);

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// A file or a folder, links followed.
    pub kind: FileKind,
    /// Bytes of a file.
    pub len: u64,
    /// When it last changed, where that is known.
    pub modified: Option<SystemTime>,
}

impl Metadata {
    /// Something of this kind and length, of unknown age.
    #[must_use]
    pub const fn new(kind: FileKind, len: u64) -> Self {
        Self { kind, len, modified: None }
    }
}

/// What kind of thing stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A pipe, a socket, a device: nothing a tool reads.
    Other,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// The name within the folder.
    pub name: String,
    /// What it is, links followed; [`FileKind::Other`] for a link that leads nowhere or outside the root.
    pub kind: FileKind,
}

impl DirectoryEntry {
    /// An entry.
    pub fn new(name: impl Into<String>, kind: FileKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// A command for a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandSpec {
    /// What a POSIX shell is given.
    pub script: String,
    /// The folder it starts in.
    pub directory: WorkspacePath,
    /// On which side of a sandbox it runs.
    pub side: CommandSide,
}

impl CommandSpec {
    /// A command that starts in the root folder, inside a sandbox where there is one.
    pub fn new(script: impl Into<String>) -> Self {
        Self { script: script.into(), directory: WorkspacePath::root(), side: CommandSide::Inside }
    }

    /// The same on a side of the sandbox.
    #[must_use]
    pub fn on(mut self, side: CommandSide) -> Self {
        self.side = side;
        self
    }
}

/// On which side of a sandbox a command runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandSide {
    /// In the sandbox, where there is one.
    #[default]
    Inside,
    /// Beside it, as any program of the user's: somebody was asked. An environment that lets no command out refuses it, or runs it
    /// inside.
    Outside,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandExit {
    /// It exited with this code.
    Code(i32),
    /// A signal with this number ended it.
    Signal(i32),
}
