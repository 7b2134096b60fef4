//! An environment whose changes can be undone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::SessionId;

use super::error::UndoError;
use super::log::UndoLog;
use super::recorder::{Coverage, Recorder, Shared};
use crate::environment::{
    CommandExit, CommandSpec, Environment, EnvironmentError, EnvironmentErrorKind, EnvironmentLayer,
    OutputSink, WorkspacePath, blocking,
};
use crate::scope::CallScope;

/// How large a tree may be for commands in it to be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanBounds {
    /// Files, links and folders that no ignore rule hides.
    pub entries: usize,
    /// Bytes of the files among them that are not too long to be kept.
    pub bytes: u64,
}

impl Default for ScanBounds {
    /// 20,000 entries and 64 MiB.
    fn default() -> Self {
        Self { entries: 20_000, bytes: 64 << 20 }
    }
}

impl ScanBounds {
    /// So many entries and bytes.
    #[must_use]
    pub const fn new(entries: usize, bytes: u64) -> Self {
        Self { entries, bytes }
    }
}

/// Another environment, where what is written and run on behalf of a call is recorded in an [`UndoLog`] first.
///
/// What is done without a [scope](CallScope) is not recorded. Sessions are kept apart, so one environment may serve
/// several. Needs a tokio runtime.
#[derive(Debug, Clone)]
pub struct UndoableEnvironment {
    inner: Arc<dyn Environment>,
    log: Arc<dyn UndoLog>,
    bounds: ScanBounds,
    sessions: Arc<Mutex<BTreeMap<SessionId, Arc<Mutex<Shared>>>>>,
    recorder: Option<Recorder>,
}

impl UndoableEnvironment {
    /// An environment within the default bounds.
    pub fn new(inner: Arc<dyn Environment>, log: Arc<dyn UndoLog>) -> Self {
        Self { inner, log, bounds: ScanBounds::default(), sessions: Arc::default(), recorder: None }
    }

    /// The same with other bounds.
    #[must_use]
    pub const fn with_bounds(mut self, bounds: ScanBounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Lets go of what is known of a session's tree (some 300 bytes for each file) until it is needed again. A program
    /// of many sessions calls it when one ends, as it does [`release`](super::FolderUndoLog::release) of its log.
    pub fn release(&self, session: SessionId) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&session);
    }
}

/// Records on a thread for blocking work. What cannot be recorded must not be done.
async fn record<T: Send + 'static>(
    recorder: &Recorder,
    work: impl FnOnce(&Recorder) -> Result<T, UndoError> + Send + 'static,
) -> Result<T, EnvironmentError> {
    let recorder = recorder.clone();
    blocking(move || work(&recorder)).await?.map_err(|error| {
        let problem = format!("nothing was done, as it could not be undone: {error}");
        EnvironmentError::new(EnvironmentErrorKind::Io, WorkspacePath::root(), problem)
    })
}

/// A command at work. Dropping it, with the command's future, records what the command has changed until then.
struct AtWork(Option<Recorder>);

impl AtWork {
    /// Records what the command changed. Where that fails the command counts as cut off, and undoing is careful.
    async fn end(mut self) {
        if let Some(recorder) = self.0.take() {
            let _ = tokio::task::spawn_blocking(move || recorder.after_command()).await;
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let (Some(recorder), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            // Nobody waits for it: a runtime that ends lets it come to its end first.
            runtime.spawn_blocking(move || recorder.after_command());
        }
    }
}

impl EnvironmentLayer for UndoableEnvironment {
    fn inner(&self) -> &dyn Environment {
        self.inner.as_ref()
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        let Some(recorder) = &self.recorder else { return self.inner.write(path, content) };
        async move {
            let (target, new) = (path.clone(), content.to_vec());
            record(recorder, move |recorder| recorder.before_write(&target, &new)).await?;
            self.inner.write(path, content).await
        }
        .boxed()
    }

    fn remove<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        let Some(recorder) = &self.recorder else { return self.inner.remove(path) };
        async move {
            let target = path.clone();
            record(recorder, move |recorder| recorder.before_remove(&target)).await?;
            self.inner.remove(path).await
        }
        .boxed()
    }

    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        let Some(recorder) = &self.recorder else { return self.inner.run(command, output) };
        async move {
            let coverage = record(recorder, Recorder::before_command).await?;
            let at_work = AtWork((coverage == Coverage::Covered).then(|| recorder.clone()));
            let exit = self.inner.run(command, output).await;
            at_work.end().await;
            exit
        }
        .boxed()
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        let inner = self.inner.for_call(scope).unwrap_or_else(|| Arc::clone(&self.inner));
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let recorder = Recorder {
            log: Arc::clone(&self.log),
            tree: inner.tree(),
            shared: Arc::clone(sessions.entry(scope.session).or_default()),
            scope: scope.clone(),
            bounds: self.bounds,
        };
        drop(sessions);
        Some(Arc::new(Self { inner, recorder: Some(recorder), ..self.clone() }))
    }
}
