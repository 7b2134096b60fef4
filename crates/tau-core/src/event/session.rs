//! What a session is created with.

use serde::{Deserialize, Serialize};

use crate::config::{Budget, PermissionConfig};
use crate::id::SessionId;
use crate::model::Prices;
use crate::tool::{EffectClass, ToolDefinition};

/// A tool as a session knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolSpec {
    /// What the model is told.
    pub definition: ToolDefinition,
    /// What may be repeated after a crash.
    pub effect: EffectClass,
}

impl ToolSpec {
    /// A tool with its effect class.
    #[must_use]
    pub const fn new(definition: ToolDefinition, effect: EffectClass) -> Self {
        Self { definition, effect }
    }
}

/// What a session is created with, and keeps: everything that shapes the requests it sends.
///
/// The instructions and the tools are journaled as they were, because a resumed session must send the same
/// bytes again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionConfig {
    /// The model, as people name it.
    pub model: String,
    /// Its prices, which the budget is counted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// The instructions; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub system: String,
    /// The tools, in the order the model is told of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// What one run may spend.
    #[serde(default)]
    pub budget: Budget,
    /// Who may do what.
    #[serde(default)]
    pub permissions: PermissionConfig,
    /// The session that started this one as a subagent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SessionId>,
}

impl SessionConfig {
    /// A session with a model, and nothing else set.
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), ..Self::default() }
    }
}
