//! An environment that changes nothing.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::error::{EnvironmentError, EnvironmentErrorKind};
use super::layer::EnvironmentLayer;
use super::tree::FileTree;
use super::{CommandExit, CommandSpec, Environment, OutputSink, WorkspacePath};

/// Another environment's files, to read and to search.
#[derive(Debug)]
pub(super) struct ReadOnly<E>(pub(super) E);

fn refuse<'a>(path: &WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
    let error = EnvironmentError::new(EnvironmentErrorKind::PermissionDenied, path, "may only be read");
    future::ready(Err(error)).boxed()
}

impl<E: Environment> EnvironmentLayer for ReadOnly<E> {
    fn inner(&self) -> &dyn Environment {
        &self.0
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        refuse(path)
    }

    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        refuse(path)
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

    /// None: a tree can be written to.
    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        None
    }
}
