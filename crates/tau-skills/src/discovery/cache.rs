//! What was found before, as long as nothing has changed since.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Discovery;
use crate::catalogue::Catalogue;
use crate::parallel;

/// The catalogue of the last discovery, kept in memory with all that it depends on.
///
/// A folder or file counts as unchanged while its size, its times of change and, on Unix, its inode are the same. What
/// changed less than two seconds before is not relied on: a second change could bear the same time.
#[derive(Debug, Default)]
pub struct Cache {
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    search: Discovery,
    seen: Vec<Seen>,
    catalogue: Arc<Catalogue>,
}

/// Something a discovery looked at, as it was then; `None` where there was nothing.
pub(super) type Seen = (PathBuf, Option<Stamp>);

/// What tells a changed file from an unchanged one. Times are in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: i128,
    changed: i128,
    bytes: u64,
    device: u64,
    inode: u64,
}

/// In nanoseconds: the coarsest times of file systems in use.
const SETTLED: i128 = 2_000_000_000;

impl Cache {
    /// What the same search found, if nothing of it has changed.
    pub(super) fn get(&self, search: &Discovery) -> Option<Arc<Catalogue>> {
        let kept = self.kept.as_ref().filter(|kept| kept.search == *search)?;
        let is_same = parallel::map(&kept.seen, |(path, stamp)| Stamp::of(path) == *stamp);
        is_same.into_iter().all(|is_same| is_same).then(|| kept.catalogue.clone())
    }

    /// Keeps what was found, but for a search that looked at something too new.
    pub(super) fn keep(&mut self, search: &Discovery, seen: Vec<Seen>, catalogue: &Arc<Catalogue>) {
        let now = nanoseconds(SystemTime::now());
        let is_settled = seen.iter().all(|(_, stamp)| stamp.is_none_or(|stamp| stamp.is_settled(now)));
        self.kept =
            is_settled.then(|| Kept { search: search.clone(), seen, catalogue: Arc::clone(catalogue) });
    }
}

impl Stamp {
    /// To be taken before the file is read, so that a change meanwhile is noticed the next time.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let modified = nanoseconds(metadata.modified().ok()?);
        let (changed, device, inode) = identity(&metadata);
        Some(Self { modified, changed, bytes: metadata.len(), device, inode })
    }

    /// Whether a further change would be sure to show.
    fn is_settled(&self, now: i128) -> bool {
        now - self.modified.max(self.changed) >= SETTLED
    }
}

fn nanoseconds(time: SystemTime) -> i128 {
    let signed = |nanoseconds: u128| i128::try_from(nanoseconds).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since.as_nanos()),
        Err(before) => -signed(before.duration().as_nanos()),
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (i128, u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    let changed = i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec());
    (changed, metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (i128, u64, u64) {
    (0, 0, 0)
}
