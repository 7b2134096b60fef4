use tau_core::config::{Config, ConfigErrorKind};

/// Each problem of a configuration: its kind, its path and its whole text.
fn problems(toml: &str) -> Vec<(ConfigErrorKind, String, String)> {
    let config: Config = toml::from_str(toml).unwrap();
    config
        .validate()
        .into_iter()
        .map(|error| {
            assert!(error.to_string().starts_with(&format!("{}: ", error.path())));
            if let Some(hint) = error.hint() {
                assert!(error.to_string().ends_with(hint));
            }
            (error.kind(), error.path().to_owned(), error.to_string())
        })
        .collect()
}

#[track_caller]
fn check(toml: &str, kind: ConfigErrorKind, path: &str, text: &str) {
    assert_eq!(problems(toml), [(kind, path.to_owned(), text.to_owned())], "{toml}");
}

const LOCAL: &str = "[providers.local]\nbase_url = \"http://localhost:11434/v1\"\n";

#[test]
fn a_sound_configuration_has_no_problem() {
    assert_eq!(problems(""), []);
    assert_eq!(problems(&format!("model = \"local/qwen3\"\n{LOCAL}")), []);
    assert_eq!(problems(&format!("model = \"fast\"\n{LOCAL}[models.fast]\nprovider = \"local\"\n")), []);
}

#[test]
fn a_provider_needs_an_address_of_http() {
    check(
        "[providers.local]",
        ConfigErrorKind::Missing,
        "providers.local.base_url",
        "providers.local.base_url: a provider needs its address; for example \"http://localhost:11434/v1\"",
    );
    check(
        "[providers.local]\nbase_url = \"api.openai.com\"",
        ConfigErrorKind::InvalidValue,
        "providers.local.base_url",
        "providers.local.base_url: not an address (relative URL without a base); write it with its scheme, for \
         example \"https://api.openai.com/v1\"",
    );
    check(
        "[providers.local]\nbase_url = \"localhost:11434/v1\"",
        ConfigErrorKind::InvalidValue,
        "providers.local.base_url",
        "providers.local.base_url: its scheme is `localhost`, not http or https; write it with \
         its scheme, for example \"https://api.openai.com/v1\"",
    );
}

#[test]
fn a_refused_address_shows_no_password() {
    check(
        "[providers.local]\nbase_url = \"ftp://user:s3cret@example.com/?key=s3cret\"",
        ConfigErrorKind::InvalidValue,
        "providers.local.base_url",
        "providers.local.base_url: its scheme is `ftp`, not http \
         or https; write it with its scheme, for example \"https://api.openai.com/v1\"",
    );
}

#[test]
fn a_provider_has_one_key() {
    let table = [
        (
            "api_key = \"k\"\napi_key_env = \"KEY\"",
            "providers.local.api_key_env",
            "providers.local.api_key_env: `api_key` is set too, and a provider has one key; keep one of them",
        ),
        (
            "api_key_env = \"KEY\"\napi_key_file = \"key\"",
            "providers.local.api_key_file",
            "providers.local.api_key_file: `api_key_env` is set too, and a provider has one key; keep one of them",
        ),
        (
            "api_key = \"k\"\napi_key_env = \"KEY\"\napi_key_file = \"key\"",
            "providers.local.api_key_env",
            "providers.local.api_key_env: `api_key` is set too, and a provider has one key; keep one of them",
        ),
    ];
    for (keys, path, text) in table {
        check(&format!("{LOCAL}{keys}"), ConfigErrorKind::Conflict, path, text);
    }
}

#[test]
fn a_model_needs_a_provider_that_is_there() {
    check(
        &format!("{LOCAL}[models.fast]"),
        ConfigErrorKind::Missing,
        "models.fast.provider",
        "models.fast.provider: a model needs its provider; name one under [providers]",
    );
    check(
        &format!("{LOCAL}[models.fast]\nprovider = \"locla\""),
        ConfigErrorKind::UnknownName,
        "models.fast.provider",
        "models.fast.provider: no provider `locla` under [providers]; did you mean `local`?",
    );
    check(
        &format!("{LOCAL}[models.fast]\nprovider = \"xyz\""),
        ConfigErrorKind::UnknownName,
        "models.fast.provider",
        "models.fast.provider: no provider `xyz` under [providers]; known: `local`",
    );
    check(
        "[models.fast]\nprovider = \"local\"",
        ConfigErrorKind::UnknownName,
        "models.fast.provider",
        "models.fast.provider: no provider `local` under [providers]; none is defined",
    );
}

