//! An environment around another one.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::error::EnvironmentError;
use super::fetch::Fetch;
use super::query::{GlobMatches, GlobQuery, GrepMatches, GrepQuery};
use super::results::ResultStore;
use super::tree::FileTree;
use super::{CommandExit, CommandSpec, DirectoryEntry, Environment, Metadata, OutputSink, WorkspacePath};
use crate::scope::CallScope;

/// An [`Environment`] around another one: files are read and searched as they are there, and what it does not take into
/// its own hands is the other one's business too.
///
/// What an [`Environment`] must keep true holds for both together.
pub trait EnvironmentLayer: fmt::Debug + Send + Sync {
    /// The environment it stands around.
    fn inner(&self) -> &dyn Environment;

    /// Whether a file or folder may be touched at all, asked before it is.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, path: &WorkspacePath, access: Access) -> Result<(), EnvironmentError> {
        let _ = (path, access);
        Ok(())
    }

    /// See [`Environment::write`].
    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        self.inner().write(path, content)
    }

    /// See [`Environment::remove`].
    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        self.inner().remove(path)
    }

    /// See [`Environment::run`].
    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        self.inner().run(command, output)
    }

    /// See [`Environment::for_call`]. By default the one inside is not told, since its answer would leave this layer
    /// out: a layer around an environment that wants to know puts itself around that answer.
    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        let _ = scope;
        None
    }

    /// See [`Environment::tree`].
    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        self.inner().tree()
    }

    /// See [`Environment::results`].
    fn results(&self) -> Option<&dyn ResultStore> {
        self.inner().results()
    }

    /// See [`Environment::fetch`].
    fn fetch(&self) -> Option<&dyn Fetch> {
        self.inner().fetch()
    }
}

/// What is done with a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to do with a file")]
pub enum Access {
    /// It is read, listed or searched.
    Read,
    /// It is written, made or removed.
    Write,
}

impl<L: EnvironmentLayer> Environment for L {
    fn root(&self) -> &Path {
        self.inner().root()
    }

    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>> {
        async move {
            self.check(path, Access::Read)?;
            self.inner().metadata(path).await
        }
        .boxed()
    }

    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        limit: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        async move {
            self.check(path, Access::Read)?;
            self.inner().read(path, limit).await
        }
        .boxed()
    }

    fn read_range<'a>(
        &'a self,
        path: &'a WorkspacePath,
        offset: u64,
        len: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        async move {
            self.check(path, Access::Read)?;
            self.inner().read_range(path, offset, len).await
        }
        .boxed()
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        async move {
            self.check(path, Access::Write)?;
            EnvironmentLayer::write(self, path, content).await
        }
        .boxed()
    }

    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        async move {
            self.check(path, Access::Write)?;
            EnvironmentLayer::remove(self, path).await
        }
        .boxed()
    }

    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>> {
        async move {
            self.check(path, Access::Read)?;
            self.inner().list(path).await
        }
        .boxed()
    }

    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>> {
        async move {
            self.check(&query.below, Access::Read)?;
            self.inner().glob(query).await
        }
        .boxed()
    }

    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>> {
        async move {
            self.check(&query.below, Access::Read)?;
            self.inner().grep(query).await
        }
        .boxed()
    }

    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        EnvironmentLayer::run(self, command, output)
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        EnvironmentLayer::for_call(self, scope)
    }

    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        EnvironmentLayer::tree(self)
    }

    fn results(&self) -> Option<&dyn ResultStore> {
        EnvironmentLayer::results(self)
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        EnvironmentLayer::fetch(self)
    }
}
