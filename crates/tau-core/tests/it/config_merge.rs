use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tau_core::config::{
    AgentConfig, Budget, ClientConfig, Config, Merge, ModelConfig, ModelOptions, PermissionConfig,
    PermissionMode, ProviderConfig, Quirks, ReasoningEffort, ReasoningReplay, ServeConfig, TokenConfig,
};
use tau_core::{Capabilities, HumanDuration, Money, Prices, Secret};

use crate::strategies::{json, named};

fn word() -> impl Strategy<Value = String> {
    "[a-c]"
}

fn words() -> impl Strategy<Value = Vec<String>> {
    vec(word(), 0..3)
}

fn duration() -> impl Strategy<Value = Option<HumanDuration>> {
    option::of((0u64..3).prop_map(HumanDuration::from_secs))
}

fn client() -> BoxedStrategy<ClientConfig> {
    let times = (duration(), duration(), duration(), duration(), duration());
    let shared =
        (option::of(0u32..3), option::of(0u32..3), duration(), option::of(0u32..3), option::of(0u64..3));
    (times, option::of(0u32..3), duration(), shared)
        .prop_map(|(times, max_retries, max_retry_delay, shared)| {
            let (connect_timeout, first_token_timeout, idle_timeout, error_body_timeout, total_timeout) =
                times;
            let mut client = ClientConfig::default();
            client.connect_timeout = connect_timeout;
            client.first_token_timeout = first_token_timeout;
            client.idle_timeout = idle_timeout;
            client.max_retries = max_retries;
            client.max_retry_delay = max_retry_delay;
            client.error_body_timeout = error_body_timeout;
            client.total_timeout = total_timeout;
            (client.retry_budget, client.breaker_failures, client.breaker_cooldown) =
                (shared.0, shared.1, shared.2);
            (client.max_concurrent, client.tokens_per_minute) = (shared.3, shared.4);
            client
        })
        .boxed()
}

fn provider() -> BoxedStrategy<ProviderConfig> {
    let keys = (option::of(word()), option::of(word()), option::of(word()), token());
    let headers = named(word().prop_map(Secret::new));
    let names = (option::of(word()), option::of(word()), option::of(word()), option::of(word()));
    (names, keys, headers, quirks(), client())
        .prop_map(|(names, (api_key, api_key_env, api_key_file, token), headers, quirks, client)| {
            let mut provider = ProviderConfig::default();
            (provider.kind, provider.format, provider.base_url, provider.api_version) = names;
            provider.token = token;
            provider.quirks = quirks;
            provider.api_key = api_key.map(Secret::new);
            provider.api_key_env = api_key_env;
            provider.api_key_file = api_key_file.map(Into::into);
            provider.headers = headers;
            provider.client = client;
            provider
        })
        .boxed()
}

fn token() -> BoxedStrategy<TokenConfig> {
    (option::of(word()), option::of(words()), duration())
        .prop_map(|(env, command, refresh)| {
            let mut token = TokenConfig::default();
            token.env = env;
            token.command = command;
            token.refresh = refresh;
            token
        })
        .boxed()
}

fn quirks() -> BoxedStrategy<Quirks> {
    let replay = prop_oneof![Just(ReasoningReplay::Never), Just(ReasoningReplay::Always)];
    (option::of(any::<bool>()), option::of(replay))
        .prop_map(|(stream_options, reasoning_replay)| {
            let mut quirks = Quirks::default();
            quirks.stream_options = stream_options;
            quirks.reasoning_replay = reasoning_replay;
            quirks
        })
        .boxed()
}

fn options() -> BoxedStrategy<ModelOptions> {
    let effort = prop_oneof![Just(ReasoningEffort::None), Just(ReasoningEffort::High)];
    let numbers = (option::of(0.0..2.0), option::of(0.0..1.0), option::of(0u64..3), option::of(0i64..3));
    (numbers, option::of(words()), option::of(effort), named(json()))
        .prop_map(|((temperature, top_p, max_tokens, seed), stop, reasoning_effort, extra)| {
            let mut options = ModelOptions::default();
            options.temperature = temperature;
            options.top_p = top_p;
            options.max_tokens = max_tokens;
            options.seed = seed;
            options.stop = stop;
            options.reasoning_effort = reasoning_effort;
            options.extra = extra;
            options
        })
        .boxed()
}

