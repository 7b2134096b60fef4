//! Searches on disk: ripgrep's walker finds the files, and each is opened below the root.
//!
//! The walker goes by path. A folder that is exchanged for a link in the middle of a walk can make it see names
//! outside the root, never content.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::files;
use super::root::Root;
use crate::environment::error::{EnvironmentError, EnvironmentErrorKind};
use crate::environment::query::{GlobMatches, GlobQuery, GrepMatches, GrepQuery};
use crate::environment::search::{
    Collector, FileMatches, IgnoreRules, LineSearch, Newest, PathGlob, is_dotted, is_git_folder,
};
use crate::environment::tree::ScanRules;
use crate::environment::{Metadata, WorkspacePath};

/// A file with ignore rules that is longer has none.
const RULES_BYTES: u64 = 1 << 20;

/// Set when nobody waits for a search any more.
pub(super) type Cancelled = Arc<AtomicBool>;

pub(super) fn glob(
    root: &Arc<Root>,
    query: &GlobQuery,
    cancelled: &Cancelled,
) -> Result<GlobMatches, EnvironmentError> {
    let glob = PathGlob::new(&query.pattern)?;
    let start = start(root, &query.below)?;
    if !start.is_dir() {
        let problem = "is a file; a search by path needs a folder";
        return Err(EnvironmentError::new(EnvironmentErrorKind::NotAFile, &query.below, problem));
    }
    let rules = (!query.hidden).then(|| rules(root));
    let hide = Hide { dotted: !query.hidden && !glob.dotted, rules };
    let newest = Mutex::new(Newest::new(query.limit));
    walk(root, &start, hide, cancelled, &|entry, path| {
        if is_file(entry) && entry.path().strip_prefix(&start).is_ok_and(|below| glob.is_match(below)) {
            let modified = entry.metadata().ok().and_then(|found| found.modified().ok());
            let modified = modified.unwrap_or(SystemTime::UNIX_EPOCH);
            newest.lock().unwrap_or_else(PoisonError::into_inner).add(modified, path);
        }
    });
    Ok(newest.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
}

pub(super) fn grep(
    root: &Arc<Root>,
    query: &GrepQuery,
    cancelled: &Cancelled,
) -> Result<GrepMatches, EnvironmentError> {
    let search = LineSearch::new(query)?;
    let files = query.files.as_deref().map(PathGlob::for_files).transpose()?;
    let start = start(root, &query.below)?;
    let hide = Hide { dotted: false, rules: Some(rules(root)) };
    let collector = Mutex::new(Collector::new(query));
    // A searcher owns buffers worth keeping between files, one for each thread that is at work.
    let searches = Mutex::new(vec![search; threads()]);
    walk(root, &start, hide, cancelled, &|entry, path| {
        if !is_file(entry) || files.as_ref().is_some_and(|files| !files.is_match(below(entry, &start))) {
            return;
        }
        // There is one for every thread that visits.
        let Some(mut search) = searches.lock().unwrap_or_else(PoisonError::into_inner).pop() else {
            return;
        };
        let searched = root
            .open_listed(path.as_path())
            .and_then(|file| search.read(&path, Watched { inner: file, cancelled }));
        searches.lock().unwrap_or_else(PoisonError::into_inner).push(search);
        if !searched.as_ref().is_ok_and(FileMatches::is_empty) {
            collector.lock().unwrap_or_else(PoisonError::into_inner).add(path, searched);
        }
    });
    Ok(collector.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
}

/// The path of a file from where the search started; its name where it started there.
fn below<'a>(entry: &'a DirEntry, start: &Path) -> &'a Path {
    let below = entry.path().strip_prefix(start).ok().filter(|below| !below.as_os_str().is_empty());
    below.unwrap_or_else(|| Path::new(entry.file_name()))
}

/// Where a search starts, without links.
fn start(root: &Root, below: &WorkspacePath) -> Result<PathBuf, EnvironmentError> {
    let found: Metadata = files::metadata(root, below)?;
    if found.kind == crate::environment::FileKind::Other {
        let problem = "is a pipe, a socket or a device; it cannot be searched";
        return Err(EnvironmentError::new(EnvironmentErrorKind::NotAFile, below, problem));
    }
    root.resolve(below.as_path()).map_err(|e| files::error(below, e))
}

/// The ignore rules below a root, read when they are met.
pub(super) fn rules(root: &Arc<Root>) -> ScanRules {
    let root = Arc::clone(root);
    let load = move |path: &Path| {
        let file = root.open_file(path).ok()?;
        let mut content = Vec::new();
        file.take(RULES_BYTES).read_to_end(&mut content).ok()?;
        Some(content)
    };
    ScanRules(Arc::new(IgnoreRules::new(Box::new(load))))
}

fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
}

/// What a walk leaves out.
#[derive(Debug)]
pub(super) struct Hide {
    pub(super) dotted: bool,
    pub(super) rules: Option<ScanRules>,
}

/// Visits everything below `start` that is not hidden, from several threads, in no order.
pub(super) fn walk(
    root: &Arc<Root>,
    start: &Path,
    hide: Hide,
    cancelled: &AtomicBool,
    visit: &(dyn Fn(&DirEntry, WorkspacePath) + Sync),
) {
    let filter_root = Arc::clone(root);
    let visible = move |entry: &DirEntry| {
        let name: &OsStr = entry.file_name();
        if entry.depth() == 0 {
            return true;
        }
        if is_git_folder(name) || (hide.dotted && is_dotted(name)) {
            return false;
        }
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let Ok(path) = entry.path().strip_prefix(filter_root.path()) else {
            return false;
        };
        !hide.rules.as_ref().is_some_and(|rules| rules.0.hide(path, is_folder))
    };
    let walker = WalkBuilder::new(start)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(visible)
        .threads(threads())
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            if cancelled.load(Ordering::Relaxed) {
                return WalkState::Quit;
            }
            // What cannot be listed is left out: one closed folder must not fail a whole search.
            let Ok(entry) = entry else {
                return WalkState::Continue;
            };
            if let Ok(path) = entry.path().strip_prefix(root.path()) {
                visit(&entry, WorkspacePath::of_names(path));
            }
            WalkState::Continue
        })
    });
}

/// More threads than this wait for each other.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(12)
}

/// A file that cannot be read on when nobody waits for it.
struct Watched<'a, R> {
    inner: R,
    cancelled: &'a AtomicBool,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.inner.read(buffer)
    }
}
