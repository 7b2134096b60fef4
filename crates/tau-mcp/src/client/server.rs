//! A server that is connected to.

use std::sync::Arc;

use rmcp::model::{ServerPeerInfo, Tool};
use tau_core::HumanDuration;
use tau_tools::ToolExecutor;

use super::handler::{Handler, Service};
use super::handshake::{self, Greeted};
use super::link::{Health, Link};
use super::listing::Listing;
use super::options::ConnectOptions;
use super::subscription::ListChanges;
use crate::config::ServerConfig;
use crate::content::{PromptInfo, PromptText, ResourceInfo, ResourceText};
use crate::error::{McpError, McpErrorKind};
use crate::text::truncate;
use crate::tool::{self, McpTool};
use crate::transport::process::{Process, describe};
use crate::transport::stderr::StderrTail;

/// Instructions of a server go into a model's context; longer ones are cut off.
const INSTRUCTIONS: usize = 2 << 10;

/// A connection to a server, and the process behind it where it is one of ours.
///
/// Guarantees: at most one process group, which is gone when [`shutdown`](Self::shutdown) returns, and is killed
/// when the server is dropped. Tools do not keep the server alive; called after that, they fail.
///
/// Not guaranteed: that the tools are those the server has now, as they are listed once; that a server is
/// started again when it ends. A [`ServerPool`](crate::ServerPool) sees to both.
///
/// Needs a tokio runtime with its I/O and time drivers on.
#[derive(Debug)]
pub struct Server {
    link: Arc<Link>,
    info: ServerInfo,
    tools: Vec<Arc<McpTool>>,
    warnings: Vec<String>,
    /// Dropped before the connection it is made over.
    _changes: Option<ListChanges>,
    service: Service,
    process: Option<Process>,
    options: ConnectOptions,
}

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The version of the protocol that is spoken, such as `2025-11-25`.
    pub protocol_version: String,
    /// The name and version of its implementation, where it gives them.
    pub implementation: Option<(String, String)>,
    /// How to use its tools, in words for the model; at most 2 KiB.
    pub instructions: Option<String>,
    /// Whether it has prompts.
    pub has_prompts: bool,
    /// Whether it has resources.
    pub has_resources: bool,
}

impl Server {
    /// Starts a server or connects to it, greets it and lists its tools. Dropping the future ends the server.
    ///
    /// # Errors
    /// When any of this fails or takes longer than [`ConnectOptions::connect_timeout`].
    /// [`McpError::stderr`] then often says why.
    pub async fn connect(
        name: &str,
        config: &ServerConfig,
        options: &ConnectOptions,
    ) -> Result<Self, McpError> {
        let connecting = async |stderr: &StderrTail| {
            let mut server = Self::greet(name, config, options, stderr).await?;
            (server.tools, server.warnings) = server.link.tools(options).await?;
            Ok(server)
        };
        Self::within_time(name, config, options, connecting).await
    }

    /// The same without its tools, for whoever lists them.
    pub(crate) async fn open(
        name: &str,
        config: &ServerConfig,
        options: &ConnectOptions,
    ) -> Result<Self, McpError> {
        let connecting = async |stderr: &StderrTail| Self::greet(name, config, options, stderr).await;
        Self::within_time(name, config, options, connecting).await
    }

    async fn within_time(
        name: &str,
        config: &ServerConfig,
        options: &ConnectOptions,
        connecting: impl AsyncFnOnce(&StderrTail) -> Result<Self, McpError>,
    ) -> Result<Self, McpError> {
        let stderr = StderrTail::default();
        match tokio::time::timeout(options.connect_timeout, connecting(&stderr)).await {
            Ok(connected) => connected.map_err(|error| error.with_stderr(stderr.text())),
            Err(_elapsed) => {
                let limit = HumanDuration::from(options.connect_timeout);
                let hint = match config {
                    ServerConfig::Stdio(_) => {
                        "run its command by hand to see what it waits for, or allow more time"
                    }
                    _ => "see whether its address is right, or allow more time",
                };
                let problem = format!("was not ready within {limit}");
                Err(McpError::new(McpErrorKind::Timeout, name, problem)
                    .with_hint(hint)
                    .with_stderr(stderr.text()))
            }
        }
    }

