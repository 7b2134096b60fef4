//! How one server is reached.

use std::collections::BTreeMap;
use std::fmt;

use tau_core::{Secret, redact_url};
use url::Url;

/// How a server is reached. References to variables are replaced already.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerConfig {
    /// A process that speaks over its standard input and output.
    Stdio(StdioConfig),
    /// An address that speaks Streamable HTTP.
    Http(RemoteConfig),
    /// An address that speaks HTTP with server-sent events, as specifications before 2025-03-26 had it.
    Sse(RemoteConfig),
    /// An address that speaks over a WebSocket.
    WebSocket(RemoteConfig),
}

impl ServerConfig {
    /// The type as the file names it: `stdio`, `http`, `sse` or `ws`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Stdio(_) => "stdio",
            Self::Http(_) => "http",
            Self::Sse(_) => "sse",
            Self::WebSocket(_) => "ws",
        }
    }
}

/// A process to start.
///
/// `Debug` shows neither arguments nor values of variables: keys are passed in both.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StdioConfig {
    /// The program: a path, or a name that is looked for on `PATH`.
    pub command: String,
    /// Its arguments.
    pub args: Vec<Secret>,
    /// Its environment variables, besides those every server gets.
    pub env: BTreeMap<String, Secret>,
}

impl StdioConfig {
    /// A program without arguments.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), args: Vec::new(), env: BTreeMap::new() }
    }

    /// The same with these arguments.
    #[must_use]
    pub fn with_args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Secret::new).collect();
        self
    }

    /// The same with another environment variable.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.env.insert(name.into(), value);
        self
    }
}

impl fmt::Debug for StdioConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdioConfig")
            .field("command", &self.command)
            .field("args", &self.args.len())
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// An address to connect to.
///
/// `Debug` shows neither credentials in the address nor values of headers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteConfig {
    /// The address.
    pub url: Url,
    /// Headers of every request.
    pub headers: BTreeMap<String, Secret>,
}

impl RemoteConfig {
    /// An address without headers of its own.
    #[must_use]
    pub const fn new(url: Url) -> Self {
        Self { url, headers: BTreeMap::new() }
    }
}

impl fmt::Debug for RemoteConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteConfig")
            .field("url", &redact_url(&self.url))
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}
