//! Sessions of tau, driver and all, each with one subscriber.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_agent::Agent;
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::{EventBody, RunOutcome, Seq, SessionConfig};
use tau_core::{ContentBlock, EffectClass, ToolDefinition};
use tau_runtime::{Durability, Handle, Session, SessionOptions, Subscription, Update};
use tau_tools::environment::MemoryEnvironment;
use tau_tools::{ToolContext, ToolExecutor, ToolOutput, ToolRegistry};
use tokio_util::sync::CancellationToken;

use crate::scenario::{PROMPT, SYSTEM, TOOL, tool_result, tool_schema};

/// What the sessions of a process share.
#[derive(Debug, Clone)]
pub(super) struct Tau {
    agent: Agent,
    tools: ToolRegistry,
    durability: Durability,
}

/// A session that is up, with its subscriber. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct TauSession {
    #[expect(dead_code, reason = "a session lives as long as its handle")]
    handle: Handle,
    #[expect(dead_code, reason = "a subscriber is a part of what a session costs")]
    updates: Subscription,
}

impl Tau {
    pub(super) fn new(base_url: &str) -> anyhow::Result<Self> {
        let mut config = Config::default();
        config.providers.insert("bench".to_owned(), ProviderConfig::new(base_url));
        let agent = Agent::new(&config.resolve("bench/bench")?)?;
        let tools = [Arc::new(Look::new()) as Arc<dyn ToolExecutor>].into_iter().collect();
        Ok(Self { agent, tools, durability: Durability::default() })
    }

    /// The same, with sessions that are as durable as that.
    pub(super) fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    pub(super) fn agent(&self) -> Agent {
        self.agent.clone()
    }

    /// Takes turns; `done` is called at the end of each.
    pub(super) async fn session(&self, turns: u32, mut done: impl FnMut()) -> anyhow::Result<TauSession> {
        let (session, handle) = Session::new(self.options(turns)?);
        let mut updates = handle.subscribe(Seq::default());
        tokio::spawn(session.run(CancellationToken::new()));
        handle.prompt([ContentBlock::text(PROMPT)]).await?;
        while let Some(update) = updates.next().await {
            let Update::Event(event) = update else { continue };
            match &event.body {
                EventBody::ToolFinished { .. } => done(),
                EventBody::RunFinished { outcome, .. } => {
                    let is_expected = *outcome == RunOutcome::TurnLimit { limit: turns };
                    anyhow::ensure!(is_expected, "{outcome:?} instead of {turns} turns");
                    return Ok(TauSession { handle, updates });
                }
                _ => {}
            }
        }
        anyhow::bail!("the session ended before its run")
    }

    fn options(&self, turns: u32) -> anyhow::Result<SessionOptions> {
        let mut config = SessionConfig::new("bench/bench");
        config.system = SYSTEM.to_owned();
        config.budget.max_turns = Some(turns);
        let environment = Arc::new(MemoryEnvironment::new([("", ""); 0])?);
        let mut options = SessionOptions::new(config, self.agent.clone(), self.tools.clone(), environment);
        options.durability = self.durability.clone();
        Ok(options)
    }
}

/// The tool of the session: it changes nothing and answers at once.
#[derive(Debug)]
struct Look {
    definition: ToolDefinition,
}

impl Look {
    fn new() -> Self {
        Self { definition: ToolDefinition::new(TOOL, "Looks at a thing.", tool_schema()) }
    }
}

impl ToolExecutor for Look {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, _: &'a Value) -> BoxFuture<'a, ToolOutput> {
        std::future::ready(ToolOutput::text(tool_result())).boxed()
    }
}