    async fn greet(
        name: &str,
        config: &ServerConfig,
        options: &ConnectOptions,
        stderr: &StderrTail,
    ) -> Result<Self, McpError> {
        let handler = Handler::new(name, options);
        let Greeted { service, process } = match config {
            ServerConfig::Stdio(config) => {
                handshake::process(name, config, options, &handler, stderr).await?
            }
            ServerConfig::Http(config) => handshake::streamable_http(name, config, options, &handler).await?,
            ServerConfig::Sse(config) => handshake::sse(name, config, options, &handler, stderr).await?,
            ServerConfig::WebSocket(_) => {
                let problem = "servers of the type `ws` cannot be connected to";
                return Err(McpError::new(McpErrorKind::UnsupportedTransport, name, problem)
                    .with_hint("ask for its address over HTTP: no specification has WebSockets"));
            }
        };
        let peer = service.peer().clone();
        let info = peer.peer_info();
        let changes = ListChanges::follow(&peer, info.as_deref(), &handler);
        let exit = process.as_ref().map(Process::exit);
        let health = Health::default();
        let link = Link { server: name.to_owned(), peer, handler, exit, stderr: stderr.clone(), health };
        let link = Arc::new(link);
        let info = describe_server(info.as_deref());
        Ok(Self {
            link,
            info,
            tools: Vec::new(),
            warnings: Vec::new(),
            _changes: changes,
            service,
            process,
            options: options.clone(),
        })
    }

    /// The name it was connected under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.link.server
    }

    /// What it says about itself.
    #[must_use]
    pub const fn info(&self) -> &ServerInfo {
        &self.info
    }

    /// Its tools, in the order it listed them.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn ToolExecutor>> {
        self.tools.iter().map(|tool| Arc::clone(tool) as Arc<dyn ToolExecutor>).collect()
    }

    /// Its tools as MCP tools, in the same order.
    #[must_use]
    pub fn mcp_tools(&self) -> &[Arc<McpTool>] {
        &self.tools
    }

    /// What was wrong with its list of tools, such as tools that had to be left out; each completes the sentence
    /// "The server ...".
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Its prompts, at most 1,000.
    ///
    /// # Errors
    /// When the server does not answer with a list.
    pub async fn prompts(&self) -> Result<Vec<PromptInfo>, McpError> {
        self.link.prompts().await
    }

    /// The text of a prompt, by the name the server gave it.
    ///
    /// # Errors
    /// When there is no such prompt, an argument is missing, or the server does not answer.
    pub async fn prompt(
        &self,
        name: &str,
        arguments: serde_json::Map<String, serde_json::Value>,
    ) -> Result<PromptText, McpError> {
        self.link.prompt(name, arguments).await
    }

    /// Its resources and its templates of resources, at most 1,000 each.
    ///
    /// # Errors
    /// When the server does not answer with a list.
    pub async fn resources(&self) -> Result<Vec<ResourceInfo>, McpError> {
        self.link.resources().await
    }

    /// The content of a resource.
    ///
    /// # Errors
    /// When there is no such resource, or the server does not answer.
    pub async fn resource(&self, uri: &str) -> Result<ResourceText, McpError> {
        self.link.resource(uri).await
    }

    /// Whether the server can still be called.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.link.is_alive()
    }

    /// The last of what it wrote to its standard error, at most 4 KiB.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.link.stderr.text()
    }

    /// Ends the connection. A process is ended as the specification has it: its input is closed, then its group is
    /// asked to end (SIGTERM), then killed. Returns how it ended, in words. Dropping the future kills it.
    pub async fn shutdown(mut self) -> String {
        // Closing waits for answers we still owe the server, which may never read them.
        let _ = self.service.close_with_timeout(self.options.shutdown_grace).await;
        match self.process.take() {
            Some(process) => describe(process.stop().await),
            None => "was disconnected from".to_owned(),
        }
    }

    pub(crate) const fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Link {
    /// The server's tools as they are now.
    pub(crate) async fn tools(
        self: &Arc<Self>,
        options: &ConnectOptions,
    ) -> Result<(Vec<Arc<McpTool>>, Vec<String>), McpError> {
        let listing = self.list_tools().await?;
        let (named, mut warnings) = tool::assign_names(&self.server, listing.items);
        warnings.extend(listing.cut);
        let tools = named
            .into_iter()
            .map(|(name, tool)| {
                Arc::new(McpTool::new(name, tool, tool::Source::Link(Arc::clone(self)), options))
            })
            .collect();
        Ok((tools, warnings))
    }

    /// The list of tools, as the server gives it.
    pub(crate) async fn list_tools(&self) -> Result<Listing<Tool>, McpError> {
        let info = self.peer.peer_info();
        if info.is_none_or(|info| info.capabilities.tools.is_none()) {
            return Ok(Listing::default());
        }
        self.list().await
    }
}

fn describe_server(info: Option<&ServerPeerInfo>) -> ServerInfo {
    let capabilities = info.map(|info| &info.capabilities);
    ServerInfo {
        protocol_version: info.map_or_else(String::new, |info| info.protocol_version.to_string()),
        implementation: info
            .and_then(|info| info.server_info.as_ref())
            .map(|server| (server.name.clone(), server.version.clone())),
        instructions: info
            .and_then(|info| info.instructions.as_deref())
            .map(|instructions| truncate(instructions, INSTRUCTIONS)),
        has_prompts: capabilities.is_some_and(|capabilities| capabilities.prompts.is_some()),
        has_resources: capabilities.is_some_and(|capabilities| capabilities.resources.is_some()),
    }
}
