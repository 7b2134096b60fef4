//! What a session is made of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tau_agent::Agent;
use tau_core::event::SessionConfig;
use tau_tools::environment::Environment;
use tau_tools::{OutputBounds, ToolRegistry};

use super::durability::Durability;
use super::observer::Observer;
use crate::hooks::{HookHealth, Hooks};

/// What a session is made of.
// tidy: struct-fields: each is set by itself, and most have a default.
#[derive(Debug)]
#[non_exhaustive]
pub struct SessionOptions {
    /// What is journaled of it. Its tools are set from `tools`; those that the loop answers itself
    /// ([`loop_tools`](crate::loop_tools)) are kept and come after them.
    pub config: SessionConfig,
    /// The model.
    pub agent: Agent,
    /// The tools.
    pub tools: ToolRegistry,
    /// What the tools act through.
    pub environment: Arc<dyn Environment>,
    /// How many calls run at the same time. Default: 8.
    pub parallel_tools: usize,
    /// How long one call may take when it does not say itself. Default: 2 minutes.
    pub tool_timeout: Duration,
    /// How much of a call's output the model gets to see.
    pub output_bounds: OutputBounds,
    /// Where its events go, and what waits for that. Default: nowhere, and nothing.
    pub durability: Durability,
    /// Who decides at points of the loop. Default: nobody.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// Who follows it in this process; not its subagents. Default: nobody.
    pub observer: Option<Arc<dyn Observer>>,
    /// How many subagents work at the same time; others wait for them. Default: 8.
    pub parallel_subagents: usize,
    /// Models that [kinds of subagents](tau_core::event::AgentProfile) ask, as they name them. One that is not here is
    /// not asked: the session's own is. Default: none.
    pub models: BTreeMap<String, Agent>,
    /// Where it is counted how hooks do. Default: for this session and its subagents alone.
    pub hook_health: HookHealth,
}

impl SessionOptions {
    /// A session with the defaults for what is not given.
    pub fn new(
        config: SessionConfig,
        agent: Agent,
        tools: ToolRegistry,
        environment: Arc<dyn Environment>,
    ) -> Self {
        Self {
            config,
            agent,
            tools,
            environment,
            parallel_tools: 8,
            tool_timeout: Duration::from_secs(120),
            output_bounds: OutputBounds::default(),
            durability: Durability::default(),
            hooks: None,
            observer: None,
            parallel_subagents: 8,
            models: BTreeMap::new(),
            hook_health: HookHealth::default(),
        }
    }

    /// The same for a session of another configuration.
    pub(super) fn with_config(&self, config: SessionConfig) -> Self {
        Self {
            agent: self.models.get(&config.model).unwrap_or(&self.agent).clone(),
            models: self.models.clone(),
            tools: self.tools.clone(),
            environment: Arc::clone(&self.environment),
            durability: self.durability.clone(),
            hooks: self.hooks.clone(),
            observer: None,
            config,
            hook_health: self.hook_health.clone(),
            ..*self
        }
    }
}
