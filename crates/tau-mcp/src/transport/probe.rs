//! Keeps a late answer to `server/discover` from spoiling the `initialize` that follows it.

use std::future::Future;

use rmcp::RoleClient;
use rmcp::model::{ClientRequest, JsonRpcMessage, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;

/// A transport that drops answers to `server/discover` once `initialize` was sent.
///
/// A server that takes more than ten seconds to start, because a package runner downloads it, is taken for one
/// that does not know `server/discover` and is sent `initialize`. When it is up it answers both, in order, and
/// the first answer would be taken for a wrong one to the second.
pub(crate) struct DiscardLateProbe<T> {
    inner: T,
    /// Every `server/discover` sent: there may be one for each version.
    probes: Vec<RequestId>,
    discard: bool,
}

impl<T> DiscardLateProbe<T> {
    pub(crate) const fn new(inner: T) -> Self {
        Self { inner, probes: Vec::new(), discard: false }
    }

    fn is_late(&self, message: &RxJsonRpcMessage<RoleClient>) -> bool {
        let id = match message {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            _ => None,
        };
        self.discard && id.is_some_and(|id| self.probes.contains(id))
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for DiscardLateProbe<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if let JsonRpcMessage::Request(request) = &item {
            match &request.request {
                ClientRequest::DiscoverRequest(_) => self.probes.push(request.id.clone()),
                ClientRequest::InitializeRequest(_) => self.discard = true,
                _ => {}
            }
        }
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let message = self.inner.receive().await?;
            if !self.is_late(&message) {
                return Some(message);
            }
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion};
    use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt};
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

    use super::*;
    use crate::transport::stderr::StderrTail;
    use crate::transport::stdio::StdioTransport;

    /// A server of 2025-11-25 that is up only when `initialize` has been sent as well.
    async fn slow_server(stream: DuplexStream) {
        let (read, mut write) = tokio::io::split(stream);
        let mut lines = BufReader::new(read).lines();
        let mut waiting = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            let request: Value = serde_json::from_str(&line).unwrap();
            let method = request["method"].as_str().unwrap().to_owned();
            waiting.push(request);
            if method != "initialize" {
                continue;
            }
            for request in waiting.drain(..) {
                let answer = if request["method"] == "initialize" {
                    let info = json!({"name": "slow", "version": "1"});
                    let result =
                        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info});
                    json!({"jsonrpc": "2.0", "id": request["id"], "result": result})
                } else {
                    let error = json!({"code": -32601, "message": "Method not found"});
                    json!({"jsonrpc": "2.0", "id": request["id"], "error": error})
                };
                write.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
            }
        }
    }

    fn mode() -> ClientLifecycleMode {
        ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        }
    }

    fn client() -> ClientConfig {
        ClientConfig::new(ClientCapabilities::default(), Implementation::new("test", "1"))
    }

    // The clock is paused, so the ten seconds of the probe pass as soon as everybody waits.
    #[tokio::test(start_paused = true)]
    async fn a_server_that_starts_slowly_is_connected_to() {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(slow_server(theirs));
        let (read, write) = tokio::io::split(ours);
        let transport = DiscardLateProbe::new(StdioTransport::new(read, write, StderrTail::default()));
        let service = client().serve_with_lifecycle(transport, mode()).await.unwrap();
        assert_eq!(service.peer().peer_info().unwrap().protocol_version, ProtocolVersion::V_2025_11_25);
    }

    /// Shows that the wrapper is needed; when this fails, it can go.
    #[tokio::test(start_paused = true)]
    async fn without_the_wrapper_it_is_not() {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(slow_server(theirs));
        let (read, write) = tokio::io::split(ours);
        let transport = StdioTransport::new(read, write, StderrTail::default());
        let error = client().serve_with_lifecycle(transport, mode()).await.unwrap_err();
        assert!(matches!(error, ClientInitializeError::UncorrelatedErrorResponse { .. }), "{error}");
    }
}
