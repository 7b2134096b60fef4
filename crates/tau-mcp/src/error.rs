//! What goes wrong with a server.

use std::error::Error;
use std::fmt;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum McpErrorKind {
    /// Servers of this type or scheme of address cannot be connected to.
    UnsupportedTransport,
    /// Nobody answers at the address, or with an error of HTTP.
    Unreachable,
    /// The server wants to know who is calling, or wants more rights than were granted.
    Unauthorized,
    /// There is no such program, or nobody may run it.
    CommandNotFound,
    /// The program is there, but the system did not start it.
    Start,
    /// The server took too long to connect.
    Timeout,
    /// The server ended, or closed its output.
    Exited,
    /// The server said something that the protocol does not allow, or speaks no version we do.
    Protocol,
    /// The arguments of a call are not a JSON object. Nothing was sent.
    InvalidArguments,
    /// The server answered a request with an error, such as arguments that do not fit the tool's schema.
    Refused,
    /// The server says something else of a tool than what was agreed to, or no longer has it. Nothing was sent.
    Changed,
    /// The server kept failing, and is not started again yet. Nothing was sent.
    Unavailable,
    /// There is no server of this name.
    UnknownServer,
    /// The server wanted something of the client that it does not do, such as to ask a model.
    UnsupportedRequest,
}

/// Something went wrong with a server.
#[derive(Debug)]
pub struct McpError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: McpErrorKind,
    server: String,
    problem: String,
    hint: Option<&'static str>,
    stderr: String,
    challenge: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl McpError {
    pub(crate) fn new(kind: McpErrorKind, server: &str, problem: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            server: server.to_owned(),
            problem: problem.into(),
            hint: None,
            stderr: String::new(),
            challenge: None,
            source: None,
        }))
    }

    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    pub(crate) fn with_stderr(mut self, stderr: String) -> Self {
        self.0.stderr = stderr;
        self
    }

    pub(crate) fn with_challenge(mut self, challenge: Option<String>) -> Self {
        self.0.challenge = challenge;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong, without the server's name and the hint.
    pub(crate) fn problem(&self) -> &str {
        &self.0.problem
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> McpErrorKind {
        self.0.kind
    }

    /// The server's name.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.0.server
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.0.hint
    }

    /// What a server that wants to know who calls says of how to log in: its `WWW-Authenticate` header.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.0.challenge.as_deref()
    }

    /// The last of what the server wrote to its standard error, at most 4 KiB. Written by the server, and not
    /// part of the message: it may hold anything, secrets too.
    #[must_use]
    pub fn stderr(&self) -> &str {
        &self.0.stderr
    }
}

impl fmt::Display for McpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MCP server `{}`: {}", self.0.server, self.0.problem)?;
        match self.0.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl Error for McpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
