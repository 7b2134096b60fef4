use tau_core::config::{Config, ConfigErrorKind, ProviderConfig};

fn config() -> Config {
    toml::from_str(
        r#"
        [client]
        max_retries = 7
        idle_timeout = "9s"

        [agent.options]
        temperature = 0.5

        [providers.local]
        base_url = "http://localhost:11434/v1"
        client = { idle_timeout = "1s" }

        [models.fast]
        provider = "local"
        name = "qwen3:32b"
        capabilities = { vision = true }
        prices = { input = 1, output = 2 }
        options = { temperature = 0.1, top_p = 0.9 }

        [models."local/qwen3"]
        provider = "local"
        "#,
    )
    .unwrap()
}

#[test]
fn a_configured_model_brings_everything_needed_to_reach_it() {
    let resolved = config().resolve(" fast ").unwrap();
    assert_eq!(resolved.provider_name, "local");
    assert_eq!(resolved.provider.base_url("providers.local").unwrap().as_str(), "http://localhost:11434/v1");
    assert_eq!(resolved.model.name, "qwen3:32b");
    assert!(resolved.model.capabilities.vision);
    assert_eq!(resolved.model.prices.unwrap().output, "2".parse().unwrap());
    // The provider's own client settings lie over the general ones, the agent's options over the model's.
    assert_eq!(resolved.provider.client.max_retries(), 7);
    assert_eq!(resolved.provider.client.idle_timeout().as_secs(), 1);
    assert_eq!((resolved.options.temperature, resolved.options.top_p), (Some(0.5), Some(0.9)));
}

#[test]
fn any_model_of_a_provider_can_be_named() {
    let resolved = config().resolve("local/qwen/qwen3-32b").unwrap();
    assert_eq!(resolved.model.name, "qwen/qwen3-32b");
    assert_eq!(resolved.model.prices, None);
    assert_eq!(resolved.options.temperature, Some(0.5));
}

#[test]
fn a_configured_name_wins_over_a_provider() {
    let resolved = config().resolve("local/qwen3").unwrap();
    assert_eq!(resolved.model.name, "local/qwen3", "the name it is configured under, as no other is set");
}

#[test]
fn an_unknown_name_is_an_error_of_its_key() {
    let error = config().resolve("slow").unwrap_err();
    assert_eq!((error.kind(), error.path()), (ConfigErrorKind::UnknownName, "model"));
}

#[test]
fn an_address_is_asked_for_under_the_path_it_is_at() {
    let error = ProviderConfig::default().base_url("providers.x").unwrap_err();
    assert_eq!((error.kind(), error.path()), (ConfigErrorKind::Missing, "providers.x.base_url"));
}
