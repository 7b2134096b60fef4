//! The environment of this machine.

mod files;
mod launcher;
mod orphans;
mod plain;
mod process;
mod results;
mod root;
#[cfg(feature = "sandbox")]
mod sandboxed;
mod search;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt;
use futures::future::BoxFuture;

use files::NewFile;
pub use launcher::{Launcher, RunningShell, ShellCommand};
pub use orphans::{adopt_orphans, kill_descendants, kill_process_group, kill_process_tree};
use plain::PlainLauncher;
use results::LocalResults;
use root::Root;
#[cfg(feature = "sandbox")]
pub use sandboxed::SandboxLauncher;
use search::Cancelled;

use super::blocking;
use super::error::{EnvironmentError, EnvironmentErrorKind};
use super::query::{GlobMatches, GlobQuery, GrepMatches, GrepQuery};
use super::results::{ResultLimits, ResultStore};
use super::tree::FileTree;
use super::{
    CommandExit, CommandSide, CommandSpec, DirectoryEntry, Environment, FileKind, Metadata, OutputSink,
    WorkspacePath,
};

/// Files, search and processes of this machine, below one folder.
///
/// **Files.** On Linux the kernel keeps every path below the root while it resolves it (`openat2`), so that no
/// link leads out, whoever changes it when. Where the kernel cannot (Linux before 5.6, other systems), links are
/// resolved and checked first: a process that exchanges a folder for a link between the check and the opening
/// then wins. Hard links are not links: one below the root to a file outside is that file.
///
/// **Writing** replaces a file by a rename in its folder. The new file keeps the permission bits, and the owner
/// where the system allows it; other names (hard links) of the old file keep the old content.
///
/// **Commands** run in a shell, in a process group, without standard input, and see no environment variable but
/// those of [`with_env`](Self::with_env). They are *not* kept below the root: that is a sandbox's work, and
/// [`with_launcher`](Self::with_launcher) puts them into one. When the
/// shell exits, what it left in the background is killed; when the future is dropped, so is the whole tree
/// (SIGKILL). A process that left its group *and* lost its parents before that is found by
/// [`kill_descendants`] alone.
///
/// Needs a tokio runtime with its I/O and time drivers on.
#[derive(Clone)]
pub struct LocalEnvironment {
    root: Arc<Root>,
    shell: PathBuf,
    environment: BTreeMap<String, String>,
    launcher: Arc<dyn Launcher>,
    /// Whether commands may be started beside the launcher.
    lets_out: bool,
    results: Option<Arc<LocalResults>>,
}

impl fmt::Debug for LocalEnvironment {
    /// Names of variables only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnvironment")
            .field("root", &self.root.path())
            .field("shell", &self.shell)
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("launcher", &self.launcher)
            .field("results", &self.results.as_ref().map(|results| results.files().root()))
            .finish()
    }
}

impl LocalEnvironment {
    /// The environment below a folder, with bash as the shell, or sh where there is none.
    ///
    /// # Errors
    /// When the folder is none, or cannot be opened.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Self> {
        let bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].into_iter().map(Path::new);
        let shell = bash.into_iter().find(|shell| shell.exists()).unwrap_or_else(|| Path::new("/bin/sh"));
        let root = Arc::new(Root::open_at(root.as_ref())?);
        let (environment, launcher) = (BTreeMap::new(), Arc::new(PlainLauncher));
        Ok(Self { root, shell: shell.to_owned(), environment, launcher, lets_out: true, results: None })
    }

    /// The same with another shell. It is given `-c -- script`.
    #[must_use]
    pub fn with_shell(mut self, shell: impl Into<PathBuf>) -> Self {
        self.shell = shell.into();
        self
    }

    /// The same with these environment variables for commands, and no others.
    #[must_use]
    pub fn with_env(mut self, environment: BTreeMap<String, String>) -> Self {
        self.environment = environment;
        self
    }

    /// The same, with commands started by this launcher, and by no other: in a sandbox, when it is one of a sandbox.
    #[must_use]
    pub fn with_launcher(mut self, launcher: impl Launcher + 'static) -> Self {
        self.launcher = Arc::new(launcher);
        self.lets_out = false;
        self
    }

    /// The same, starting commands beside the launcher that are to run [outside](CommandSide::Outside).
    #[must_use]
    pub fn with_commands_outside(mut self) -> Self {
        self.lets_out = true;
        self
    }

    /// The same, keeping results that are too long for a model in a folder of the caller's: one for each session,
    /// outside the root, since its limits hold for the folder. The folder is made where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or opened.
    pub fn with_results(mut self, folder: impl AsRef<Path>, limits: ResultLimits) -> io::Result<Self> {
        self.results = Some(Arc::new(LocalResults::open(folder.as_ref(), limits)?));
        Ok(self)
    }

    /// Does blocking work on a thread for it.
    fn blocking<'a, T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Root>) -> Result<T, EnvironmentError> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, EnvironmentError>> {
        let root = Arc::clone(&self.root);
        async move { blocking(move || work(&root)).await? }.boxed()
    }

    /// The same, stopped early when the future is dropped.
    fn cancellable<'a, T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Root>, &Cancelled) -> Result<T, EnvironmentError> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, EnvironmentError>> {
        let cancelled = Cancelled::default();
        let guard = CancelOnDrop(Arc::clone(&cancelled));
        let working = self.blocking(move |root| work(root, &cancelled));
        async move {
            let _guard = guard;
            working.await
        }
        .boxed()
    }
}

