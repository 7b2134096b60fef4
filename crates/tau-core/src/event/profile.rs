//! What a session may start and use: kinds of subagents, and skills.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::{ModelOptions, PermissionMode};
use crate::model::Prices;

/// A kind of subagent: how its session differs from the one that starts it. What is not set is as there, and nothing
/// goes beyond it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentProfile {
    /// What it is good for, as the model is told.
    pub description: String,
    /// Its instructions; empty for those of the session that starts it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub system: String,
    /// The names of its tools, of those that the session has; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<BTreeSet<String>>,
    /// The model that it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelChoice>,
    /// What happens with its calls that no rule decides, where that lets it do no more than the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PermissionMode>,
    /// Calls of the model that it may make, within its part of the budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// Whether nobody waits for it, also where the call does not say so.
    #[serde(default)]
    pub background: bool,
}

impl AgentProfile {
    /// A kind that differs in nothing but what it is good for.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }
}

/// A model, with what a session knows of the one it asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelChoice {
    /// The model, as people name it.
    pub name: String,
    /// Its prices, which the budget is counted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// How it is asked.
    #[serde(default)]
    pub options: ModelOptions,
}

impl ModelChoice {
    /// A model without prices, asked as usual.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), prices: None, options: ModelOptions::default() }
    }
}

/// A skill, as far as the loop has to do with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SkillProfile {
    /// Rules that allow calls for the rest of a run in which the skill is used. Those that deny or ask go before them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_tools: Vec<String>,
}

impl SkillProfile {
    /// A skill that allows these calls.
    pub fn new(allowed_tools: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { allowed_tools: allowed_tools.into_iter().map(Into::into).collect() }
    }
}
