//! The lowest layer: defaults, and providers everybody knows.

use tau_agent::provider;
use tau_core::config::{AgentConfig, Budget, ClientConfig, Config, PermissionMode, ProviderConfig};

use crate::serve;

/// The defaults as a layer, so that `tau config show` shows them.
pub(super) fn layer() -> Config {
    let mut config = Config::default();
    let client = ClientConfig::default();
    config.client.connect_timeout = Some(client.connect_timeout().into());
    config.client.first_token_timeout = Some(client.first_token_timeout().into());
    config.client.idle_timeout = Some(client.idle_timeout().into());
    config.client.error_body_timeout = Some(client.error_body_timeout().into());
    config.client.max_retries = Some(client.max_retries());
    config.client.max_retry_delay = Some(client.max_retry_delay().into());
    config.client.retry_budget = Some(client.retry_budget());
    config.client.breaker_failures = Some(client.breaker_failures());
    config.client.breaker_cooldown = Some(client.breaker_cooldown().into());
    let agent = AgentConfig::default();
    config.agent.parallel_tools = u32::try_from(agent.parallel_tools()).ok();
    config.agent.tool_timeout = Some(agent.tool_timeout().into());
    config.agent.budget.max_turns = Some(Budget::default().max_turns());
    config.serve = serve::defaults();
    config.permissions.mode = Some(PermissionMode::default());
    // Those that are at one place need no configuration but a key.
    for provider in provider::all() {
        let Some(base_url) = provider.base_url() else { continue };
        let mut defaults = ProviderConfig::new(base_url);
        defaults.kind = Some(provider.name().to_owned());
        defaults.api_key_env = provider.key_variable().map(str::to_owned);
        config.providers.insert(provider.name().to_owned(), defaults);
    }
    config
}
