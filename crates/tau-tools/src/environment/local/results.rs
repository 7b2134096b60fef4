//! Kept results in a folder of this machine.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures::FutureExt;
use futures::future::BoxFuture;
use rustix::fs::AtFlags;

use super::LocalEnvironment;
use super::files::{self, NewFile};
use super::root::Root;
use crate::environment::error::EnvironmentError;
use crate::environment::read_only::ReadOnly;
use crate::environment::results::{ResultLimits, ResultName, ResultStore};
use crate::environment::{Environment, WorkspacePath};

/// A folder of kept results: mode 0700, its files 0600.
#[derive(Debug)]
pub(super) struct LocalResults {
    files: ReadOnly<LocalEnvironment>,
    limits: ResultLimits,
}

impl LocalResults {
    /// Opens the folder; makes it, and those above it, where it is missing.
    pub(super) fn open(folder: &Path, limits: ResultLimits) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { files: ReadOnly(LocalEnvironment::new(folder)?), limits })
    }
}

impl ResultStore for LocalResults {
    fn limits(&self) -> ResultLimits {
        self.limits
    }

    fn keep<'a>(
        &'a self,
        name: &'a ResultName,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<PathBuf, EnvironmentError>> {
        let (path, content) = (WorkspacePath::root().join(name.as_str()), content.to_vec());
        let kept = self.files.root().join(name.as_str());
        let total = self.limits.total as u64;
        let keeping = self.files.0.blocking(move |root| {
            files::write(root, &path, &content, NewFile::Private)?;
            remove_oldest(root, total, &path).map_err(|error| files::error(&path, error))
        });
        async move { keeping.await.map(|()| kept) }.boxed()
    }

    fn files(&self) -> &dyn Environment {
        &self.files
    }
}

/// Removes the oldest files until the others fit. What somebody else removes meanwhile is gone too.
fn remove_oldest(root: &Root, total: u64, newest: &WorkspacePath) -> io::Result<()> {
    let folder = root.open_folder()?;
    let mut kept: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in std::fs::read_dir(root.path())? {
        let Ok(entry) = entry else { continue };
        let Ok(found) = entry.metadata() else { continue };
        let name = PathBuf::from(entry.file_name());
        if found.is_file() && name != newest.as_path() {
            kept.push((found.modified().unwrap_or(SystemTime::UNIX_EPOCH), name, found.len()));
        }
    }
    kept.sort_unstable();
    let own = root.metadata(newest.as_path())?.len();
    let mut held = kept.iter().map(|(_, _, len)| len).sum::<u64>().saturating_add(own);
    for (_, name, len) in kept {
        if held <= total {
            break;
        }
        // By its name in the open folder: a link of that name goes itself, not what it leads to.
        let _ = rustix::fs::unlinkat(&folder, &name, AtFlags::empty());
        held -= len;
    }
    Ok(())
}
