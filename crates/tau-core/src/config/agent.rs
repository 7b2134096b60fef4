//! The agent: its instructions, its limits and what it may do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::merge::{Merge, merge_fields};
use super::model::ModelOptions;
use crate::duration::HumanDuration;
use crate::money::Money;

/// How an agent works.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct AgentConfig {
    /// Instructions that replace the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// The tools it is offered, by name. Default: those that read, write and run; not those that ask a person, plan, or
    /// start subagents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// How many calls of one reply run at the same time. Default: 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tools: Option<u32>,
    /// How long one tool call may take when it does not say itself. Default: 2m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_timeout: Option<HumanDuration>,
    /// What a run may spend.
    pub budget: Budget,
    /// Options laid over those of the model.
    pub options: ModelOptions,
}

merge_fields!(AgentConfig { system_prompt, tools, parallel_tools, tool_timeout, budget, options });

impl AgentConfig {
    /// How many calls of one reply run at the same time; at least 1.
    #[must_use]
    pub fn parallel_tools(&self) -> usize {
        self.parallel_tools.map_or(8, |n| n.max(1) as usize)
    }

    /// How long one tool call may take.
    #[must_use]
    pub fn tool_timeout(&self) -> Duration {
        self.tool_timeout.map_or(Duration::from_secs(120), HumanDuration::get)
    }
}

/// What a run may spend. A limit that is not set does not bind, but for the turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Budget {
    /// Calls of the model. Default: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// Tokens read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// US dollars; binds only for models with prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<Money>,
    /// Calls of tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tool_calls: Option<u32>,
    /// Time on the wall, from the start of the run; waiting for people counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_time: Option<HumanDuration>,
}

merge_fields!(Budget { max_turns, max_tokens, max_cost, max_tool_calls, max_time });

impl Budget {
    /// Calls of the model that a run may make.
    #[must_use]
    pub fn max_turns(&self) -> u32 {
        self.max_turns.unwrap_or(100)
    }
}

/// What happens with a tool call that no rule decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PermissionMode {
    /// Tools that change nothing run; any other call is asked about.
    #[default]
    Default,
    /// As `default`, and files inside the project are changed without asking; protected ones are not.
    AcceptEdits,
    /// Nothing is changed: tools that change nothing run, and commands that are allowed and only read.
    Plan,
    /// Any call that is not allowed is denied without asking.
    DontAsk,
    /// Every call runs that no rule denies. For throw-away machines.
    Bypass,
}

impl PermissionMode {
    /// This mode, where it lets nothing run that `outer` would not; else `outer`.
    #[must_use]
    pub const fn within(self, outer: Self) -> Self {
        let is_narrower = match outer {
            Self::Bypass => true,
            Self::AcceptEdits => !matches!(self, Self::Bypass),
            Self::Default => matches!(self, Self::Default | Self::Plan | Self::DontAsk),
            Self::Plan => matches!(self, Self::Plan),
            Self::DontAsk => matches!(self, Self::DontAsk),
        };
        if is_narrower { self } else { outer }
    }
}

/// Who may do what. A rule is a tool, or part of what it does, such as `Bash(git *)`; deny goes before ask, ask before
/// allow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PermissionConfig {
    /// What happens with a call that no rule decides. Default: `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<PermissionMode>,
    /// Calls that run without asking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// Calls that are always asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<String>,
    /// Calls that never run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
}

impl Merge for PermissionConfig {
    /// The mode of `over` wins; rules add up, because a layer must not be able to drop another's denial.
    fn merge(mut self, over: Self) -> Self {
        self.mode = over.mode.or(self.mode);
        self.allow.extend(over.allow);
        self.ask.extend(over.ask);
        self.deny.extend(over.deny);
        self
    }
}
