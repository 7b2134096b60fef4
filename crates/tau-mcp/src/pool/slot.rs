//! The place of one server.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tau_core::HumanDuration;
use tokio::sync::Mutex;

use super::backoff::Backoff;
use super::offer::{ServerTools, ToolChange};
use super::options::PoolOptions;
use crate::client::{Link, Server, ServerInfo};
use crate::config::ServerConfig;
use crate::error::{McpError, McpErrorKind};
use crate::pin::ToolHash;

/// A server that nobody waits for and that does not answer within this has stopped answering.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A server of a pool, whether it runs or not.
#[derive(Debug)]
pub(crate) struct Slot {
    name: String,
    config: ServerConfig,
    options: Arc<PoolOptions>,
    /// What calls need, so that they wait for nobody while the server runs.
    live: RwLock<Option<Live>>,
    state: Mutex<State>,
    this: Weak<Self>,
}

#[derive(Debug, Default)]
struct State {
    server: Option<(Server, Instant)>,
    backoff: Backoff,
    last_error: Option<String>,
    /// After it no server is started.
    is_closed: bool,
}

/// A server that runs, and its tools as they were listed.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) link: Arc<Link>,
    pub(super) tools: Arc<ServerTools>,
    pub(super) info: Arc<ServerInfo>,
    /// How often it had said that its list is another when it was listed.
    listed_at: u64,
}

impl Live {
    fn is_current(&self) -> bool {
        self.link.is_alive() && !self.link.is_suspect() && self.link.changes().tools == self.listed_at
    }
}

impl Slot {
    pub(super) fn new(name: String, config: ServerConfig, options: Arc<PoolOptions>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            name,
            config,
            options,
            live: RwLock::new(None),
            state: Mutex::default(),
            this: this.clone(),
        })
    }

    /// The connection for a call of a tool, by somebody who was told of it when its hash was this.
    pub(crate) async fn link_for(&self, tool: &str, told: &ToolHash) -> Result<Arc<Link>, McpError> {
        let live = self.live().await?;
        live.tools.check(tool, told)?;
        Ok(live.link)
    }

    /// The server as it runs, started if it does not, and with its tools listed again if they changed.
    pub(super) async fn live(&self) -> Result<Live, McpError> {
        if let Some(live) = self.current() {
            return Ok(live);
        }
        let mut state = self.state.lock().await;
        // Somebody else may have seen to it meanwhile.
        if let Some(live) = self.current() {
            return Ok(live);
        }
        let running = state.server.as_ref().map(|(server, _)| server).filter(|server| server.is_alive());
        let live = match running {
            Some(server) if server.link().is_suspect() => match self.list(server, ANSWER_TIMEOUT).await {
                Ok(live) => live,
                Err(_silent) => self.start(&mut state).await?,
            },
            Some(server) => self.list(server, self.options.connect.connect_timeout).await?,
            None => self.start(&mut state).await?,
        };
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(live.clone());
        Ok(live)
    }

    fn current(&self) -> Option<Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone().filter(Live::is_current)
    }

    /// Whether the server runs.
    pub(super) fn is_running(&self) -> bool {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().is_some_and(|live| live.link.is_alive())
    }

    async fn start(&self, state: &mut State) -> Result<Live, McpError> {
        if state.is_closed {
            return Err(McpError::new(McpErrorKind::Exited, &self.name, "was shut down"));
        }
        if let Some((ended, started)) = state.server.take() {
            state.backoff.ended(started, Instant::now());
            state.last_error = Some("it ended, or stopped answering".to_owned());
            drop(ended);
        }
        if let Some(wait) = state.backoff.wait(Instant::now()) {
            return Err(self.not_yet(state, wait));
        }
        let started = Instant::now();
        let listed = match Server::open(&self.name, &self.config, &self.options.connect).await {
            Ok(server) => {
                let listed = self.list(&server, self.options.connect.connect_timeout).await;
                state.server = Some((server, started));
                listed
            }
            Err(error) => Err(error),
        };
        listed.inspect_err(|error| {
            state.backoff.failed(Instant::now());
            state.last_error = Some(error.problem().to_owned());
        })
    }

    fn not_yet(&self, state: &State, wait: Duration) -> McpError {
        let wait = HumanDuration::from(Duration::from_secs(wait.as_secs() + 1));
        let last = state.last_error.as_deref().unwrap_or_default();
        let problem =
            format!("failed {} times in a row ({last}); the next try is in {wait}", state.backoff.failures());
        McpError::new(McpErrorKind::Unavailable, &self.name, problem)
    }

    /// Lists the tools of a server. What it says to have changed while it lists counts as a change after that.
    async fn list(&self, server: &Server, limit: Duration) -> Result<Live, McpError> {
        let link = Arc::clone(server.link());
        let listed_at = link.changes().tools;
        let listing = tokio::time::timeout(limit, link.list_tools()).await.map_err(|_elapsed| {
            let limit = HumanDuration::from(limit);
            McpError::new(McpErrorKind::Timeout, &self.name, format!("did not list its tools within {limit}"))
        })??;
        let (options, pins) = (&self.options.connect, self.options.pins.as_ref());
        let tools = ServerTools::new(&self.name, &self.this, listing.items, listing.cut, options, pins)?;
        Ok(Live { link, tools: Arc::new(tools), info: Arc::new(server.info().clone()), listed_at })
    }

    /// Keeps that somebody agreed to a change, which is offered from then on.
    pub(super) async fn approve(&self, change: &ToolChange) -> Result<(), McpError> {
        let _state = self.state.lock().await;
        change.pin(self.options.pins.as_ref())?;
        // The next who asks lists the tools again.
        if let Some(live) = self.live.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            live.listed_at = u64::MAX;
        }
        Ok(())
    }

    /// Ends the server, and starts it no more.
    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        state.is_closed = true;
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some((server, _)) = state.server.take() {
            server.shutdown().await;
        }
    }
}
