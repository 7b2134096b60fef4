//! No environment.

use std::path::Path;

use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::error::{EnvironmentError, EnvironmentErrorKind};
use super::query::{GlobMatches, GlobQuery, GrepMatches, GrepQuery};
use super::{CommandExit, CommandSpec, DirectoryEntry, Environment, Metadata, OutputSink, WorkspacePath};

/// No files and no processes, for sessions whose tools need none: everything is
/// [`Unsupported`](EnvironmentErrorKind::Unsupported).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoEnvironment;

fn refuse<'a, T: Send + 'a>(subject: impl ToString) -> BoxFuture<'a, Result<T, EnvironmentError>> {
    let problem = "this session has no files and no processes";
    let error = EnvironmentError::new(EnvironmentErrorKind::Unsupported, subject, problem);
    future::ready(Err(error)).boxed()
}

impl Environment for NoEnvironment {
    fn root(&self) -> &Path {
        Path::new("/")
    }

    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>> {
        refuse(path)
    }

    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        _: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        refuse(path)
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        refuse(path)
    }

    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>> {
        refuse(path)
    }

    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>> {
        refuse(&query.pattern)
    }

    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>> {
        refuse(&query.pattern)
    }

    fn run<'a>(
        &'a self,
        _: &'a CommandSpec,
        _: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        refuse("run")
    }
}
