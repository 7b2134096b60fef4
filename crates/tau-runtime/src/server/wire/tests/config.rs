//! What sessions are made of.

use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tau_core::config::{Budget, ModelOptions, PermissionConfig, PermissionMode, ReasoningEffort};
use tau_core::event::{CompactionPolicy, CompactionStrategy, EventBody, SessionConfig};
use tau_core::{HumanDuration, Money};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::environment_config::Environment;

use super::super::config::{
    budget, model_options, permission_config, read_budget, read_model_options, read_permission_config,
};
use super::{assert_travels, records};
use crate::runtime::{DurabilityChoice, EnvironmentChoice, SessionOverrides};
use crate::server::wire::{Asked, duration, read_revival, read_session_config, resolved_config};

fn a_budget() -> Budget {
    let mut budget = Budget::default();
    budget.max_turns = Some(20);
    budget.max_tokens = Some(100_000);
    budget.max_cost = Some(Money::from_nanos(150_000_000));
    budget.max_tool_calls = Some(0);
    budget.max_time = Some(HumanDuration::from_secs(3_600));
    budget
}

fn permissions() -> PermissionConfig {
    let mut permissions = PermissionConfig::default();
    permissions.mode = Some(PermissionMode::DontAsk);
    permissions.allow = vec!["read".to_owned()];
    permissions.ask = vec!["write".to_owned()];
    permissions.deny = vec!["shell".to_owned()];
    permissions
}

fn options() -> ModelOptions {
    let mut options = ModelOptions::default();
    options.temperature = Some(0.7);
    options.top_p = Some(0.0);
    options.max_tokens = Some(4_096);
    options.seed = Some(-1);
    options.stop = Some(vec!["END".to_owned()]);
    options.reasoning_effort = Some(ReasoningEffort::None);
    options.extra.insert("top_k".to_owned(), json!({"b": 1, "a": [null, 0.5]}));
    options
}

/// A configuration with every field set.
fn whole() -> pb::SessionConfig {
    pb::SessionConfig {
        agent: "reviewer".to_owned(),
        model: Some("local/qwen3".to_owned()),
        options: model_options(&options()).into(),
        system_prompt: Some(String::new()),
        tools: pb::ToolSelection { names: vec!["read".to_owned()], ..Default::default() }.into(),
        budget: budget(&a_budget()).into(),
        permissions: permission_config(&permissions()).into(),
        compaction: pb::CompactionPolicy { at_tokens: 9_000, to_tokens: 4_000, ..Default::default() }.into(),
        subagent_depth: Some(0),
        parallel_tools: Some(4),
        tool_timeout: duration(Duration::from_millis(1_500)).into(),
        metadata: [("team".to_owned(), "platform".to_owned())].into_iter().collect(),
        durability: pb::Durability {
            required_acks: Some(2),
            grace: duration(Duration::ZERO).into(),
            epoch: Some(7),
            ..Default::default()
        }
        .into(),
        environment: environment(Environment::WorkingDir("/srv/work".to_owned())).into(),
        ..Default::default()
    }
}

fn environment(environment: Environment) -> pb::EnvironmentConfig {
    pb::EnvironmentConfig { environment: Some(environment), ..Default::default() }
}

#[test]
fn everything_that_is_asked_for_arrives() {
    let overrides = SessionOverrides {
        model: Some("local/qwen3".to_owned()),
        options: options(),
        system: Some(String::new()),
        tools: Some(vec!["read".to_owned()]),
        budget: a_budget(),
        permissions: permissions(),
        compaction: Some(CompactionPolicy::new(9_000, 4_000, CompactionStrategy::Summary)),
        subagent_depth: Some(0),
        parallel_tools: Some(4),
        tool_timeout: Some(Duration::from_millis(1_500)),
        metadata: [("team".to_owned(), "platform".to_owned())].into_iter().collect(),
    };
    let durability = DurabilityChoice { required_acks: Some(2), grace: Some(Duration::ZERO), epoch: Some(7) };
    let agent = Some("reviewer".to_owned());
    let environment = EnvironmentChoice::Folder(PathBuf::from("/srv/work"));
    assert_eq!(read_session_config(whole()).unwrap(), Asked { agent, overrides, environment, durability });
}

#[test]
fn what_is_not_set_comes_from_the_agent() {
    assert_eq!(read_session_config(pb::SessionConfig::default()).unwrap(), Asked::default());
    let none = pb::ToolSelection::default();
    let asked = read_session_config(pb::SessionConfig { tools: none.into(), ..Default::default() }).unwrap();
    assert_eq!(asked.overrides.tools, Some(Vec::new()), "no tools are not the agent's tools");
}

