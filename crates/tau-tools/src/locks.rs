//! Files that are being changed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::environment::{Environment, WorkspacePath, blocking};

/// A lock for every file that a call changes, by the path where writing would put it: two names of a file that
/// links make are one.
#[derive(Debug, Default)]
pub(crate) struct FileLocks(Mutex<BTreeMap<PathBuf, Weak<AsyncMutex<()>>>>);

impl FileLocks {
    /// Waits until nobody else changes any of the files.
    pub(crate) async fn hold(
        &self,
        environment: &dyn Environment,
        paths: Vec<WorkspacePath>,
    ) -> Vec<OwnedMutexGuard<()>> {
        let paths = match environment.tree() {
            Some(tree) => {
                let all = paths.clone();
                let locate = move || -> Vec<WorkspacePath> {
                    // A path that leads nowhere is one that nothing is written to.
                    all.into_iter().map(|path| tree.locate(&path).unwrap_or(path)).collect()
                };
                blocking(locate).await.unwrap_or(paths)
            }
            None => paths,
        };
        let mut keys: Vec<PathBuf> =
            paths.iter().map(|path| environment.root().join(path.as_path())).collect();
        // Everybody takes them in the same order, so that no two wait for each other.
        keys.sort_unstable();
        keys.dedup();
        let mut held = Vec::with_capacity(keys.len());
        for key in keys {
            held.push(self.of(key).lock_owned().await);
        }
        held
    }

    fn of(&self, key: PathBuf) -> Arc<AsyncMutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}
