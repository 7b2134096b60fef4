//! A server that is connected to.

use std::sync::Arc;

use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion, ServerPeerInfo, Tool};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService,
};
use tau_core::HumanDuration;
use tau_tools::ToolExecutor;
use tokio::sync::watch;

use super::link::{Link, wait_for_exit};
use super::listing::{self, Listing};
use super::options::{ConnectOptions, Lifecycle};
use super::probe::DiscardLateProbe;
use super::process::{Exit, Process, describe};
use super::stderr::StderrTail;
use super::stdio::StdioTransport;
use crate::config::{ServerConfig, StdioConfig};
use crate::error::{McpError, McpErrorKind};
use crate::text::truncate;
use crate::tool::{self, McpTool};

/// Instructions of a server go into a model's context; longer ones are cut off.
const INSTRUCTIONS: usize = 2 << 10;

/// A connection to a server, and the process behind it.
///
/// Guarantees: at most one process group, which is gone when [`shutdown`](Self::shutdown) returns, and is killed
/// when the server is dropped. Tools do not keep the server alive; called after that, they fail.
///
/// Not guaranteed: that the tools are those the server has now, as they are listed once; that a server is
/// started again when it ends.
///
/// Needs a tokio runtime with its I/O and time drivers on.
#[derive(Debug)]
pub struct Server {
    link: Arc<Link>,
    info: ServerInfo,
    tools: Vec<Arc<McpTool>>,
    warnings: Vec<String>,
    service: RunningService<RoleClient, ClientConfig>,
    process: Process,
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
}

impl Server {
    /// Starts a server, greets it and lists its tools. Dropping the future ends the server.
    ///
    /// # Errors
    /// When any of this fails or takes longer than [`ConnectOptions::connect_timeout`].
    /// [`McpError::stderr`] then often says why.
    pub async fn connect(
        name: &str,
        config: &ServerConfig,
        options: &ConnectOptions,
    ) -> Result<Self, McpError> {
        let ServerConfig::Stdio(config) = config else {
            let problem = format!("servers of the type `{}` cannot be connected to yet", config.type_name());
            return Err(McpError::new(McpErrorKind::UnsupportedTransport, name, problem));
        };
        let stderr = StderrTail::default();
        let connecting = Self::connect_stdio(name, config, options, &stderr);
        match tokio::time::timeout(options.connect_timeout, connecting).await {
            Ok(connected) => connected.map_err(|error| error.with_stderr(stderr.text())),
            Err(_elapsed) => {
                let limit = HumanDuration::from(options.connect_timeout);
                let problem = format!("was not ready within {limit}");
                Err(McpError::new(McpErrorKind::Timeout, name, problem)
                    .with_hint("run its command by hand to see what it waits for, or allow more time")
                    .with_stderr(stderr.text()))
            }
        }
    }

    async fn connect_stdio(
        name: &str,
        config: &StdioConfig,
        options: &ConnectOptions,
        stderr: &StderrTail,
    ) -> Result<Self, McpError> {
        let first = greet(name, config, options, options.lifecycle, stderr).await;
        let (service, process) = match first {
            // Of the servers that do not know `server/discover`, some do not refuse it but end, and some name
            // the older versions they know. Neither leaves a connection that could go on.
            Err(error) if options.lifecycle == Lifecycle::Auto && may_be_older(&error) => {
                stderr.clear();
                greet(name, config, options, Lifecycle::Initialize, stderr).await?
            }
            first => first?,
        };
        let peer = service.peer().clone();
        let link =
            Arc::new(Link { server: name.to_owned(), peer, exit: process.exit(), stderr: stderr.clone() });
        let info = link.peer.peer_info();
        let has_tools = info.as_deref().is_some_and(|info| info.capabilities.tools.is_some());
        let listed = if has_tools { listing::list(&link.peer).await } else { Ok(Listing::default()) };
        let listing = match listed {
            Ok(listing) => listing,
            Err(error) => return Err(link.failed("the listing of its tools", error).await),
        };
        let (tools, mut warnings) = executors(&link, listing.tools, options);
        warnings.extend(listing.cut);
        let info = describe_server(info.as_deref());
        Ok(Self { link, info, tools, warnings, service, process, options: options.clone() })
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

    /// Whether the server can still be called.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.link.peer.is_transport_closed() && self.link.exit.borrow().is_none()
    }

