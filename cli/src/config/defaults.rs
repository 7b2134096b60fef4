//! The lowest layer: defaults, and providers everybody knows.

use tau_core::config::{AgentConfig, Budget, ClientConfig, Config, PermissionMode, ProviderConfig};

/// Providers that need no configuration but a key: name, address, variable of the key.
///
/// Source: each provider's public API reference; the local servers' default ports.
const PROVIDERS: [(&str, &str, Option<&str>); 10] = [
    ("ollama", "http://localhost:11434/v1", None),
    ("llamacpp", "http://localhost:8080/v1", None),
    ("lmstudio", "http://localhost:1234/v1", None),
    ("vllm", "http://localhost:8000/v1", None),
    ("openai", "https://api.openai.com/v1", Some("OPENAI_API_KEY")),
    ("openrouter", "https://openrouter.ai/api/v1", Some("OPENROUTER_API_KEY")),
    ("deepseek", "https://api.deepseek.com/v1", Some("DEEPSEEK_API_KEY")),
    ("groq", "https://api.groq.com/openai/v1", Some("GROQ_API_KEY")),
    ("mistral", "https://api.mistral.ai/v1", Some("MISTRAL_API_KEY")),
    ("xai", "https://api.x.ai/v1", Some("XAI_API_KEY")),
];

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
    config.permissions.mode = Some(PermissionMode::default());
    for (name, base_url, key) in PROVIDERS {
        let mut provider = ProviderConfig::new(base_url);
        provider.api_key_env = key.map(str::to_owned);
        config.providers.insert(name.to_owned(), provider);
    }
    config
}
