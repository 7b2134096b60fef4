//! What a tool needs of its server.

use std::time::Duration;

use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult};
use rmcp::service::{Peer, RoleClient, ServiceError};
use serde_json::Value;
use tokio::sync::watch;

use super::process::{Exit, describe};
use super::stderr::StderrTail;
use crate::error::{McpError, McpErrorKind};

/// How long the end of a process may take to be known after its output has ended.
const NEWS: Duration = Duration::from_millis(500);

/// A connection as its tools share it. It does not keep the server alive.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) server: String,
    pub(super) peer: Peer<RoleClient>,
    pub(super) exit: watch::Receiver<Exit>,
    pub(super) stderr: StderrTail,
}

impl Link {
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Calls a tool by the name the server gave it. Dropping the future tells the server to stop.
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Result<CallToolResult, McpError> {
        let Value::Object(arguments) = arguments else {
            let problem = format!("the arguments of `{tool}` must be a JSON object; nothing was sent");
            return Err(McpError::new(McpErrorKind::InvalidArguments, &self.server, problem));
        };
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        let wanted = |what: &str| {
            let problem = format!("`{tool}` wants {what}, which is not supported");
            Err(McpError::new(McpErrorKind::UnsupportedRequest, &self.server, problem))
        };
        match self.peer.call_tool_once(params).await {
            Ok(CallToolResponse::Complete(result)) => Ok(result),
            Ok(CallToolResponse::InputRequired(_)) => wanted("more input during the call"),
            Ok(CallToolResponse::Task(_)) => wanted("to go on in the background"),
            Ok(_) => wanted("something unknown"),
            Err(error) => Err(self.failed(&format!("the call of `{tool}`"), error).await),
        }
    }

    /// What a failed request means.
    pub(super) async fn failed(&self, what: &str, error: ServiceError) -> McpError {
        let (kind, problem) = match &error {
            ServiceError::McpError(refusal) => (
                McpErrorKind::Refused,
                format!("refused {what}: {} (code {})", refusal.message, refusal.code.0),
            ),
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => {
                (McpErrorKind::Exited, format!("{} before it answered {what}", describe(self.exit().await)))
            }
            other => (McpErrorKind::Protocol, format!("answered {what} with something else: {other}")),
        };
        McpError::new(kind, &self.server, problem).with_stderr(self.stderr.text()).with_source(error)
    }

    /// How the process ended, waiting a moment for the news.
    pub(super) async fn exit(&self) -> Exit {
        wait_for_exit(&self.exit).await
    }
}

/// How a process ended; `None` if it goes on.
pub(super) async fn wait_for_exit(exit: &watch::Receiver<Exit>) -> Exit {
    let mut exit = exit.clone();
    match tokio::time::timeout(NEWS, exit.wait_for(Option::is_some)).await {
        Ok(Ok(exit)) => *exit,
        _ => None,
    }
}