    /// The last of what it wrote to its standard error, at most 4 KiB.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.link.stderr.text()
    }

    /// Ends the server as the specification has it: closes its input, then asks its process group to end
    /// (SIGTERM), then kills it. Returns how the process ended, in words. Dropping the future kills it.
    pub async fn shutdown(mut self) -> String {
        // Closing waits for answers we still owe the server, which may never read them.
        let _ = self.service.close_with_timeout(self.options.shutdown_grace).await;
        describe(self.process.stop().await)
    }
}

/// Starts the process and greets it.
async fn greet(
    name: &str,
    config: &StdioConfig,
    options: &ConnectOptions,
    lifecycle: Lifecycle,
    stderr: &StderrTail,
) -> Result<(RunningService<RoleClient, ClientConfig>, Process), McpError> {
    let (process, stdout, stdin) = Process::start(name, config, options, stderr.clone())?;
    let transport = DiscardLateProbe::new(StdioTransport::new(stdout, stdin, stderr.clone()));
    match client().serve_with_lifecycle(transport, mode(lifecycle)).await {
        Ok(service) => Ok((service, process)),
        Err(error) => Err(refused(name, error, &process.exit()).await),
    }
}

fn may_be_older(error: &McpError) -> bool {
    matches!(error.kind(), McpErrorKind::Exited | McpErrorKind::Protocol)
}

fn client() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("tau", env!("CARGO_PKG_VERSION")))
}

fn mode(lifecycle: Lifecycle) -> ClientLifecycleMode {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    match lifecycle {
        Lifecycle::Auto => {
            let legacy_version = Some(ProtocolVersion::LATEST_WITH_INITIALIZE);
            ClientLifecycleMode::Auto { preferred_versions, legacy_version }
        }
        Lifecycle::Initialize => ClientLifecycleMode::Initialize,
        Lifecycle::Discover => ClientLifecycleMode::Discover { preferred_versions },
    }
}

/// Why a handshake failed.
async fn refused(name: &str, error: ClientInitializeError, exit: &watch::Receiver<Exit>) -> McpError {
    let (kind, problem) = match root(&error) {
        ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. } => {
            (McpErrorKind::Exited, format!("{} before it was ready", describe(wait_for_exit(exit).await)))
        }
        ClientInitializeError::JsonRpcError(refusal) => (
            McpErrorKind::Refused,
            format!("refused to begin: {} (code {})", refusal.message, refusal.code.0),
        ),
        other => (McpErrorKind::Protocol, format!("did not begin as the protocol has it: {other}")),
    };
    McpError::new(kind, name, problem).with_source(error)
}

/// Of a failed second attempt, the second failure: the first is only that the server is an older one.
fn root(error: &ClientInitializeError) -> &ClientInitializeError {
    match error {
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => root(fallback),
        other => other,
    }
}

fn describe_server(info: Option<&ServerPeerInfo>) -> ServerInfo {
    ServerInfo {
        protocol_version: info.map_or_else(String::new, |info| info.protocol_version.to_string()),
        implementation: info
            .and_then(|info| info.server_info.as_ref())
            .map(|server| (server.name.clone(), server.version.clone())),
        instructions: info
            .and_then(|info| info.instructions.as_deref())
            .map(|instructions| truncate(instructions, INSTRUCTIONS)),
    }
}

fn executors(
    link: &Arc<Link>,
    tools: Vec<Tool>,
    options: &ConnectOptions,
) -> (Vec<Arc<McpTool>>, Vec<String>) {
    let (named, warnings) = tool::assign_names(&link.server, tools);
    let executors = named
        .into_iter()
        .map(|(name, tool)| {
            Arc::new(McpTool::new(name, tool, Arc::clone(link), options.trust, options.call_timeout))
        })
        .collect();
    (executors, warnings)
}
