use insta::assert_snapshot;
use serde_json::json;
use tau_core::config::{Config, PermissionMode, ReasoningEffort, ReasoningReplay};

/// Every key there is.
pub(crate) const FULL: &str = r#"
model = "fast"

[agent]
system_prompt = "Be brief."
tools = ["read", "search"]
parallel_tools = 4
tool_timeout = "1m30s"
budget = { max_turns = 20, max_tokens = 100_000, max_cost = 0.15, max_tool_calls = 50, max_time = "1h" }

[agent.options]
temperature = 0.2
top_p = 1
max_tokens = 4096
seed = 7
stop = ["END"]
reasoning_effort = "low"
extra = { user = "me", logit_bias = { "50256" = -100 } }

[permissions]
mode = "dont_ask"
allow = ["read"]
ask = ["write"]
deny = ["shell"]

[sandbox]
mode = "weak"
backend = "container"
image = "docker.io/library/debian:stable"
engine = "/run/podman/podman.sock"
read = ["/opt/tools"]
write = ["/srv/cache"]
variables = ["CARGO_*"]
network = ["crates.io", "*.example.com"]
escalation = false

[serve]
listen = "0.0.0.0:8443"
allowed_origins = ["https://console.example"]
allowed_hosts = ["agents.example", "agents.example:8443"]
max_sessions = 500
max_queued_runs = 20

[serve.messages]
max_bytes = 4_194_304
max_json_depth = 32

[serve.connections]
max = 1_000
max_per_address = 50
max_concurrent_streams = 100
max_headers = 60
max_header_bytes = 16_384
keepalive_interval = "30s"
keepalive_timeout = "5s"

[serve.load]
max_calls = 400
max_streams = 2_000

[serve.deadlines]
headers = "3s"
request = "10s"
unary = "20s"
max_unary = "2m"
read = "30s"
heartbeat = "5s"
drain = "1m"

[client]
connect_timeout = "5s"
first_token_timeout = "10m"
idle_timeout = "24s"
max_retries = 5
max_retry_delay = "250ms"
error_body_timeout = "2s"
total_timeout = "1h"
retry_budget = 30
breaker_failures = 4
breaker_cooldown = "20s"
max_concurrent = 8
tokens_per_minute = 200_000

[providers.local]
format = "openai-chat"
base_url = "http://localhost:11434/v1"
api_key = "sk-1"
headers = { "x-team" = "a" }
client = { max_retries = 0 }

[providers.env]
base_url = "https://example.com/v1"
api_key_env = "EXAMPLE_KEY"

[providers.file]
base_url = "https://example.com/v1"
api_key_file = "/run/secrets/key"

[providers.cloud]
kind = "azure"
format = "openai-responses"
base_url = "https://r.openai.azure.com"
api_version = "2024-10-21"
token = { command = ["az", "token"], refresh = "10m" }

[providers.cloud.quirks]
max_tokens_field = "max_completion_tokens"
seed_field = "random_seed"
stream_options = false
reasoning_replay = "always"
structured_output = "json"
cache_markers = false

[models.fast]
provider = "local"
name = "qwen3:32b"
prices = { input = 3, cached_input = 0.3, cache_write = "3.75", output = 15.0 }
options = { reasoning_effort = "high" }
quirks = { reasoning_replay = "never" }
fallbacks = ["local/qwen3:8b"]

[models.fast.capabilities]
tools = true
parallel_tools = false
reasoning = true
vision = true
embeddings = false
audio = false
context_window = 32_768
max_output = 8_192
"#;

