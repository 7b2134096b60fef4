//! Environments that extensions give: files and processes of another machine or a sandbox.
//!
//! An operation is a call to the one extension whose environment it is. It waits for that extension while it is away, and
//! ends with [`EnvironmentErrorKind::Lost`] where it does not come back in time. A command is never begun twice; what
//! only reads is asked again after a restart of the extension.

mod answer;
mod failure;
mod operation;
mod output;
mod path;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_proto::runtime::v1::environment_operation::Operation;
use tau_proto::runtime::v1::environment_result::Result as Answer;
use tau_proto::runtime::v1::{
    EnvironmentCapability as Capability, Exec, Glob, Grep, ListFolder, ReadFile, StatFile, WriteFile,
};
use tau_tools::CallScope;
use tau_tools::environment::{
    CaseSensitivity, CommandExit, CommandSpec, DirectoryEntry, Environment, EnvironmentError,
    EnvironmentErrorKind, GlobMatches, GlobQuery, GrepMatches, GrepQuery, Metadata, OutputSink,
    WorkspacePath,
};
use tokio::time::Instant;

use super::calls::{Book, Calls};
use super::selector::SessionTraits;
use operation::Again;
use output::Output;
use path::told;

/// The most entries of a folder that are asked for.
const MAX_ENTRIES: u32 = 20_000;
/// The most paths or lines of a search that are asked for.
const MAX_FOUND: usize = 20_000;

/// The environment of a session that an extension gives. Cheap to clone; every clone is the same environment.
#[derive(Clone)]
pub struct RemoteEnvironment {
    shared: Arc<Shared>,
    /// The call on whose behalf it acts.
    scope: Option<Arc<CallScope>>,
}

struct Shared {
    calls: Arc<Calls>,
    grace: Duration,
    session: SessionTraits,
    provider: String,
    capabilities: Vec<Capability>,
    about: About,
    /// With which memory of its extension it was opened.
    opened: AtomicU64,
    /// Operations that are under way.
    pending: AtomicUsize,
}

/// What an extension says of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct About {
    root: PathBuf,
    system: String,
    shell: String,
}

/// Why a session gets no environment of an extension.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvideError {
    /// No extension of this id is attached that gives environments to this session.
    #[error("no extension `{0}` is attached that gives this session an environment")]
    NotAttached(String),
    /// The extension could not open it.
    #[error("the environment of `{provider}` could not be opened: {error}")]
    Failed {
        /// The extension.
        provider: String,
        /// What went wrong.
        error: EnvironmentError,
    },
}

impl fmt::Debug for RemoteEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteEnvironment")
            .field("provider", &self.shared.provider)
            .field("session", &self.shared.session.id())
            .field("root", &self.shared.about.root)
            .finish_non_exhaustive()
    }
}

impl PartialEq for RemoteEnvironment {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) && self.scope == other.scope
    }
}

/// Whose environment a session gets that asks for none: of those that are for it the one with the highest priority, then
/// the one whose id comes first.
pub(super) fn choose(book: &Book, session: &SessionTraits, now: Instant) -> Option<String> {
    let able = book.clients(now).filter_map(|(id, roles)| {
        let environment = roles.environment.as_ref()?;
        environment.selector.selects(session).then_some((environment.priority, id))
    });
    // They come by id: of several that are the same the first stays.
    let best = able.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, id)| id.to_owned())
}

/// What the environment can do that an extension gives a session, if it is there and gives it one.
pub(super) fn given(
    book: &Book,
    session: &SessionTraits,
    provider: &str,
    now: Instant,
) -> Option<Vec<Capability>> {
    let (_, roles) = book.clients(now).find(|(id, _)| *id == provider)?;
    let given = roles.environment.as_ref().filter(|given| given.selector.selects(session));
    given.map(|given| given.capabilities.clone())
}

impl RemoteEnvironment {
    /// Opens the environment of a session.
    pub(super) async fn open(
        calls: &Arc<Calls>,
        grace: Duration,
        session: &SessionTraits,
        provider: &str,
    ) -> Result<Self, ProvideError> {
        let given = given(&calls.lock(), session, provider, Instant::now());
        let capabilities = given.ok_or_else(|| ProvideError::NotAttached(provider.to_owned()))?;
        let mut shared = Shared {
            calls: Arc::clone(calls),
            grace,
            session: session.clone(),
            provider: provider.to_owned(),
            capabilities,
            about: About::default(),
            opened: AtomicU64::new(0),
            pending: AtomicUsize::new(0),
        };
        shared.about = shared.open().await.map_err(|error| {
            let provider = provider.to_owned();
            ProvideError::Failed { provider, error }
        })?;
        Ok(Self { shared: Arc::new(shared), scope: None })
    }