struct CancelOnDrop(Cancelled);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Environment for LocalEnvironment {
    fn root(&self) -> &Path {
        self.root.path()
    }

    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>> {
        let path = path.clone();
        self.blocking(move |root| files::metadata(root, &path))
    }

    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        limit: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        let path = path.clone();
        self.blocking(move |root| files::read(root, &path, limit))
    }

    fn read_range<'a>(
        &'a self,
        path: &'a WorkspacePath,
        offset: u64,
        len: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        let path = path.clone();
        self.blocking(move |root| files::read_range(root, &path, offset, len))
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        let (path, content) = (path.clone(), content.to_vec());
        self.blocking(move |root| files::write(root, &path, &content, NewFile::Shared))
    }

    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        let path = path.clone();
        self.blocking(move |root| files::remove(root, &path))
    }

    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>> {
        let path = path.clone();
        self.blocking(move |root| files::list(root, &path))
    }

    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>> {
        let query = query.clone();
        self.cancellable(move |root, cancelled| search::glob(root, &query, cancelled))
    }

    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>> {
        let query = query.clone();
        self.cancellable(move |root, cancelled| search::grep(root, &query, cancelled))
    }

    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        let path = command.directory.clone();
        let is_outside = command.side == CommandSide::Outside;
        async move {
            if is_outside && !self.lets_out {
                let problem = "no command may leave the sandbox here; nothing was run";
                return Err(EnvironmentError::new(EnvironmentErrorKind::PermissionDenied, &path, problem));
            }
            let directory = self
                .blocking(move |root| {
                    if files::metadata(root, &path)?.kind != FileKind::Directory {
                        let problem = "is not a folder, so no command can start in it";
                        return Err(EnvironmentError::new(EnvironmentErrorKind::NotAFile, &path, problem));
                    }
                    root.resolve(path.as_path()).map_err(|e| files::error(&path, e))
                })
                .await?;
            let command = ShellCommand {
                shell: &self.shell,
                environment: &self.environment,
                directory: &directory,
                script: &command.script,
            };
            let launcher: &dyn Launcher = if is_outside { &PlainLauncher } else { &*self.launcher };
            process::run(launcher, command, output).await.map_err(|error| {
                let problem = format!("the command cannot be run: {error}");
                EnvironmentError::new(EnvironmentErrorKind::Io, self.shell.display(), problem)
            })
        }
        .boxed()
    }

    fn tree(&self) -> Option<Arc<dyn FileTree>> {
        Some(Arc::new(tree::LocalTree::new(&self.root)))
    }

    fn results(&self) -> Option<&dyn ResultStore> {
        self.results.as_deref().map(|results| results as &dyn ResultStore)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_search_nobody_waits_for_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let environment = LocalEnvironment::new(folder.path()).unwrap();
        let (started, has_started) = mpsc::channel();
        let (stopped, has_stopped) = mpsc::channel();
        let mut search = environment.cancellable(move |_, cancelled| {
            started.send(()).unwrap();
            while !cancelled.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            stopped.send(()).unwrap();
            Ok(())
        });
        assert!(futures::poll!(&mut search).is_pending());
        has_started.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(search);
        has_stopped.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    #[test]
    fn a_search_that_is_told_so_stops() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "needle\n").unwrap();
        let root = Arc::new(Root::open_at(folder.path()).unwrap());
        for (stopped, total) in [(false, 1), (true, 0)] {
            let cancelled = Cancelled::new(stopped.into());
            assert_eq!(search::grep(&root, &GrepQuery::new("needle"), &cancelled).unwrap().total, total);
            assert_eq!(search::glob(&root, &GlobQuery::new("*"), &cancelled).unwrap().total, total);
        }
    }

    /// What is done where the kernel cannot keep a path below the root.
    #[test]
    fn links_are_checked_without_the_help_of_the_kernel() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        std::fs::write(inside.join("file"), "old").unwrap();
        symlink("../secret", inside.join("out")).unwrap();
        symlink("../new", inside.join("dangling")).unwrap();
        symlink("..", inside.join("up")).unwrap();
        symlink(inside.join("file"), inside.join("in")).unwrap();
        let root = Root::open_at(&inside).unwrap().checked();
        let at = |name: &str| WorkspacePath::root().join(name);
        for name in ["out", "up/secret"] {
            assert_eq!(files::read(&root, &at(name), 10).unwrap_err().kind(), EnvironmentErrorKind::Outside);
        }
        for name in ["out", "up/secret", "up/new", "dangling"] {
            let kind = files::write(&root, &at(name), b"", NewFile::Shared).unwrap_err().kind();
            assert_eq!(kind, EnvironmentErrorKind::Outside, "{name}");
        }
        assert_eq!(files::list(&root, &at("up")).unwrap_err().kind(), EnvironmentErrorKind::Outside);
        assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"secret");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        files::write(&root, &at("in"), b"new", NewFile::Shared).unwrap();
        assert_eq!(files::read(&root, &at("file"), 10).unwrap(), b"new");
        files::write(&root, &at("a/b/c"), b"deep", NewFile::Shared).unwrap();
        assert_eq!(files::read(&root, &at("a/b/c"), 10).unwrap(), b"deep");
    }
}
