//! How servers are run, whichever they are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tau_core::Secret;

use super::elicitation::Elicitor;
use crate::auth::TokenStore;

/// How a server is started, waited for and believed. What differs from server to server is in its
/// [`ServerConfig`](crate::config::ServerConfig).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// Environment variables of every server; a server's own come on top. A server sees no others, and its
    /// program is looked for on this `PATH`. Default: none.
    pub environment: BTreeMap<String, Secret>,
    /// The folder servers start in, and relative paths of programs start from; a full path. Default: that of
    /// this process.
    pub folder: Option<PathBuf>,
    /// How long starting, the handshake and the listing of tools may take together. Default: 30 s, because
    /// package runners download a server before they start it.
    pub connect_timeout: Duration,
    /// How long one call may take. Default: as long as the caller lets it.
    pub call_timeout: Option<Duration>,
    /// How long a server may take to end when its input is closed, and again when it is told to (SIGTERM),
    /// before it is killed. Default: 2 s.
    pub shutdown_grace: Duration,
    /// Whether the server's word about what its tools do is believed. Default: it is not.
    pub trust: AnnotationTrust,
    /// Which handshake is used. Default: the newest that the server knows.
    pub lifecycle: Lifecycle,
    /// Who answers what servers ask a person. Default: nobody, and servers are told so.
    pub elicitor: Option<Arc<dyn Elicitor>>,
    /// The folders that are worked in, as full paths; servers that ask are told. Default: none.
    pub roots: Vec<PathBuf>,
    /// Where the tokens of remote servers are. Default: there are none.
    pub tokens: Option<Arc<dyn TokenStore>>,
    /// A program, by its full path, and arguments that stand before the command of a server. It is to hand what
    /// follows to [`guard::run`](crate::guard::run), which ends the server when this process is killed.
    /// Default: none, and a server that does not end with its input outlives a client that is killed.
    pub guard: Option<(PathBuf, Vec<String>)>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            environment: BTreeMap::new(),
            folder: None,
            connect_timeout: Duration::from_secs(30),
            call_timeout: None,
            shutdown_grace: Duration::from_secs(2),
            trust: AnnotationTrust::default(),
            lifecycle: Lifecycle::default(),
            elicitor: None,
            roots: Vec::new(),
            tokens: None,
            guard: None,
        }
    }
}

impl ConnectOptions {
    /// The same with these environment variables for every server.
    #[must_use]
    pub fn with_environment(mut self, environment: BTreeMap<String, Secret>) -> Self {
        self.environment = environment;
        self
    }

    /// The same with servers started in this folder.
    #[must_use]
    pub fn with_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The same with this much time to connect.
    #[must_use]
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The same with this much time for a call.
    #[must_use]
    pub const fn with_call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// The same with this much time to end.
    #[must_use]
    pub const fn with_shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }

    /// The same with this much trust.
    #[must_use]
    pub const fn with_trust(mut self, trust: AnnotationTrust) -> Self {
        self.trust = trust;
        self
    }

    /// The same with this handshake.
    #[must_use]
    pub const fn with_lifecycle(mut self, lifecycle: Lifecycle) -> Self {
        self.lifecycle = lifecycle;
        self
    }

    /// The same with somebody who answers what servers ask a person.
    #[must_use]
    pub fn with_elicitor(mut self, elicitor: Arc<dyn Elicitor>) -> Self {
        self.elicitor = Some(elicitor);
        self
    }

    /// The same with these folders told to servers that ask.
    #[must_use]
    pub fn with_roots<P: Into<PathBuf>>(mut self, roots: impl IntoIterator<Item = P>) -> Self {
        self.roots = roots.into_iter().map(Into::into).collect();
        self
    }

    /// The same with this guard beside each server.
    #[must_use]
    pub fn with_guard<S: Into<String>>(
        mut self,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        self.guard = Some((program.into(), arguments.into_iter().map(Into::into).collect()));
        self
    }

    /// The same with tokens from here.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Arc<dyn TokenStore>) -> Self {
        self.tokens = Some(tokens);
        self
    }
}

/// Whether a server's annotations of its tools (`readOnlyHint`, `idempotentHint`) are believed.
///
/// It matters: a tool believed to be read-only runs without permission and runs again after a crash. So the
/// choice is the user's, and never comes from a repository's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnnotationTrust {
    /// Every tool may change anything.
    #[default]
    Untrusted,
    /// What a tool says about itself is so.
    Trusted,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lifecycle {
    /// Asks with `server/discover` (2026-07-28) and, if the server does not know that or is silent for 10 s, goes
    /// on as [`Initialize`](Self::Initialize) does. A server that ends instead,
    /// or only names the versions it knows, is started once more for that.
    #[default]
    Auto,
    /// `initialize`, with version 2025-11-25 or an older one that the server names. Spares a server that is silent
    /// about, or ends at, a request it does not know the time that [`Auto`](Self::Auto) loses with it.
    Initialize,
    /// `server/discover` with version 2026-07-28, and nothing else.
    Discover,
}
