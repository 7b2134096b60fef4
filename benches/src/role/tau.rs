//! A session of tau, driver and all, with one subscriber.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_agent::Agent;
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::{EventBody, Seq, SessionConfig};
use tau_core::{ContentBlock, EffectClass, ToolDefinition};
use tau_runtime::{Session, SessionOptions, Update};
use tau_tools::environment::MemoryEnvironment;
use tau_tools::{ToolContext, ToolExecutor, ToolOutput, ToolRegistry};
use tokio_util::sync::CancellationToken;

use crate::cpu;
use crate::scenario::{PROMPT, SYSTEM, TOOL, tool_result, tool_schema};

pub(super) async fn run(base_url: &str, turns: u32) -> anyhow::Result<Vec<Duration>> {
    let mut config = Config::default();
    config.providers.insert("bench".to_owned(), ProviderConfig::new(base_url));
    let agent = Agent::new(&config.resolve("bench/bench")?)?;
    let mut session = SessionConfig::new("bench/bench");
    session.system = SYSTEM.to_owned();
    session.budget.max_turns = Some(turns);
    let tools: ToolRegistry = [Arc::new(Look::new()) as Arc<dyn ToolExecutor>].into_iter().collect();
    let environment = Arc::new(MemoryEnvironment::new([("", ""); 0])?);
    let (session, handle) = Session::new(SessionOptions::new(session, agent, tools, environment));
    let mut updates = handle.subscribe(Seq::default());
    let task = tokio::spawn(session.run(CancellationToken::new()));
    handle.prompt([ContentBlock::text(PROMPT)]).await?;
    let mut at_turn = Vec::new();
    while let Some(update) = updates.next().await {
        let Update::Event(event) = update else { continue };
        match &event.body {
            EventBody::ToolFinished { .. } => at_turn.push(cpu::own_time()),
            EventBody::RunFinished { .. } => break,
            _ => {}
        }
    }
    drop(handle);
    task.await??;
    anyhow::ensure!(at_turn.len() == turns as usize, "{} turns instead of {turns}", at_turn.len());
    Ok(at_turn)
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