fn model() -> BoxedStrategy<ModelConfig> {
    let capabilities = option::of(any::<bool>()).prop_map(|vision| {
        vision.map(|vision| {
            let mut capabilities = Capabilities::default();
            capabilities.vision = vision;
            capabilities
        })
    });
    let prices = option::of(
        (0u64..3).prop_map(|nanos| Prices::new(Money::from_nanos(nanos), Money::from_nanos(nanos))),
    );
    (option::of(word()), option::of(word()), capabilities, prices, options())
        .prop_map(|(provider, name, capabilities, prices, options)| {
            let mut model = ModelConfig::default();
            model.provider = provider;
            model.name = name;
            model.capabilities = capabilities;
            model.prices = prices;
            model.options = options;
            model
        })
        .boxed()
}

fn agent() -> BoxedStrategy<AgentConfig> {
    let budget = (option::of(0u32..3), option::of(0u64..3), option::of(0u64..3), option::of(0u32..3))
        .prop_map(|(max_turns, max_tokens, max_cost, max_tool_calls)| {
            let mut budget = Budget::default();
            budget.max_turns = max_turns;
            budget.max_tokens = max_tokens;
            budget.max_cost = max_cost.map(Money::from_nanos);
            budget.max_tool_calls = max_tool_calls;
            budget
        });
    (option::of(word()), option::of(words()), option::of(0u32..3), duration(), budget, options())
        .prop_map(|(system_prompt, tools, parallel_tools, tool_timeout, budget, options)| {
            let mut agent = AgentConfig::default();
            agent.system_prompt = system_prompt;
            agent.tools = tools;
            agent.parallel_tools = parallel_tools;
            agent.tool_timeout = tool_timeout;
            agent.budget = budget;
            agent.options = options;
            agent
        })
        .boxed()
}

fn permissions() -> BoxedStrategy<PermissionConfig> {
    let mode = prop_oneof![
        Just(PermissionMode::Default),
        Just(PermissionMode::DontAsk),
        Just(PermissionMode::Bypass)
    ];
    (option::of(mode), words(), words(), words())
        .prop_map(|(mode, allow, ask, deny)| {
            let mut permissions = PermissionConfig::default();
            permissions.mode = mode;
            permissions.allow = allow;
            permissions.ask = ask;
            permissions.deny = deny;
            permissions
        })
        .boxed()
}

fn serve() -> impl Strategy<Value = ServeConfig> {
    let count = || option::of(0u32..3);
    let (counts, origins) = ((count(), count(), count(), count()), option::of(words()));
    (counts, origins, duration(), option::of(0u16..3)).prop_map(|(counts, origins, drain, port)| {
        let mut serve = ServeConfig::default();
        (serve.max_sessions, serve.messages.max_bytes, serve.connections.max, serve.load.max_calls) = counts;
        serve.allowed_origins = origins;
        serve.deadlines.drain = drain;
        serve.listen = port.map(|port| ([127, 0, 0, 1], port).into());
        serve
    })
}

fn config() -> BoxedStrategy<Config> {
    let names = (named(provider()), named(model()));
    (option::of(word()), agent(), permissions(), serve(), client(), names)
        .prop_map(|(model, agent, permissions, serve, client, (providers, models))| {
            let mut config = Config::default();
            config.model = model;
            config.agent = agent;
            config.permissions = permissions;
            config.serve = serve;
            config.client = client;
            config.providers = providers;
            config.models = models;
            config
        })
        .boxed()
}

