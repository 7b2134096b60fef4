//! What sessions are made of, as far as both sides say it with the same parts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tau_core::config::{Budget, ModelOptions, PermissionConfig, PermissionMode, ReasoningEffort};
use tau_core::event::{CompactionPolicy, CompactionStrategy, SessionConfig};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::environment_config::Environment;

use super::content::read_json;
use super::error::{WireError, Within};
use super::names::Name;
use super::tool::tool_spec;
use super::usage::{money, prices, read_money};
use super::well_known::{duration, read_duration};
use crate::runtime::{DurabilityChoice, EnvironmentChoice};
use crate::server::reason::Reason;

/// Tokens that no request has: a history with this limit is never made shorter. The interface says 0, which to the kernel
/// would be always.
const NEVER: u64 = u64::MAX;

/// What a session was created with.
pub(crate) fn resolved_config(config: &SessionConfig) -> pb::ResolvedSessionConfig {
    let compaction = config.compaction.as_ref().filter(|policy| policy.at_tokens != NEVER);
    pb::ResolvedSessionConfig {
        model: config.model.clone(),
        prices: config.prices.as_ref().map(prices).into(),
        options: model_options(&config.options).into(),
        system_prompt: config.system.clone(),
        tools: config.tools.iter().map(tool_spec).collect(),
        budget: budget(&config.budget).into(),
        permissions: permission_config(&config.permissions).into(),
        compaction: compaction.map(compaction_policy).into(),
        parent_session_id: config.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        subagent_depth: config.subagent_depth,
        metadata: config.metadata.clone(),
        ..Default::default()
    }
}

/// How a model is asked.
pub(super) fn model_options(options: &ModelOptions) -> pb::ModelOptions {
    pb::ModelOptions {
        temperature: options.temperature,
        top_p: options.top_p,
        max_tokens: options.max_tokens,
        seed: options.seed,
        stop: options.stop.clone().unwrap_or_default(),
        reasoning_effort: options.reasoning_effort.map(Name::to_wire).unwrap_or_default(),
        extra_json: options.extra.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        ..Default::default()
    }
}

pub(super) fn read_model_options(wire: pb::ModelOptions) -> Result<ModelOptions, WireError> {
    let mut extra = BTreeMap::new();
    for (name, json) in wire.extra_json {
        let value = read_json("", &json).within_key("extra_json", &name)?;
        extra.insert(name, value);
    }
    let mut options = ModelOptions::default();
    options.temperature = wire.temperature;
    options.top_p = wire.top_p;
    options.max_tokens = wire.max_tokens;
    options.seed = wire.seed;
    options.stop = Some(wire.stop).filter(|stop| !stop.is_empty());
    options.reasoning_effort = ReasoningEffort::read_optional("reasoning_effort", wire.reasoning_effort)?;
    options.extra = extra;
    Ok(options)
}

pub(super) fn budget(budget: &Budget) -> pb::Budget {
    pb::Budget {
        max_turns: budget.max_turns,
        max_tokens: budget.max_tokens,
        max_cost: budget.max_cost.map(money).into(),
        max_tool_calls: budget.max_tool_calls,
        max_time: budget.max_time.map(|time| duration(time.get())).into(),
        ..Default::default()
    }
}

pub(super) fn read_budget(wire: &pb::Budget) -> Result<Budget, WireError> {
    let max_time = wire.max_time.as_option().map(|time| read_duration("max_time", time)).transpose()?;
    let mut budget = Budget::default();
    budget.max_turns = wire.max_turns;
    budget.max_tokens = wire.max_tokens;
    budget.max_cost = wire.max_cost.as_option().map(read_money);
    budget.max_tool_calls = wire.max_tool_calls;
    budget.max_time = max_time.map(Into::into);
    Ok(budget)
}

/// Who may do what.
pub(super) fn permission_config(permissions: &PermissionConfig) -> pb::PermissionConfig {
    pb::PermissionConfig {
        mode: permissions.mode.map(Name::to_wire).unwrap_or_default(),
        allow: permissions.allow.clone(),
        ask: permissions.ask.clone(),
        deny: permissions.deny.clone(),
        ..Default::default()
    }
}

pub(super) fn read_permission_config(wire: pb::PermissionConfig) -> Result<PermissionConfig, WireError> {
    let mut permissions = PermissionConfig::default();
    permissions.mode = PermissionMode::read_optional("mode", wire.mode)?;
    (permissions.allow, permissions.ask, permissions.deny) = (wire.allow, wire.ask, wire.deny);
    Ok(permissions)
}

fn compaction_policy(policy: &CompactionPolicy) -> pb::CompactionPolicy {
    pb::CompactionPolicy {
        at_tokens: policy.at_tokens,
        to_tokens: policy.to_tokens,
        strategy: compaction_strategy(&policy.strategy).0.into(),
        ..Default::default()
    }
}

pub(super) fn read_compaction_policy(wire: &pb::CompactionPolicy) -> Result<CompactionPolicy, WireError> {
    use pb::CompactionStrategy as Wire;
    let strategy = match wire.strategy.as_known() {
        Some(Wire::Truncation) => CompactionStrategy::Truncation,
        Some(Wire::SlidingWindow) => CompactionStrategy::SlidingWindow,
        Some(Wire::Summary | Wire::Unspecified) => CompactionStrategy::Summary,
        Some(Wire::Other) | None => {
            return Err(WireError::invalid("strategy", "not a strategy that this version knows"));
        }
    };
    let at_tokens = if wire.at_tokens == 0 { NEVER } else { wire.at_tokens };
    Ok(CompactionPolicy::new(at_tokens, wire.to_tokens, strategy))
}

/// How a history was made shorter, and the name of a strategy that only its owner knows.
pub(super) fn compaction_strategy(strategy: &CompactionStrategy) -> (pb::CompactionStrategy, &str) {
    match strategy {
        CompactionStrategy::Truncation => (pb::CompactionStrategy::Truncation, ""),
        CompactionStrategy::SlidingWindow => (pb::CompactionStrategy::SlidingWindow, ""),
        CompactionStrategy::Summary => (pb::CompactionStrategy::Summary, ""),
        CompactionStrategy::Other(name) => (pb::CompactionStrategy::Other, name),
        _ => (pb::CompactionStrategy::Unspecified, ""),
    }
}

/// What waits for journals.
pub(super) fn read_durability(wire: Option<&pb::Durability>) -> Result<DurabilityChoice, WireError> {
    let mut choice = DurabilityChoice::default();
    let Some(wire) = wire else { return Ok(choice) };
    choice.required_acks = wire.required_acks.map(|acks| acks as usize);
    choice.grace = wire.grace.as_option().map(|grace| read_duration("grace", grace)).transpose()?;
    choice.epoch = wire.epoch;
    Ok(choice)
}

/// What a session's tools act through.
pub(super) fn read_environment(wire: Option<pb::EnvironmentConfig>) -> Result<EnvironmentChoice, WireError> {
    let Some(wire) = wire else { return Ok(EnvironmentChoice::Usual) };
    match wire.environment {
        Some(Environment::WorkingDir(path)) => Ok(EnvironmentChoice::Folder(PathBuf::from(path))),
        Some(Environment::None(_)) => Ok(EnvironmentChoice::None),
        Some(Environment::Provider(provider)) => Ok(EnvironmentChoice::Provider(provider)),
        None => Err(WireError::new(Reason::InvalidConfig, "", "not an environment that this version knows")),
    }
}