#[test]
fn a_full_example_reads_is_sound_and_loses_nothing() {
    let config: Config = toml::from_str(FULL).unwrap();
    assert_eq!(config.validate(), []);
    let expected = json!({
        "model": "fast",
        "agent": {
            "system_prompt": "Be brief.",
            "tools": ["read", "search"],
            "parallel_tools": 4,
            "tool_timeout": "1m30s",
            "budget": {"max_turns": 20, "max_tokens": 100_000, "max_cost": "0.15", "max_tool_calls": 50, "max_time": "1h"},
            "options": {
                "temperature": 0.2, "top_p": 1.0, "max_tokens": 4096, "seed": 7, "stop": ["END"],
                "reasoning_effort": "low", "extra": {"user": "me", "logit_bias": {"50256": -100}},
            },
        },
        "permissions": {"mode": "dont_ask", "allow": ["read"], "ask": ["write"], "deny": ["shell"]},
        "sandbox": {
            "mode": "weak", "backend": "container", "image": "docker.io/library/debian:stable",
            "engine": "/run/podman/podman.sock", "read": ["/opt/tools"], "write": ["/srv/cache"], "variables": ["CARGO_*"],
            "network": ["crates.io", "*.example.com"], "escalation": false,
        },
        "serve": {
            "listen": "0.0.0.0:8443", "allowed_origins": ["https://console.example"],
            "allowed_hosts": ["agents.example", "agents.example:8443"],
            "max_sessions": 500, "max_queued_runs": 20,
            "messages": {"max_bytes": 4_194_304, "max_json_depth": 32},
            "connections": {
                "max": 1_000, "max_per_address": 50, "max_concurrent_streams": 100, "max_headers": 60,
                "max_header_bytes": 16_384, "keepalive_interval": "30s", "keepalive_timeout": "5s",
            },
            "load": {"max_calls": 400, "max_streams": 2_000},
            "deadlines": {
                "headers": "3s", "request": "10s", "unary": "20s", "max_unary": "2m", "read": "30s",
                "heartbeat": "5s", "drain": "1m",
            },
        },
        "client": {
            "connect_timeout": "5s", "first_token_timeout": "10m", "idle_timeout": "24s",
            "error_body_timeout": "2s", "total_timeout": "1h", "max_retries": 5, "max_retry_delay": "250ms",
            "retry_budget": 30, "breaker_failures": 4, "breaker_cooldown": "20s",
            "max_concurrent": 8, "tokens_per_minute": 200_000,
        },
        "providers": {
            "local": {
                "format": "openai-chat", "base_url": "http://localhost:11434/v1", "api_key": "[redacted]",
                "headers": {"x-team": "[redacted]"}, "client": {"max_retries": 0},
            },
            "env": {"base_url": "https://example.com/v1", "api_key_env": "EXAMPLE_KEY", "client": {}},
            "file": {"base_url": "https://example.com/v1", "api_key_file": "/run/secrets/key", "client": {}},
            "cloud": {
                "kind": "azure", "format": "openai-responses", "base_url": "https://r.openai.azure.com",
                "api_version": "2024-10-21", "token": {"command": ["az", "token"], "refresh": "10m"},
                "quirks": {
                    "max_tokens_field": "max_completion_tokens", "seed_field": "random_seed",
                    "stream_options": false, "reasoning_replay": "always", "structured_output": "json",
                    "cache_markers": false,
                },
                "client": {},
            },
        },
        "models": {
            "fast": {
                "provider": "local",
                "name": "qwen3:32b",
                "prices": {"input": "3", "cached_input": "0.3", "cache_write": "3.75", "output": "15"},
                "options": {"reasoning_effort": "high"},
                "quirks": {"reasoning_replay": "never"},
                "fallbacks": ["local/qwen3:8b"],
                "capabilities": {
                    "tools": true, "parallel_tools": false, "reasoning": true, "vision": true,
                    "embeddings": false, "audio": false, "context_window": 32_768, "max_output": 8_192,
                },
            },
        },
    });
    assert_eq!(serde_json::to_value(&config).unwrap(), expected);
    assert_eq!(config.providers["local"].api_key.as_ref().map(|key| key.expose()), Some("sk-1"));
    assert_eq!(config.providers["local"].headers["x-team"].expose(), "a");
    // What a model wants otherwise is laid over what its provider does.
    let resolved = config.resolve("fast").unwrap();
    assert_eq!(resolved.provider.quirks.reasoning_replay, Some(ReasoningReplay::Never));
}

