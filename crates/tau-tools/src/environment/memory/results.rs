//! Kept results in memory.

use std::path::PathBuf;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::MemoryEnvironment;
use crate::environment::error::EnvironmentError;
use crate::environment::read_only::ReadOnly;
use crate::environment::results::{ResultLimits, ResultName, ResultStore};
use crate::environment::{Environment, WorkspacePath};

/// Results kept below `/results`.
#[derive(Debug)]
pub(super) struct MemoryResults {
    files: ReadOnly<MemoryEnvironment>,
    limits: ResultLimits,
}

impl MemoryResults {
    pub(super) fn new(limits: ResultLimits) -> Self {
        Self { files: ReadOnly(MemoryEnvironment::empty_at("/results")), limits }
    }
}

impl ResultStore for MemoryResults {
    fn limits(&self) -> ResultLimits {
        self.limits
    }

    fn keep<'a>(
        &'a self,
        name: &'a ResultName,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<PathBuf, EnvironmentError>> {
        async move {
            let path = WorkspacePath::root().join(name.as_str());
            let mut files = self.files.0.lock();
            files.write(&path, content)?;
            files.remove_oldest(self.limits.total);
            Ok(self.files.root().join(name.as_str()))
        }
        .boxed()
    }

    fn files(&self) -> &dyn Environment {
        &self.files
    }
}
