//! An environment without a disk.

mod results;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::{self, BoxFuture};
use results::MemoryResults;

use crate::environment::error::{EnvironmentError, EnvironmentErrorKind};
use crate::environment::query::{GlobMatches, GlobQuery, GrepMatches, GrepQuery};
use crate::environment::results::{ResultLimits, ResultStore};
use crate::environment::search::{
    Collector, IgnoreRules, LineSearch, Newest, PathGlob, is_dotted, is_git_folder,
};
use crate::environment::tree::FileTree;
use crate::environment::{
    CommandExit, CommandSpec, DirectoryEntry, Environment, FileKind, Metadata, OutputSink, WorkspacePath,
};

/// Files in memory below `/workspace`, for tests and examples. Folders are what stands above files.
///
/// Searches mean what they mean on disk. There are no processes, so commands are
/// [`Unsupported`](EnvironmentErrorKind::Unsupported), unless [scripted](Self::with_commands).
#[derive(Clone)]
pub struct MemoryEnvironment {
    root: &'static Path,
    files: Arc<Mutex<Files>>,
    commands: Option<Arc<Commands>>,
    results: Option<Arc<MemoryResults>>,
}

type Commands = dyn Fn(&CommandSpec, OutputSink<'_>) -> Result<CommandExit, EnvironmentError> + Send + Sync;

#[derive(Clone, Default)]
struct Files {
    by_path: BTreeMap<WorkspacePath, File>,
    /// Counts changes; it stands in for a clock, so that "newest first" does not depend on one.
    changes: u64,
}

#[derive(Clone)]
struct File {
    content: Arc<[u8]>,
    changed: u64,
    /// Permission bits; nothing here heeds them.
    mode: u32,
}

/// The permission bits of a new file, as most systems give them.
const NEW_MODE: u32 = 0o644;

impl fmt::Debug for MemoryEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.lock();
        f.debug_struct("MemoryEnvironment")
            .field("root", &self.root)
            .field("files", &files.by_path.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl MemoryEnvironment {
    /// An environment of these files: path and content. All are of the same age.
    ///
    /// # Errors
    /// When a path is not one below the root, or stands below another file.
    pub fn new<P: AsRef<str>, C: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<Self, EnvironmentError> {
        let environment = Self::empty_at("/workspace");
        let mut all = environment.lock();
        for (path, content) in files {
            let path = WorkspacePath::parse(environment.root, path.as_ref()).map_err(|error| {
                EnvironmentError::new(EnvironmentErrorKind::Outside, path.as_ref(), error.to_string())
            })?;
            all.write(&path, content.as_ref())?;
            all.changes = 0;
        }
        for file in all.by_path.values_mut() {
            file.changed = 0;
        }
        drop(all);
        Ok(environment)
    }

    fn empty_at(root: &'static str) -> Self {
        Self { root: Path::new(root), files: Arc::default(), commands: None, results: None }
    }

    /// The same environment, keeping results that are too long for a model below `/results`.
    #[must_use]
    pub fn with_results(mut self, limits: ResultLimits) -> Self {
        self.results = Some(Arc::new(MemoryResults::new(limits)));
        self
    }

    /// The same environment, with commands answered by a function.
    #[must_use]
    pub fn with_commands(
        mut self,
        commands: impl Fn(&CommandSpec, OutputSink<'_>) -> Result<CommandExit, EnvironmentError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.commands = Some(Arc::new(commands));
        self
    }

    /// Every file as it is now, by path.
    #[must_use]
    pub fn files(&self) -> BTreeMap<WorkspacePath, Vec<u8>> {
        self.lock().by_path.iter().map(|(path, file)| (path.clone(), file.content.to_vec())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files as they are now, to work on without the lock.
    fn snapshot(&self) -> Files {
        self.lock().clone()
    }
}

impl Files {
    fn metadata(&self, path: &WorkspacePath) -> Result<Metadata, EnvironmentError> {
        if let Some(file) = self.by_path.get(path) {
            let mut metadata = Metadata::new(FileKind::File, file.content.len() as u64);
            metadata.modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(file.changed));
            return Ok(metadata);
        }
        if path.as_path().as_os_str().is_empty() || self.below(path).next().is_some() {
            return Ok(Metadata::new(FileKind::Directory, 0));
        }
        Err(self.missing(path))
    }

    fn missing(&self, path: &WorkspacePath) -> EnvironmentError {
        let kind = match self.file_above(path) {
            Some(_) => std::io::ErrorKind::NotADirectory,
            None => std::io::ErrorKind::NotFound,
        };
        EnvironmentError::io(path, kind.into())
    }

    fn file_above(&self, path: &WorkspacePath) -> Option<WorkspacePath> {
        std::iter::successors(path.parent(), WorkspacePath::parent)
            .find(|above| self.by_path.contains_key(above))
    }

    /// The files below a folder with their paths from there.
    fn below(&self, folder: &WorkspacePath) -> impl Iterator<Item = (&WorkspacePath, &Path, &File)> {
        self.by_path.range(folder.clone()..).map_while(move |(path, file)| {
            let below = path.as_path().strip_prefix(folder.as_path()).ok()?;
            Some((path, below, file))
        })
    }

    fn read(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, EnvironmentError> {
        let Some(file) = self.by_path.get(path) else {
            let found = self.metadata(path)?.kind;
            debug_assert_eq!(found, FileKind::Directory, "a path that is no file");
            return Err(EnvironmentError::io(path, std::io::ErrorKind::IsADirectory.into()));
        };
        let len = file.content.len() as u64;
        if len > limit {
            let problem = format!("is {len} bytes long, more than the {limit} that can be read at once");
            return Err(EnvironmentError::new(EnvironmentErrorKind::TooLarge, path, problem));
        }
        Ok(file.content.to_vec())
    }

    fn write(&mut self, path: &WorkspacePath, content: &[u8]) -> Result<(), EnvironmentError> {
        let is_folder = path.as_path().as_os_str().is_empty()
            || self.below(path).any(|(_, below, _)| !below.as_os_str().is_empty());
        if is_folder {
            return Err(EnvironmentError::io(path, std::io::ErrorKind::IsADirectory.into()));
        }
        if self.file_above(path).is_some() {
            return Err(EnvironmentError::io(path, std::io::ErrorKind::NotADirectory.into()));
        }
        self.changes += 1;
        let mode = self.by_path.get(path).map_or(NEW_MODE, |file| file.mode);
        self.by_path.insert(path.clone(), File { content: content.into(), changed: self.changes, mode });
        Ok(())
    }

    fn remove(&mut self, path: &WorkspacePath) -> Result<(), EnvironmentError> {
        if self.by_path.remove(path).is_some() {
            self.changes += 1;
            return Ok(());
        }
        self.metadata(path)?;
        Err(EnvironmentError::io(path, std::io::ErrorKind::IsADirectory.into()))
    }

    /// Removes the oldest files until the others fit, but never the newest.
    fn remove_oldest(&mut self, total: usize) {
        let mut ages: Vec<(u64, WorkspacePath, usize)> = self
            .by_path
            .iter()
            .map(|(path, file)| (file.changed, path.clone(), file.content.len()))
            .collect();
        ages.sort_unstable();
        ages.pop();
        let mut held: usize = self.by_path.values().map(|file| file.content.len()).sum();
        for (_, path, len) in ages {
            if held <= total {
                break;
            }
            self.by_path.remove(&path);
            held -= len;
        }
    }

    fn list(&self, path: &WorkspacePath) -> Result<Vec<DirectoryEntry>, EnvironmentError> {
        if self.metadata(path)?.kind != FileKind::Directory {
            return Err(EnvironmentError::io(path, std::io::ErrorKind::NotADirectory.into()));
        }
        let mut entries: Vec<DirectoryEntry> = self
            .below(path)
            .filter_map(|(_, below, _)| {
                let mut names = below.iter();
                let name = names.next()?.to_string_lossy();
                let kind = if names.next().is_some() { FileKind::Directory } else { FileKind::File };
                Some(DirectoryEntry::new(name, kind))
            })
            .collect();
        entries.sort_unstable();
        entries.dedup();
        Ok(entries)
    }

    fn glob(&self, query: &GlobQuery) -> Result<GlobMatches, EnvironmentError> {
        let glob = PathGlob::new(&query.pattern)?;
        if self.metadata(&query.below)?.kind != FileKind::Directory {
            let problem = "is a file; a search by path needs a folder";
            return Err(EnvironmentError::new(EnvironmentErrorKind::NotAFile, &query.below, problem));
        }
        let rules = IgnoreRules::new(|path: &Path| self.rules(path));
        let mut newest = Newest::new(query.limit);
        for (path, below, file) in self.below(&query.below) {
            let dotted = !query.hidden && !glob.dotted && below.iter().any(is_dotted);
            let hidden = dotted
                || below.iter().any(is_git_folder)
                || (!query.hidden && hides(&rules, &query.below, below));
            if !hidden && glob.is_match(below) {
                newest.add(file.changed, path.clone());
            }
        }
        Ok(newest.finish())
    }

    fn grep(&self, query: &GrepQuery) -> Result<GrepMatches, EnvironmentError> {
        let mut search = LineSearch::new(query)?;
        let files = query.files.as_deref().map(PathGlob::for_files).transpose()?;
        self.metadata(&query.below)?;
        let rules = IgnoreRules::new(|path: &Path| self.rules(path));
        let mut collector = Collector::new(query);
        for (path, below, file) in self.below(&query.below) {
            let name = path.as_path().file_name().map(Path::new).unwrap_or(below);
            let held_against = if below.as_os_str().is_empty() { name } else { below };
            if below.iter().any(is_git_folder)
                || hides(&rules, &query.below, below)
                || files.as_ref().is_some_and(|files| !files.is_match(held_against))
                || file.content.contains(&0)
            {
                continue;
            }
            collector.add(path.clone(), search.slice(path, &file.content));
        }
        Ok(collector.finish())
    }

    fn rules(&self, path: &Path) -> Option<Vec<u8>> {
        Some(self.by_path.get(&WorkspacePath::root().join(path))?.content.to_vec())
    }
}

/// Whether ignore rules hide a file or a folder on the way to it, as a walk from `start` would meet them.
fn hides<L: Fn(&Path) -> Option<Vec<u8>>>(
    rules: &IgnoreRules<L>,
    start: &WorkspacePath,
    below: &Path,
) -> bool {
    let mut path = PathBuf::from(start.as_path());
    let mut names = below.iter().peekable();
    while let Some(name) = names.next() {
        path.push(name);
        if rules.hide(&path, names.peek().is_some()) {
            return true;
        }
    }
    false
}

impl Environment for MemoryEnvironment {
    fn root(&self) -> &Path {
        self.root
    }

    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>> {
        future::ready(self.lock().metadata(path)).boxed()
    }

    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        limit: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        future::ready(self.lock().read(path, limit)).boxed()
    }

    fn read_range<'a>(
        &'a self,
        path: &'a WorkspacePath,
        offset: u64,
        len: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        let content = self.lock().read(path, u64::MAX).map(|content| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
            content[start..start.saturating_add(len).min(content.len())].to_vec()
        });
        future::ready(content).boxed()
    }

    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        async move { self.lock().remove(path) }.boxed()
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        // Written when awaited, as on disk.
        async move { self.lock().write(path, content) }.boxed()
    }

    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>> {
        future::ready(self.lock().list(path)).boxed()
    }

    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>> {
        future::ready(self.snapshot().glob(query)).boxed()
    }

    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>> {
        future::ready(self.snapshot().grep(query)).boxed()
    }

    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        async move {
            match &self.commands {
                Some(commands) => commands(command, output),
                None => Err(EnvironmentError::new(
                    EnvironmentErrorKind::Unsupported,
                    "run",
                    "there are no processes in this environment",
                )),
            }
        }
        .boxed()
    }

    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        Some(Arc::new(tree::MemoryTree::new(&self.files)))
    }

    fn results(&self) -> Option<&dyn ResultStore> {
        self.results.as_deref().map(|results| results as &dyn ResultStore)
    }
}