#[test]
fn every_word_of_an_enumeration_reads() {
    for (word, mode) in [
        ("default", PermissionMode::Default),
        ("accept_edits", PermissionMode::AcceptEdits),
        ("plan", PermissionMode::Plan),
        ("dont_ask", PermissionMode::DontAsk),
        ("bypass", PermissionMode::Bypass),
    ] {
        let config: Config = toml::from_str(&format!("permissions.mode = \"{word}\"")).unwrap();
        assert_eq!(config.permissions.mode, Some(mode));
    }
    for effort in [
        ReasoningEffort::None,
        ReasoningEffort::Minimal,
        ReasoningEffort::Low,
        ReasoningEffort::Medium,
        ReasoningEffort::High,
    ] {
        let config: Config =
            toml::from_str(&format!("agent.options.reasoning_effort = \"{}\"", effort.as_str())).unwrap();
        assert_eq!(config.agent.options.reasoning_effort, Some(effort));
    }
}

fn error(toml: &str) -> String {
    toml::from_str::<Config>(toml).unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    assert_snapshot!(error("model = \"m\"\n\n[client]\nmax_retires = 3\n"), @r#"
    TOML parse error at line 4, column 1
      |
    4 | max_retires = 3
      | ^^^^^^^^^^^
    unknown field `max_retires`, expected one of `connect_timeout`, `first_token_timeout`, `idle_timeout`, `error_body_timeout`, `total_timeout`, `max_retries`, `max_retry_delay`, `retry_budget`, `breaker_failures`, `breaker_cooldown`, `max_concurrent`, `tokens_per_minute`
    "#);
    assert_snapshot!(error("[models.fast.capabilities]\ntool = true\n"), @r#"
    TOML parse error at line 2, column 1
      |
    2 | tool = true
      | ^^^^
    unknown field `tool`, expected one of `tools`, `parallel_tools`, `reasoning`, `vision`, `embeddings`, `audio`, `context_window`, `max_output`
    "#);
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    assert_snapshot!(error("[client]\nidle_timeout = 24\n"), @r#"
    TOML parse error at line 2, column 16
      |
    2 | idle_timeout = 24
      |                ^^
    invalid type: integer `24`, expected a duration with its unit, such as "24s" or "1m30s"
    "#);
    assert_snapshot!(error("[client]\nidle_timeout = \"24\"\n"), @r#"
    TOML parse error at line 2, column 16
      |
    2 | idle_timeout = "24"
      |                ^^^^
    `24` is not a duration (time unit needed, for example 24sec or 24ms); write numbers with units, such as "24s", "1m30s" or "250ms"
    "#);
    assert_snapshot!(error("[serve]\nlisten = \"localhost\"\n"), @r#"
    TOML parse error at line 2, column 10
      |
    2 | listen = "localhost"
      |          ^^^^^^^^^^^
    `localhost` is not an address with a port; write numbers, such as "127.0.0.1:8321" or "[::1]:8321"
    "#);
    assert_snapshot!(error("[agent.budget]\nmax_cost = -1\n"), @r#"
    TOML parse error at line 2, column 12
      |
    2 | max_cost = -1
      |            ^^
    `-1` is not an amount of US dollars; write a number such as 0.15, at most nine decimals, not negative
    "#);
    assert_snapshot!(error("[permissions]\nmode = \"yolo\"\n"), @r#"
    TOML parse error at line 2, column 8
      |
    2 | mode = "yolo"
      |        ^^^^^^
    unknown variant `yolo`, expected one of `default`, `accept_edits`, `plan`, `dont_ask`, `bypass`
    "#);
    assert_snapshot!(error("[models.m.prices]\ninput = 1\n"), @r#"
    TOML parse error at line 1, column 1
      |
    1 | [models.m.prices]
      | ^^^^^^^^^^^^^^^^^
    missing field `output`
    "#);
}