proptest! {
    #[test]
    fn merging_is_associative(a in config(), b in config(), c in config()) {
        let left = a.clone().merge(b.clone()).merge(c.clone());
        let right = a.merge(b.merge(c));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn an_empty_layer_changes_nothing_on_either_side(layer in config()) {
        prop_assert_eq!(Config::default().merge(layer.clone()), layer.clone());
        prop_assert_eq!(layer.clone().merge(Config::default()), layer);
    }

    #[test]
    fn what_the_upper_layer_sets_is_in_force(lower in config(), upper in config()) {
        let merged = lower.clone().merge(upper.clone());
        prop_assert_eq!(merged.model, upper.model.or(lower.model));
        prop_assert_eq!(merged.client.max_retries, upper.client.max_retries.or(lower.client.max_retries));
        prop_assert_eq!(merged.agent.tools, upper.agent.tools.or(lower.agent.tools));
        for (name, provider) in upper.providers {
            let below = lower.providers.get(&name).and_then(|provider| provider.base_url.clone());
            prop_assert_eq!(&merged.providers[&name].base_url, &provider.base_url.or(below));
        }
    }

    #[test]
    fn rules_add_up_and_no_denial_is_lost(lower in permissions(), upper in permissions()) {
        let merged = lower.clone().merge(upper.clone());
        prop_assert_eq!(merged.mode, upper.mode.or(lower.mode));
        prop_assert_eq!(merged.allow, [lower.allow, upper.allow].concat());
        prop_assert_eq!(merged.ask, [lower.ask, upper.ask].concat());
        prop_assert_eq!(merged.deny, [lower.deny, upper.deny].concat());
    }

    /// Each layer may hold its one key in another place; together they must not be in conflict.
    #[test]
    fn layers_of_one_key_each_merge_to_one_key(places in vec(0usize..4, 1..5)) {
        let layer = |place: &usize| {
            let mut provider = ProviderConfig::new("http://localhost/v1");
            match place {
                0 => provider.api_key = Some(Secret::new("k")),
                1 => provider.api_key_env = Some("KEY".to_owned()),
                2 => provider.api_key_file = Some("key".into()),
                _ => {}
            }
            let mut config = Config::default();
            config.providers.insert("p".to_owned(), provider);
            config
        };
        let merged = places.iter().map(layer).reduce(Merge::merge).unwrap();
        prop_assert_eq!(merged.validate(), []);
        let last = places.iter().rev().find(|place| **place < 3);
        prop_assert_eq!(merged.providers["p"].api_key_file.is_some(), last == Some(&2));
    }

    #[test]
    fn a_configuration_without_secrets_reads_back(mut layer in config()) {
        for provider in layer.providers.values_mut() {
            provider.api_key = None;
            provider.headers.clear();
        }
        let written = serde_json::to_value(&layer).unwrap();
        prop_assert_eq!(serde_json::from_value::<Config>(written).unwrap(), layer);
    }
}

#[test]
fn defaults_are_those_the_documentation_names() {
    let config = Config::default();
    assert_eq!(config.client.connect_timeout().as_secs(), 10);
    assert_eq!(config.client.first_token_timeout().as_secs(), 300);
    assert_eq!(config.client.idle_timeout().as_secs(), 120);
    assert_eq!(config.client.max_retries(), 3);
    assert_eq!(config.client.max_retry_delay().as_secs(), 60);
    assert_eq!(config.client.error_body_timeout().as_secs(), 5);
    assert_eq!(config.client.total_timeout(), None);
    assert_eq!((config.client.retry_budget(), config.client.breaker_failures()), (120, 10));
    assert_eq!(config.client.breaker_cooldown().as_secs(), 30);
    assert_eq!((config.client.max_concurrent, config.client.tokens_per_minute), (None, None));
    assert_eq!(config.agent.parallel_tools(), 8);
    assert_eq!(config.agent.tool_timeout().as_secs(), 120);
    assert_eq!(config.agent.budget.max_turns(), 100);
    assert_eq!(PermissionMode::default(), PermissionMode::Default);
}

#[test]
fn a_value_that_is_set_is_in_force() {
    let mut config = Config::default();
    config.client.connect_timeout = Some(HumanDuration::from_secs(1));
    config.client.first_token_timeout = Some(HumanDuration::from_secs(2));
    config.client.idle_timeout = Some(HumanDuration::from_secs(3));
    config.client.max_retries = Some(4);
    config.client.max_retry_delay = Some(HumanDuration::from_secs(5));
    config.agent.parallel_tools = Some(0);
    config.agent.tool_timeout = Some(HumanDuration::from_secs(6));
    config.agent.budget.max_turns = Some(7);
    assert_eq!(config.client.connect_timeout().as_secs(), 1);
    assert_eq!(config.client.first_token_timeout().as_secs(), 2);
    assert_eq!(config.client.idle_timeout().as_secs(), 3);
    assert_eq!(config.client.max_retries(), 4);
    assert_eq!(config.client.max_retry_delay().as_secs(), 5);
    assert_eq!(config.agent.parallel_tools(), 1, "at least one call runs");
    assert_eq!(config.agent.tool_timeout().as_secs(), 6);
    assert_eq!(config.agent.budget.max_turns(), 7);
}