#[test]
fn a_name_that_is_no_bare_key_is_quoted_in_a_path() {
    let table = [
        ("models.\"gpt-4.1\"", "models.\"gpt-4.1\".provider"),
        ("models.\"a \\\"b\\\"\"", "models.\"a \\\"b\\\"\".provider"),
        ("models.\"\"", "models.\"\".provider"),
        ("models.\"é\"", "models.\"é\".provider"),
        ("models.\"a_b-1\"", "models.a_b-1.provider"),
    ];
    for (table, path) in table {
        let text = format!("{path}: a model needs its provider; name one under [providers]");
        check(&format!("[{table}]"), ConfigErrorKind::Missing, path, &text);
        // The path leads to the key when a TOML parser reads it.
        let document: toml::Table = toml::from_str(&format!("{path} = \"local\"")).unwrap();
        let config: Config = document.try_into().unwrap();
        assert_eq!(config.models.values().next().and_then(|model| model.provider.as_deref()), Some("local"));
    }
}

#[test]
fn the_chosen_model_must_be_one() {
    let models =
        format!("{LOCAL}[models.fast]\nprovider = \"local\"\n[models.smart]\nprovider = \"local\"\n");
    let table = [
        ("fats", ConfigErrorKind::UnknownName, "model: no model `fats` under [models]; did you mean `fast`?"),
        ("gpt", ConfigErrorKind::UnknownName, "model: no model `gpt` under [models]; known: `fast`, `smart`"),
        (
            "locl/a",
            ConfigErrorKind::UnknownName,
            "model: no provider `locl` under [providers]; did you mean `local`?",
        ),
        (
            "",
            ConfigErrorKind::InvalidValue,
            "model: `` names no model; write a name from [models], or provider/model",
        ),
    ];
    for (name, kind, text) in table {
        check(&format!("model = \"{name}\"\n{models}"), kind, "model", text);
    }
    check(
        "model = \"fast\"",
        ConfigErrorKind::UnknownName,
        "model",
        "model: no model `fast` under [models]; none is defined",
    );
}

#[test]
fn a_fault_of_the_chosen_model_is_told_once() {
    check(
        "model = \"fast\"\n[models.fast]",
        ConfigErrorKind::Missing,
        "models.fast.provider",
        "models.fast.provider: a model needs its provider; name one under [providers]",
    );
}

#[test]
fn options_lie_in_their_ranges() {
    let table = [
        ("temperature = 2.5", "temperature", "2.5 is not between 0 and 2"),
        ("temperature = -0.1", "temperature", "-0.1 is not between 0 and 2"),
        ("temperature = nan", "temperature", "NaN is not between 0 and 2"),
        ("top_p = 1.1", "top_p", "1.1 is not between 0 and 1"),
        ("max_tokens = 0", "max_tokens", "a reply needs at least one token"),
    ];
    for (line, key, problem) in table {
        let path = format!("agent.options.{key}");
        let text = format!("{path}: {problem}");
        check(&format!("[agent.options]\n{line}"), ConfigErrorKind::InvalidValue, &path, &text);

        let path = format!("models.fast.options.{key}");
        let text = format!("{path}: {problem}");
        let toml = format!("{LOCAL}[models.fast]\nprovider = \"local\"\n[models.fast.options]\n{line}");
        check(&toml, ConfigErrorKind::InvalidValue, &path, &text);
    }
    for line in ["temperature = 0", "temperature = 2.0", "top_p = 0.0", "top_p = 1.0", "max_tokens = 1"] {
        assert_eq!(problems(&format!("[agent.options]\n{line}")), [], "{line}");
    }
}

