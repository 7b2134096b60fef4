//! What a session is created with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::CompactionStrategy;
use super::profile::{AgentProfile, SkillProfile};
use crate::config::{Budget, ModelOptions, PermissionConfig};
use crate::id::SessionId;
use crate::model::Prices;
use crate::tool::{EffectClass, ToolDefinition};

/// What a call of a tool means to the loop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolKind {
    /// It is run, and its result goes back to the model.
    #[default]
    Run,
    /// It asks a person: `{"question": "...", "choices": ["..."]}`.
    AskUser,
    /// It proposes a plan to a person: `{"plan": "..."}`.
    ProposePlan,
    /// It gives work to a subagent: `{"prompt": "...", "agent": "...", "background": false}`, of which only the prompt must be there.
    Subagent,
    /// It is run, and gives the model a skill: `{"name": "..."}`.
    Skill,
}

/// A tool as a session knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolSpec {
    /// What the model is told.
    pub definition: ToolDefinition,
    /// What may be repeated after a crash.
    pub effect: EffectClass,
    /// What a call of it means to the loop.
    #[serde(default, skip_serializing_if = "ToolKind::is_run")]
    pub kind: ToolKind,
    /// Whether the model finds it by another tool instead of being told of it. It may be called all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
}

impl ToolKind {
    /// Whether an executor runs it, and the loop does not answer it itself.
    #[must_use]
    pub const fn is_executed(self) -> bool {
        matches!(self, Self::Run | Self::Skill)
    }

    fn is_run(&self) -> bool {
        *self == Self::Run
    }
}

impl ToolSpec {
    /// A tool that is run, with its effect class.
    #[must_use]
    pub const fn new(definition: ToolDefinition, effect: EffectClass) -> Self {
        Self { definition, effect, kind: ToolKind::Run, deferred: false }
    }

    /// The same tool as one of another kind.
    #[must_use]
    pub const fn with_kind(mut self, kind: ToolKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same tool as one that the model is not told of.
    #[must_use]
    pub const fn deferred(mut self) -> Self {
        self.deferred = true;
        self
    }
}

/// When a history is made shorter, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompactionPolicy {
    /// The tokens of a request from which on the history is made shorter.
    pub at_tokens: u64,
    /// The tokens it is brought to, about.
    pub to_tokens: u64,
    /// How.
    pub strategy: CompactionStrategy,
}

impl CompactionPolicy {
    /// A policy.
    #[must_use]
    pub const fn new(at_tokens: u64, to_tokens: u64, strategy: CompactionStrategy) -> Self {
        Self { at_tokens, to_tokens, strategy }
    }
}

/// What a session is created with, and keeps: everything that shapes the requests it sends.
///
/// The instructions and the tools are journaled as they were, because a resumed session must send the same
/// bytes again.
// tidy: struct-fields: they are the keys of one journaled event, and flat there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionConfig {
    /// The model, as people name it.
    pub model: String,
    /// Its prices, which the budget is counted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// How it is asked.
    #[serde(default)]
    pub options: ModelOptions,
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
    /// When the history is made shorter; `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction: Option<CompactionPolicy>,
    /// The session that started this one as a subagent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SessionId>,
    /// How many levels of subagents may stand below this session. Default: 1, so that a subagent starts none.
    #[serde(default = "one_level")]
    pub subagent_depth: u32,
    /// How many subagents one run may start. Default: 100.
    #[serde(default = "a_hundred", skip_serializing_if = "is_a_hundred")]
    pub subagent_limit: u32,
    /// The kinds of subagents it may start, by name, beside one that is as the session itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, AgentProfile>,
    /// The skills that its runs may use, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, SkillProfile>,
    /// What people find the session by, such as `working_dir`; the model is not told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

const fn one_level() -> u32 {
    1
}

const fn a_hundred() -> u32 {
    100
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_a_hundred(limit: &u32) -> bool {
    *limit == a_hundred()
}

impl SessionConfig {
    /// A session with a model, and nothing else set.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            prices: None,
            options: ModelOptions::default(),
            system: String::new(),
            tools: Vec::new(),
            budget: Budget::default(),
            permissions: PermissionConfig::default(),
            compaction: None,
            parent: None,
            subagent_depth: one_level(),
            subagent_limit: a_hundred(),
            agents: BTreeMap::new(),
            skills: BTreeMap::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// The tool of a name, if the session has one.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&ToolSpec> {
        self.tools.iter().find(|spec| spec.definition.name == name)
    }
}
