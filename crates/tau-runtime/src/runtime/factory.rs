//! What sessions are made of: wired by whoever has the configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_core::config::{Budget, ModelOptions, PermissionConfig};
use tau_core::event::{CompactionPolicy, SessionConfig};

use crate::attach::RemoteEnvironment;
use crate::driver::SessionOptions;

/// Makes what sessions are made of. The runtime knows no configuration, no keys and no policy: whoever wires it does, and
/// says here which model, tools and environment a session gets.
///
/// An implementer must keep true: what a request asks for beyond the policy is refused and not silently left out, and
/// [`SessionFactory::resume`] gives the tools of the session's configuration, as far as they are there, and no others. A
/// session with an environment that is `provided` acts through that one, and a session without any has no tools that need
/// one.
/// A caller may not assume that two calls give the same.
pub trait SessionFactory: fmt::Debug + Send + Sync {
    /// What a new session is made of. Its durability is the runtime's.
    fn create<'a>(&'a self, request: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>>;

    /// What a session is made of that exists already; its configuration is the journal's.
    fn resume<'a>(&'a self, request: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>>;

    /// The agents that sessions can be created from, the default one first.
    fn agents(&self) -> Vec<AgentSummary>;
}

/// What is asked of a new session. What is not set comes from the agent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The agent; the default one unless set.
    pub agent: Option<String>,
    /// How it differs from the agent.
    pub overrides: SessionOverrides,
    /// What its tools act through.
    pub environment: EnvironmentChoice,
    /// The environment of an extension that it acts through, opened: the runtime's to set, before it asks the factory.
    pub provided: Option<RemoteEnvironment>,
}

impl NewSession {
    /// A session of the default agent.
    #[must_use]
    pub fn new(id: SessionId) -> Self {
        let (overrides, environment) = (SessionOverrides::default(), EnvironmentChoice::default());
        Self { id, agent: None, overrides, environment, provided: None }
    }
}

/// How a session differs from its agent.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SessionOverrides {
    /// The model, as people name it.
    pub model: Option<String>,
    /// How it is asked, laid over the agent's.
    pub options: ModelOptions,
    /// The instructions, in place of the agent's.
    pub system: Option<String>,
    /// The names of the tools, in order.
    pub tools: Option<Vec<String>>,
    /// What one run may spend, laid over the agent's.
    pub budget: Budget,
    /// Rules that are added to the agent's; the mode replaces.
    pub permissions: PermissionConfig,
    /// When the history is made shorter.
    pub compaction: Option<CompactionPolicy>,
    /// How many levels of subagents may stand below it.
    pub subagent_depth: Option<u32>,
    /// How many calls of one reply run at the same time.
    pub parallel_tools: Option<usize>,
    /// How long a call may take that does not say itself.
    pub tool_timeout: Option<Duration>,
    /// What people find it by, added to what the factory says.
    pub metadata: BTreeMap<String, String>,
}

/// A session that exists already.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OldSession {
    /// Its id.
    pub id: SessionId,
    /// What it was created with.
    pub config: SessionConfig,
    /// What people find it by, as it is by now.
    pub metadata: BTreeMap<String, String>,
    /// Another model than its own.
    pub model: Option<String>,
    /// What its tools act through.
    pub environment: EnvironmentChoice,
    /// The environment of an extension that it acts through, opened: the runtime's to set, before it asks the factory.
    pub provided: Option<RemoteEnvironment>,
}

impl OldSession {
    /// A session of which nothing changes.
    #[must_use]
    pub fn new(id: SessionId, config: SessionConfig) -> Self {
        let (metadata, environment) = (config.metadata.clone(), EnvironmentChoice::default());
        Self { id, config, metadata, model: None, environment, provided: None }
    }
}

/// What a session's tools act through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvironmentChoice {
    /// What is taken where nothing is asked for. Of a session that exists, what it had; of a new one, the environment of an
    /// attached extension that gives it one, else what the factory takes.
    #[default]
    Usual,
    /// The machine, below a folder.
    Folder(PathBuf),
    /// That of an attached extension, by its client id.
    Provider(String),
    /// Nothing: tools that need files or processes are left out.
    None,
}

/// An agent that sessions can be created from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentSummary {
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Its model, as people name it; empty where none is configured.
    pub model: String,
    /// The tools it is offered.
    pub tools: Vec<String>,
}

impl AgentSummary {
    /// An agent.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        model: impl Into<String>,
        tools: Vec<String>,
    ) -> Self {
        Self { name: name.into(), description: description.into(), model: model.into(), tools }
    }
}

/// A session cannot be made of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FactoryError {
    kind: FactoryErrorKind,
    message: String,
    hint: String,
}

/// Why a session cannot be made of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FactoryErrorKind {
    /// There is no such agent.
    UnknownAgent,
    /// There is no such model, or none at all.
    UnknownModel,
    /// There is no such tool.
    UnknownTool,
    /// A value is not one it can be.
    InvalidConfig,
    /// The policy allows no such environment.
    EnvironmentNotAllowed,
    /// The policy does not allow the permission mode.
    PermissionModeNotAllowed,
    /// The policy does not allow an option.
    OptionNotAllowed,
    /// Something that is needed is not there, such as a key.
    Unavailable,
}

impl FactoryError {
    /// An error: what went wrong, and what to do.
    pub fn new(kind: FactoryErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: hint.into() }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> FactoryErrorKind {
        self.kind
    }

    /// What to do; may be empty.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}
