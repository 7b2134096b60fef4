//! An environment that changes nothing.

use std::path::Path;

use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::error::{EnvironmentError, EnvironmentErrorKind};
use super::query::{GlobMatches, GlobQuery, GrepMatches, GrepQuery};
use super::{CommandExit, CommandSpec, DirectoryEntry, Environment, Metadata, OutputSink, WorkspacePath};

/// Another environment's files, to read and to search.
#[derive(Debug)]
pub(super) struct ReadOnly<E>(pub(super) E);

impl<E: Environment> Environment for ReadOnly<E> {
    fn root(&self) -> &Path {
        self.0.root()
    }

    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>> {
        self.0.metadata(path)
    }

    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        limit: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        self.0.read(path, limit)
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        let error = EnvironmentError::new(EnvironmentErrorKind::PermissionDenied, path, "may only be read");
        future::ready(Err(error)).boxed()
    }

    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>> {
        self.0.list(path)
    }

    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>> {
        self.0.glob(query)
    }

    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>> {
        self.0.grep(query)
    }

    fn run<'a>(
        &'a self,
        _: &'a CommandSpec,
        _: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        let problem = "commands do not run among kept results";
        let error = EnvironmentError::new(EnvironmentErrorKind::Unsupported, "run", problem);
        future::ready(Err(error)).boxed()
    }
}