#[test]
fn limits_must_leave_room() {
    check(
        "[agent.budget]\nmax_turns = 0",
        ConfigErrorKind::InvalidValue,
        "agent.budget.max_turns",
        "agent.budget.max_turns: a run needs at least one turn",
    );
    let capable = |output: u32| {
        format!(
            "{LOCAL}[models.fast]\nprovider = \"local\"\n[models.fast.capabilities]\ncontext_window = 4096\n\
             max_output = {output}"
        )
    };
    assert_eq!(problems(&capable(4096)), []);
    check(
        &capable(4097),
        ConfigErrorKind::Conflict,
        "models.fast.capabilities.max_output",
        "models.fast.capabilities.max_output: 4097 tokens do not fit the context window of 4096",
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let paths: Vec<String> = problems(
        "model = \"x\"\n[agent.options]\ntop_p = 2\n[agent.budget]\nmax_turns = 0\n[providers.a]\n[providers.b]\n\
         base_url = \"ftp://x\"\n[models.m]",
    )
    .into_iter()
    .map(|(_, path, _)| path)
    .collect();
    assert_eq!(
        paths,
        [
            "providers.a.base_url",
            "providers.b.base_url",
            "models.m.provider",
            "agent.options.top_p",
            "agent.budget.max_turns",
            "model",
        ],
    );
}

#[test]
fn limits_that_allow_nothing_are_refused() {
    check(
        "[client]\nmax_concurrent = 0",
        ConfigErrorKind::InvalidValue,
        "client.max_concurrent",
        "client.max_concurrent: no request could ever be made; leave it out for no limit",
    );
    check(
        &format!("{LOCAL}client = {{ tokens_per_minute = 0 }}"),
        ConfigErrorKind::InvalidValue,
        "providers.local.client.tokens_per_minute",
        "providers.local.client.tokens_per_minute: no request could ever be made; leave it out for no limit",
    );
    check(
        "[client]\nidle_timeout = \"0s\"",
        ConfigErrorKind::InvalidValue,
        "client.idle_timeout",
        "client.idle_timeout: no answer can come in no time",
    );
}

#[test]
fn a_fallback_is_another_model_that_is_known() {
    let fast =
        |fallbacks: &str| format!("{LOCAL}[models.fast]\nprovider = \"local\"\nfallbacks = [{fallbacks}]\n");
    assert_eq!(problems(&fast("\"local/other\"")), []);
    check(
        &fast("\"local/other\", \"fsat\""),
        ConfigErrorKind::UnknownName,
        "models.fast.fallbacks[1]",
        "models.fast.fallbacks[1]: no model `fsat` under [models]; did you mean `fast`?",
    );
    check(
        &fast("\"fast\""),
        ConfigErrorKind::Conflict,
        "models.fast.fallbacks[0]",
        "models.fast.fallbacks[0]: a model cannot take its own place",
    );
}

#[test]
fn fallbacks_are_resolved_in_order_and_have_none_of_their_own() {
    let toml = format!(
        "{LOCAL}[models.a]\nprovider = \"local\"\nfallbacks = [\"b\", \"local/c\"]\n\
         [models.b]\nprovider = \"local\"\nfallbacks = [\"a\"]\n"
    );
    let config: Config = toml::from_str(&toml).unwrap();
    let resolved = config.resolve("a").unwrap();
    let names: Vec<&str> = resolved.fallbacks.iter().map(|model| model.model.name.as_str()).collect();
    assert_eq!(names, ["b", "c"]);
    assert!(resolved.fallbacks.iter().all(|model| model.fallbacks.is_empty()));
}

#[test]
fn a_server_can_do_something() {
    let refused = |toml: &str, key: &str, problem: &str| {
        let path = format!("serve.{key}");
        check(toml, ConfigErrorKind::InvalidValue, &path, &format!("{path}: {problem}"));
    };
    for key in [
        "max_sessions",
        "max_queued_runs",
        "messages.max_bytes",
        "messages.max_json_depth",
        "connections.max",
        "connections.max_per_address",
        "connections.max_concurrent_streams",
        "connections.max_headers",
        "load.max_calls",
        "load.max_streams",
    ] {
        refused(&format!("[serve]\n{key} = 0"), key, "with 0 nobody could be served");
    }
    for key in [
        "connections.keepalive_interval",
        "connections.keepalive_timeout",
        "deadlines.headers",
        "deadlines.request",
        "deadlines.unary",
        "deadlines.max_unary",
        "deadlines.read",
        "deadlines.heartbeat",
    ] {
        refused(&format!("[serve]\n{key} = \"0s\""), key, "nothing is done in no time");
    }
    assert_eq!(problems("serve.deadlines.drain = \"0s\""), [], "runs may be cut at once");
    refused(
        "serve.connections.max_header_bytes = 100",
        "connections.max_header_bytes",
        "100 is less than headers may need, which is 8192",
    );
    refused(
        "serve.messages.max_json_depth = 121",
        "messages.max_json_depth",
        "121 levels are more than can be read, which is 120",
    );
    check(
        "serve.deadlines = { unary = \"5m\", max_unary = \"1m\" }",
        ConfigErrorKind::Conflict,
        "serve.deadlines.unary",
        "serve.deadlines.unary: 5m is longer than `serve.deadlines.max_unary`, which is 1m",
    );
}

#[test]
fn whom_a_server_lets_in_is_said_as_browsers_say_it() {
    let good = ["https://console.example", "http://localhost:3000", "http://[::1]:80", "tauri://localhost"];
    assert_eq!(problems(&format!("serve.allowed_origins = {good:?}")), []);
    for origin in
        ["console.example", "https://console.example/", "https://*.example", "https://", "null", "*"]
    {
        check(
            &format!("serve.allowed_origins = [\"http://localhost\", {origin:?}]"),
            ConfigErrorKind::InvalidValue,
            "serve.allowed_origins[1]",
            "serve.allowed_origins[1]: not an origin; write scheme, host and port as browsers do, such as \
             \"https://console.example\"",
        );
    }
    assert_eq!(problems("serve.allowed_hosts = [\"*\", \"agents.example:8443\", \"[::1]\"]"), []);
    for host in ["", "https://agents.example", "user@agents.example", "a b"] {
        check(
            &format!("serve.allowed_hosts = [{host:?}]"),
            ConfigErrorKind::InvalidValue,
            "serve.allowed_hosts[0]",
            "serve.allowed_hosts[0]: not a host; write a name, with its port or without, such as \"agents.example\"",
        );
    }
}
