//! The servers of a process.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Map, Value};

use super::offer::{ServerTools, ToolChange};
use super::options::PoolOptions;
use super::slot::Slot;
use crate::client::ServerInfo;
use crate::config::ServerConfig;
use crate::content::{PromptInfo, PromptText, ResourceInfo, ResourceText};
use crate::error::{McpError, McpErrorKind};

/// All servers of a process. Clones are the same pool.
///
/// Guarantees: a server is started when somebody first needs it, and runs once however many sessions use it. One
/// that has ended is started again for the next who needs it: at once the first time, and after waits that grow while
/// it keeps ending. No call is made twice. A tool whose description is another than the one that was offered is not
/// called. When the last clone is dropped all servers are killed, whatever tools of theirs are still around.
///
/// Not guaranteed: that what a server keeps in memory survives its end.
///
/// Needs a tokio runtime with its I/O and time drivers on.
#[derive(Debug, Clone)]
pub struct ServerPool {
    slots: Arc<BTreeMap<String, Arc<Slot>>>,
}

impl ServerPool {
    /// A pool of these servers, none of which is started yet.
    #[must_use]
    pub fn new(servers: BTreeMap<String, ServerConfig>, options: PoolOptions) -> Self {
        let options = Arc::new(options);
        let slots = servers.into_iter().map(|(name, config)| {
            let slot = Slot::new(name.clone(), config, Arc::clone(&options));
            (name, slot)
        });
        Self { slots: Arc::new(slots.collect()) }
    }

    /// The names of the servers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.keys().map(String::as_str)
    }

    /// The tools of every server as they are now, server by server in the order of their names. Those that do not
    /// run are started, all at the same time.
    pub async fn tools(&self) -> Vec<(String, Result<ServerTools, McpError>)> {
        let tools = self.slots.iter().map(async |(name, slot)| {
            let live = slot.live().await;
            (name.clone(), live.map(|live| live.tools.as_ref().clone()))
        });
        join_all(tools).await
    }

    /// The tools of one server as they are now.
    ///
    /// # Errors
    /// When there is no such server, or it cannot be started or does not list them.
    pub async fn server_tools(&self, server: &str) -> Result<ServerTools, McpError> {
        Ok(self.slot(server)?.live().await?.tools.as_ref().clone())
    }

    /// What a server says about itself.
    ///
    /// # Errors
    /// As [`server_tools`](Self::server_tools).
    pub async fn info(&self, server: &str) -> Result<ServerInfo, McpError> {
        Ok(self.slot(server)?.live().await?.info.as_ref().clone())
    }

    /// The prompts of a server; none if it says that it has none.
    ///
    /// # Errors
    /// As [`server_tools`](Self::server_tools).
    pub async fn prompts(&self, server: &str) -> Result<Vec<PromptInfo>, McpError> {
        let live = self.slot(server)?.live().await?;
        if live.info.has_prompts { live.link.prompts().await } else { Ok(Vec::new()) }
    }

    /// The text of a prompt.
    ///
    /// # Errors
    /// As [`server_tools`](Self::server_tools), and when there is no such prompt or an argument is missing.
    pub async fn prompt(
        &self,
        server: &str,
        name: &str,
        arguments: Map<String, Value>,
    ) -> Result<PromptText, McpError> {
        self.slot(server)?.live().await?.link.prompt(name, arguments).await
    }

    /// The resources of a server; none if it says that it has none.
    ///
    /// # Errors
    /// As [`server_tools`](Self::server_tools).
    pub async fn resources(&self, server: &str) -> Result<Vec<ResourceInfo>, McpError> {
        let live = self.slot(server)?.live().await?;
        if live.info.has_resources { live.link.resources().await } else { Ok(Vec::new()) }
    }

    /// The content of a resource.
    ///
    /// # Errors
    /// As [`server_tools`](Self::server_tools), and when there is no such resource.
    pub async fn resource(&self, server: &str, uri: &str) -> Result<ResourceText, McpError> {
        self.slot(server)?.live().await?.link.resource(uri).await
    }

    /// Keeps that somebody has agreed to a change. The tool is offered from then on, as long as it stays as it is.
    ///
    /// # Errors
    /// When there is no such server, or it cannot be kept.
    pub async fn approve(&self, change: &ToolChange) -> Result<(), McpError> {
        self.slot(&change.server)?.approve(change).await
    }

    /// Whether a server runs at the moment.
    #[must_use]
    pub fn is_running(&self, server: &str) -> bool {
        self.slots.get(server).is_some_and(|slot| slot.is_running())
    }

    /// Ends all servers as [`Server::shutdown`](crate::Server::shutdown) does, at the same time. None is started after
    /// that.
    pub async fn shutdown(&self) {
        join_all(self.slots.values().map(|slot| slot.close())).await;
    }

    fn slot(&self, server: &str) -> Result<&Arc<Slot>, McpError> {
        self.slots.get(server).ok_or_else(|| {
            McpError::new(McpErrorKind::UnknownServer, server, "is not one of those that are configured")
        })
    }
}