#[test]
fn a_session_taken_up_has_what_was_asked_for() {
    let none = environment(Environment::None(pb::NoEnvironment::default()));
    let durability = pb::Durability { epoch: Some(3), ..Default::default() };
    let revival = read_revival(Some("fast".to_owned()), Some(&durability), Some(none)).unwrap();
    assert_eq!(revival.model.as_deref(), Some("fast"));
    assert_eq!(revival.environment, EnvironmentChoice::None);
    assert_eq!(revival.durability.epoch, Some(3));
    let provider = environment(Environment::Provider("docker".into()));
    let revival = read_revival(None, None, Some(provider)).unwrap();
    assert_eq!(revival.environment, EnvironmentChoice::Provider("docker".to_owned()));
    let usual = read_revival(None, None, None).unwrap();
    assert_eq!((usual.model, usual.environment), (None, EnvironmentChoice::Usual));
    assert_eq!(usual.durability, DurabilityChoice::default());
}

#[test]
fn a_history_that_is_never_shortened_is_told_as_one_without_a_policy() {
    let never = pb::CompactionPolicy { at_tokens: 0, to_tokens: 0, ..Default::default() };
    let asked = read_session_config(pb::SessionConfig { compaction: never.into(), ..Default::default() });
    let policy = asked.unwrap().overrides.compaction.unwrap();
    assert_eq!(policy.at_tokens, u64::MAX, "no history is as long");
    let mut config = SessionConfig::new("fast");
    config.compaction = Some(policy);
    assert!(resolved_config(&config).compaction.is_unset());
}

/// Whoever creates a session from what another one was created with gets the same parts.
#[test]
fn what_sessions_were_created_with_can_be_asked_for() {
    let mut configs = 0;
    for record in records() {
        let EventBody::SessionCreated(config) = record.open().unwrap().body else { continue };
        let told = resolved_config(&config);
        assert_travels(&told);
        assert_eq!(told.tools.len(), config.tools.len());
        assert_eq!(told.prices.is_set(), config.prices.is_some());
        let asked = read_session_config(pb::SessionConfig {
            model: Some(told.model),
            options: told.options,
            system_prompt: Some(told.system_prompt),
            budget: told.budget,
            permissions: told.permissions,
            compaction: told.compaction,
            subagent_depth: Some(told.subagent_depth),
            metadata: told.metadata,
            ..Default::default()
        });
        let overrides = asked.unwrap().overrides;
        assert_eq!(overrides.model.as_ref(), Some(&config.model));
        assert_eq!(overrides.options, config.options);
        assert_eq!(overrides.system.as_ref(), Some(&config.system));
        assert_eq!(overrides.budget, config.budget);
        assert_eq!(overrides.permissions, config.permissions);
        assert_eq!(overrides.compaction, config.compaction);
        assert_eq!(overrides.subagent_depth, Some(config.subagent_depth));
        assert_eq!(overrides.metadata, config.metadata);
        configs += 1;
    }
    assert_eq!(configs, 5);
}

proptest! {
    #[test]
    fn options_come_back_as_they_were(
        temperature in proptest::option::of(0.0..2.0_f64),
        seed in any::<Option<i64>>(),
        stop in proptest::option::of(proptest::collection::vec(any::<String>(), 1..4)),
        number in any::<i64>(),
    ) {
        let mut options = ModelOptions::default();
        (options.temperature, options.seed, options.stop) = (temperature, seed, stop);
        options.extra.insert("n".to_owned(), json!(number));
        let told = model_options(&options);
        assert_travels(&told);
        prop_assert_eq!(read_model_options(told).unwrap(), options);
    }

    #[test]
    fn limits_come_back_as_they_were(turns in any::<Option<u32>>(), nanos in any::<Option<u64>>(), seconds in 0..315_576_000_000_u64) {
        let mut limits = Budget::default();
        (limits.max_turns, limits.max_cost) = (turns, nanos.map(Money::from_nanos));
        limits.max_time = Some(HumanDuration::from_secs(seconds));
        prop_assert_eq!(read_budget(&budget(&limits)).unwrap(), limits);
    }
}

#[test]
fn rules_come_back_as_they_were() {
    for mode in
        [None, Some(PermissionMode::Default), Some(PermissionMode::DontAsk), Some(PermissionMode::Bypass)]
    {
        let mut rules = permissions();
        rules.mode = mode;
        assert_eq!(read_permission_config(permission_config(&rules)).unwrap(), rules);
    }
}
