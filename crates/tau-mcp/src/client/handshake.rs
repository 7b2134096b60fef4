//! How a connection begins.

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt};
use rmcp::transport::Transport;

use super::handler::{Handler, Service};
use super::link::wait_for_exit;
use super::options::{ConnectOptions, Lifecycle};
use crate::config::{RemoteConfig, StdioConfig};
use crate::error::{McpError, McpErrorKind};
use crate::transport::http;
use crate::transport::probe::DiscardLateProbe;
use crate::transport::process::{Process, describe};
use crate::transport::remote_error::{fault, of_sse};
use crate::transport::sse::SseTransport;
use crate::transport::stderr::StderrTail;
use crate::transport::stdio::StdioTransport;

/// A server that was greeted.
pub(super) struct Greeted {
    pub(super) service: Service,
    /// `None` for one that is no process of ours.
    pub(super) process: Option<Process>,
}

/// Starts the process of a server and greets it.
pub(super) async fn process(
    name: &str,
    config: &StdioConfig,
    options: &ConnectOptions,
    handler: &Arc<Handler>,
    stderr: &StderrTail,
) -> Result<Greeted, McpError> {
    match greet_process(name, config, options, options.lifecycle, handler, stderr).await {
        // Of the servers that do not know `server/discover`, some do not refuse it but end, and some name
        // the older versions they know. Neither leaves a connection that could go on.
        Err(error) if options.lifecycle == Lifecycle::Auto && may_be_older(&error) => {
            stderr.clear();
            greet_process(name, config, options, Lifecycle::Initialize, handler, stderr).await
        }
        first => first,
    }
}

/// Greets a server over Streamable HTTP.
pub(super) async fn streamable_http(
    name: &str,
    config: &RemoteConfig,
    options: &ConnectOptions,
    handler: &Arc<Handler>,
) -> Result<Greeted, McpError> {
    match greet_http(name, config, options, options.lifecycle, handler).await {
        // As above: some answer `server/discover` with an error of HTTP.
        Err(error) if options.lifecycle == Lifecycle::Auto && may_be_older(&error) => {
            greet_http(name, config, options, Lifecycle::Initialize, handler).await
        }
        first => first,
    }
}

/// Greets a server over HTTP with server-sent events. It knows no version after 2024-11-05.
pub(super) async fn sse(
    name: &str,
    config: &RemoteConfig,
    options: &ConnectOptions,
    handler: &Arc<Handler>,
    noise: &StderrTail,
) -> Result<Greeted, McpError> {
    let transport = SseTransport::open(name, config, options, noise.clone()).await?.map_err(|error| {
        let fault = of_sse(&error);
        McpError::new(fault.kind, name, fault.problem).with_challenge(fault.challenge)
    })?;
    match greet(transport, Lifecycle::Initialize, handler).await {
        Ok(service) => Ok(Greeted { service, process: None }),
        Err(error) => Err(refused(name, error, "closed the connection".to_owned())),
    }
}

async fn greet_process(
    name: &str,
    config: &StdioConfig,
    options: &ConnectOptions,
    lifecycle: Lifecycle,
    handler: &Arc<Handler>,
    stderr: &StderrTail,
) -> Result<Greeted, McpError> {
    let (process, stdout, stdin) = Process::start(name, config, options, stderr.clone())?;
    let transport = DiscardLateProbe::new(StdioTransport::new(stdout, stdin, stderr.clone()));
    match greet(transport, lifecycle, handler).await {
        Ok(service) => Ok(Greeted { service, process: Some(process) }),
        Err(error) => {
            let ended = match root(&error) {
                ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. } => {
                    describe(wait_for_exit(&process.exit()).await)
                }
                _ => String::new(),
            };
            Err(refused(name, error, ended))
        }
    }
}

async fn greet_http(
    name: &str,
    config: &RemoteConfig,
    options: &ConnectOptions,
    lifecycle: Lifecycle,
    handler: &Arc<Handler>,
) -> Result<Greeted, McpError> {
    let transport = http::open(name, config, options).await?;
    match greet(transport, lifecycle, handler).await {
        Ok(service) => Ok(Greeted { service, process: None }),
        Err(error) => Err(refused(name, error, "closed the connection".to_owned())),
    }
}

async fn greet<T: Transport<RoleClient> + 'static>(
    transport: T,
    lifecycle: Lifecycle,
    handler: &Arc<Handler>,
) -> Result<Service, ClientInitializeError> {
    Arc::clone(handler).serve_with_lifecycle(transport, mode(lifecycle)).await
}

fn may_be_older(error: &McpError) -> bool {
    matches!(error.kind(), McpErrorKind::Exited | McpErrorKind::Protocol | McpErrorKind::Unreachable)
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

/// Why a handshake failed. `ended` says how the connection did, where that is why.
fn refused(name: &str, error: ClientInitializeError, ended: String) -> McpError {
    if let ClientInitializeError::TransportError { error, .. } = root(&error)
        && let Some(fault) = fault(error)
    {
        // Without its source, which may name an address with a key in it.
        return McpError::new(fault.kind, name, fault.problem).with_challenge(fault.challenge);
    }
    let (kind, problem) = match root(&error) {
        ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. } => {
            (McpErrorKind::Exited, format!("{ended} before it was ready"))
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