    /// The extension that gives it, by its id.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.shared.provider
    }

    /// The system, as the model is told; empty where it is not known.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.shared.about.system
    }

    /// The shell that runs commands, as the model is told; empty where there is none.
    #[must_use]
    pub fn shell(&self) -> &str {
        &self.shared.about.shell
    }

    /// Whether something waits for its extension, which is away.
    pub(crate) fn is_missed(&self) -> bool {
        let since = self.shared.calls.lock().since(&self.shared.provider, Instant::now());
        let is_there = since.is_some_and(|(_, is_there)| is_there);
        !is_there && self.shared.pending.load(Ordering::Relaxed) > 0
    }

    /// Gives the environment back, if its extension is there. Nothing depends on it: one that was not told learns it when
    /// it asks who is open.
    pub(crate) async fn close(&self, is_resumable: bool) {
        self.shared.close(is_resumable).await;
    }

    async fn ask(
        &self,
        subject: &(dyn fmt::Display + Sync),
        operation: Operation,
        again: Again,
    ) -> Result<Answer, EnvironmentError> {
        self.ask_with(subject, operation, again, None, &mut Output::None).await
    }

    /// The same with input, or for what tells something before its end.
    async fn ask_with(
        &self,
        subject: &(dyn fmt::Display + Sync),
        operation: Operation,
        again: Again,
        input: Option<Arc<[u8]>>,
        output: &mut Output<'_>,
    ) -> Result<Answer, EnvironmentError> {
        let asked = operation::Asking { subject, operation, again, scope: self.scope.as_deref() };
        self.shared.ask(asked, input, output).await
    }

    /// That the environment can do more than read.
    fn require(&self, capability: Capability, subject: impl ToString) -> Result<(), EnvironmentError> {
        if self.shared.capabilities.contains(&capability) {
            return Ok(());
        }
        let problem = match capability {
            Capability::Write => "this environment is only read",
            Capability::Search => "this environment does not search",
            _ => "this environment runs no commands",
        };
        Err(EnvironmentError::new(EnvironmentErrorKind::Unsupported, subject, problem))
    }
}

/// How much of a search is asked for.
fn limit(limit: usize) -> u32 {
    u32::try_from(limit.min(MAX_FOUND)).unwrap_or(u32::MAX)
}

impl Environment for RemoteEnvironment {
    fn root(&self) -> &Path {
        &self.shared.about.root
    }

    fn metadata<'a>(&'a self, path: &'a WorkspacePath) -> BoxFuture<'a, Result<Metadata, EnvironmentError>> {
        async move {
            let operation = StatFile { path: told(path)?, ..Default::default() };
            answer::metadata(path, self.ask(path, operation.into(), Again::Freely).await?)
        }
        .boxed()
    }

    fn read<'a>(
        &'a self,
        path: &'a WorkspacePath,
        limit: u64,
    ) -> BoxFuture<'a, Result<Vec<u8>, EnvironmentError>> {
        async move {
            let operation = ReadFile { path: told(path)?, limit, ..Default::default() };
            let mut output = Output::keep(limit);
            let answer = self.ask_with(path, operation.into(), Again::Freely, None, &mut output).await?;
            answer::content(path, answer, output.kept())
        }
        .boxed()
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        async move {
            self.require(Capability::Write, path)?;
            let operation = WriteFile { path: told(path)?, ..Default::default() };
            let (input, output) = (Some(Arc::from(content)), &mut Output::None);
            answer::done(path, self.ask_with(path, operation.into(), Again::Never, input, output).await?)
        }
        .boxed()
    }

    fn list<'a>(
        &'a self,
        path: &'a WorkspacePath,
    ) -> BoxFuture<'a, Result<Vec<DirectoryEntry>, EnvironmentError>> {
        async move {
            let operation = ListFolder { path: told(path)?, limit: MAX_ENTRIES, ..Default::default() };
            answer::entries(path, self.ask(path, operation.into(), Again::Freely).await?)
        }
        .boxed()
    }

    fn glob<'a>(&'a self, query: &'a GlobQuery) -> BoxFuture<'a, Result<GlobMatches, EnvironmentError>> {
        async move {
            self.require(Capability::Search, &query.pattern)?;
            let operation = Glob {
                pattern: query.pattern.clone(),
                below: told(&query.below)?,
                include_hidden: query.hidden,
                limit: limit(query.limit),
                ..Default::default()
            };
            let answer = self.ask(&query.pattern, operation.into(), Again::Freely).await?;
            answer::globbed(query, answer)
        }
        .boxed()
    }

    fn grep<'a>(&'a self, query: &'a GrepQuery) -> BoxFuture<'a, Result<GrepMatches, EnvironmentError>> {
        async move {
            self.require(Capability::Search, &query.pattern)?;
            let operation = Grep {
                pattern: query.pattern.clone(),
                below: told(&query.below)?,
                files: query.files.clone().unwrap_or_default(),
                ignore_case: query.case == CaseSensitivity::Insensitive,
                context: limit(query.context),
                limit: limit(query.limit),
                ..Default::default()
            };
            let answer = self.ask(&query.pattern, operation.into(), Again::Freely).await?;
            answer::grepped(query, answer)
        }
        .boxed()
    }

    fn run<'a>(
        &'a self,
        command: &'a CommandSpec,
        output: OutputSink<'a>,
    ) -> BoxFuture<'a, Result<CommandExit, EnvironmentError>> {
        async move {
            self.require(Capability::Exec, "run")?;
            let operation = Exec {
                script: command.script.clone(),
                folder: told(&command.directory)?,
                ..Default::default()
            };
            let output = &mut Output::Give(output);
            answer::exit(self.ask_with(&"run", operation.into(), Again::Never, None, output).await?)
        }
        .boxed()
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        Some(Arc::new(Self { shared: Arc::clone(&self.shared), scope: Some(Arc::new(scope.clone())) }))
    }
}
