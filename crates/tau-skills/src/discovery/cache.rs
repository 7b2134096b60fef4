//! What was read before and has not changed since.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{FileType, Metadata};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Root;
use crate::load::Found;

pub(super) type Entries = Vec<(OsString, FileType)>;

/// What earlier discoveries read, kept in memory for the next one.
///
/// A folder or file counts as unchanged while its size, its times of change and, on Unix, its inode are the same. What
/// changed less than two seconds before it was read is read again: a second change could bear the same time. It holds
/// what belongs to one set of roots, and starts anew for another.
#[derive(Debug, Default)]
pub struct Cache {
    roots: Vec<Root>,
    folders: HashMap<PathBuf, Kept<Entries>>,
    files: HashMap<PathBuf, Kept<Found>>,
    now: i128,
    round: u64,
}

#[derive(Debug)]
struct Kept<T> {
    stamp: Stamp,
    /// The discovery that last needed it.
    round: u64,
    value: T,
}

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
    pub(super) fn begin(&mut self, roots: &[Root]) {
        if self.roots != roots {
            *self = Self { roots: roots.to_vec(), ..Self::default() };
        }
        self.now = nanoseconds(SystemTime::now());
        self.round += 1;
    }

    /// Forgets what is gone.
    pub(super) fn end(&mut self) {
        let round = self.round;
        self.folders.retain(|_, kept| kept.round == round);
        self.files.retain(|_, kept| kept.round == round);
    }

    /// The entries of a folder, if it is as it was.
    pub(super) fn folder(&self, path: &Path) -> Option<&Entries> {
        fresh(self.folders.get(path)?, path)
    }

    /// What was made of a file, if it is as it was.
    pub(super) fn file(&self, path: &Path) -> Option<&Found> {
        fresh(self.files.get(path)?, path)
    }

    /// Keeps what was read of a folder; without it, what was kept is needed again.
    pub(super) fn keep_folder(&mut self, path: &Path, read: Option<(Stamp, &Entries)>) {
        keep(&mut self.folders, (self.now, self.round), path, read);
    }

    pub(super) fn keep_file(&mut self, path: &Path, read: Option<(Stamp, &Found)>) {
        keep(&mut self.files, (self.now, self.round), path, read);
    }
}

fn fresh<'a, T>(kept: &'a Kept<T>, path: &Path) -> Option<&'a T> {
    (Stamp::of(path)? == kept.stamp).then_some(&kept.value)
}

fn keep<T: Clone>(
    all: &mut HashMap<PathBuf, Kept<T>>,
    (now, round): (i128, u64),
    path: &Path,
    read: Option<(Stamp, &T)>,
) {
    match read {
        Some((stamp, value)) if stamp.is_settled(now) => {
            all.insert(path.to_path_buf(), Kept { stamp, round, value: value.clone() });
        }
        Some(_) => {
            all.remove(path);
        }
        None => {
            if let Some(kept) = all.get_mut(path) {
                kept.round = round;
            }
        }
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
