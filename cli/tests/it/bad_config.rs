use crate::support::{Place, Ran};

async fn check(toml: &str) -> Ran {
    let place = Place::new();
    place.user_config(toml);
    let ran = place.tau(&["config", "check"]).await;
    ran.assert_code(2);
    assert_eq!(ran.stdout, "");
    ran
}

async fn check_json(json: &str) -> Ran {
    let place = Place::new();
    place.write_home(".config/tau/config.json", json);
    let ran = place.tau(&["config", "check"]).await;
    ran.assert_code(2);
    ran
}

async fn check_variable(name: &str, value: &str) -> Ran {
    let ran = Place::new().tau_with_env(&[(name, value)], &["config", "check"]).await;
    ran.assert_code(2);
    ran
}

#[tokio::test]
async fn broken_toml_is_shown_where_it_breaks() {
    let ran = check("model = \"a/b\"\n[client\nmax_retries = 3\n").await;
    insta::assert_snapshot!(ran.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: unclosed table, expected `]`
          ╭─[[TEMP]/home/.config/tau/config.toml:2:7]
        1 │ model = "a/b"
        2 │ [client
          ·       ┬
          ·       ╰── here
        3 │ max_retries = 3
          ╰────
        "#);
}

#[tokio::test]
async fn broken_json_is_shown_where_it_breaks() {
    let ran = check_json("{\n  \"model\": \"a/b\",\n  \"client\": { \"max_retries\": 3,, }\n}\n").await;
    insta::assert_snapshot!(ran.stderr, @r#"
         × [TEMP]/home/.config/tau/config.json: key must be a string
          ╭─[[TEMP]/home/.config/tau/config.json:3:32]
        2 │   "model": "a/b",
        3 │   "client": { "max_retries": 3,, }
          ·                                ┬
          ·                                ╰── here
        4 │ }
          ╰────
        "#);
    let cut = check_json("{ \"model\": \"a/b\"").await;
    insta::assert_snapshot!(cut.stderr, @r#"
         × [TEMP]/home/.config/tau/config.json: EOF while parsing an object
          ╭─[[TEMP]/home/.config/tau/config.json:1:16]
        1 │ { "model": "a/b"
          ·                ┬
          ·                ╰── here
          ╰────
        "#);
}

#[tokio::test]
async fn an_unknown_key_gets_a_suggestion() {
    insta::assert_snapshot!(check("[client]\nmax_retry = 3\n").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: unknown field `max_retry`, expected one of `connect_timeout`, `first_token_timeout`, `idle_timeout`, `error_body_timeout`, `total_timeout`, `max_retries`, `max_retry_delay`, `retry_budget`, `breaker_failures`, `breaker_cooldown`, `max_concurrent`, `tokens_per_minute`
          ╭─[[TEMP]/home/.config/tau/config.toml:2:1]
        1 │ [client]
        2 │ max_retry = 3
          · ────┬────
          ·     ╰── here
          ╰────
         help: did you mean `max_retries`?
        "#);
    insta::assert_snapshot!(check_json("{\n  \"clinet\": {}\n}").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.json: unknown field `clinet`, expected one of `model`, `agent`, `permissions`, `sandbox`, `serve`, `client`, `providers`, `models`
          ╭─[[TEMP]/home/.config/tau/config.json:2:3]
        1 │ {
        2 │   "clinet": {}
          ·   ────┬───
          ·       ╰── here
        3 │ }
          ╰────
         help: did you mean `client`?
        "#);
    insta::assert_snapshot!(check_variable("TAU_CLIENT__MAX_RETRY", "3").await.stderr, @r#"
        × the variable TAU_CLIENT__MAX_RETRY sets no key of the configuration
        help: did you mean `max_retries`?
        "#);
    insta::assert_snapshot!(check_variable("TAU_MODLE", "x").await.stderr, @r#"
        × the variable TAU_MODLE sets no key of the configuration
        help: did you mean `model`?
        "#);
    insta::assert_snapshot!(check("[client]\nxyzzy = 3\n").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: unknown field `xyzzy`, expected one of `connect_timeout`, `first_token_timeout`, `idle_timeout`, `error_body_timeout`, `total_timeout`, `max_retries`, `max_retry_delay`, `retry_budget`, `breaker_failures`, `breaker_cooldown`, `max_concurrent`, `tokens_per_minute`
          ╭─[[TEMP]/home/.config/tau/config.toml:2:1]
        1 │ [client]
        2 │ xyzzy = 3
          · ──┬──
          ·   ╰── here
          ╰────
         help: known here: connect_timeout, first_token_timeout, idle_timeout, error_body_timeout, total_timeout, max_retries, max_retry_delay, retry_budget, breaker_failures, breaker_cooldown, max_concurrent, tokens_per_minute
        "#);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_shown() {
    insta::assert_snapshot!(check("[client]\nmax_retries = \"three\"\n").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: invalid type: string "three", expected u32
          ╭─[[TEMP]/home/.config/tau/config.toml:2:15]
        1 │ [client]
        2 │ max_retries = "three"
          ·               ───┬───
          ·                  ╰── here
          ╰────
        "#);
    insta::assert_snapshot!(check_json("{\n  \"client\": { \"max_retries\": \"three\" }\n}").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.json: invalid type: string "three", expected u32
          ╭─[[TEMP]/home/.config/tau/config.json:2:30]
        1 │ {
        2 │   "client": { "max_retries": "three" }
          ·                              ───┬───
          ·                                 ╰── here
        3 │ }
          ╰────
        "#);
    insta::assert_snapshot!(check_variable("TAU_CLIENT__MAX_RETRIES", "three").await.stderr, @r#"
        × the variable TAU_CLIENT__MAX_RETRIES: invalid type: found string "three", expected u32
        help: see `tau schema config` for the keys and their types
        "#);
    insta::assert_snapshot!(check("permissions.mode = \"bypas\"\n").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: unknown variant `bypas`, expected one of `default`, `accept_edits`, `plan`, `dont_ask`, `bypass`
          ╭─[[TEMP]/home/.config/tau/config.toml:1:20]
        1 │ permissions.mode = "bypas"
          ·                    ───┬───
          ·                       ╰── here
          ╰────
         help: did you mean `bypass`?
        "#);
}

#[tokio::test]
async fn a_bad_duration_says_how_to_write_one() {
    insta::assert_snapshot!(check("[client]\nidle_timeout = \"24 parsecs\"\n").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: `24 parsecs` is not a duration (unknown time unit "parsecs", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)); write numbers with units, such as "24s", "1m30s" or "250ms"
          ╭─[[TEMP]/home/.config/tau/config.toml:2:16]
        1 │ [client]
        2 │ idle_timeout = "24 parsecs"
          ·                ──────┬─────
          ·                      ╰── here
          ╰────
        "#);
    insta::assert_snapshot!(check("[client]\nidle_timeout = 24\n").await.stderr, @r#"
         × [TEMP]/home/.config/tau/config.toml: invalid type: integer `24`, expected a duration with its unit, such as "24s" or "1m30s"
          ╭─[[TEMP]/home/.config/tau/config.toml:2:16]
        1 │ [client]
        2 │ idle_timeout = 24
          ·                ─┬
          ·                 ╰── here
          ╰────
        "#);
    insta::assert_snapshot!(check_variable("TAU_CLIENT__IDLE_TIMEOUT", "24").await.stderr, @r#"
        × the variable TAU_CLIENT__IDLE_TIMEOUT: invalid type: found unsigned int `24`, expected a duration with its unit, such as "24s" or "1m30s"
        help: see `tau schema config` for the keys and their types
        "#);
}

#[tokio::test]
async fn names_that_lead_nowhere_get_a_suggestion() {
    insta::assert_snapshot!(check("model = \"opnai/gpt-4.1\"\n").await.stderr, @r#"
        × the configuration has 1 problem:
        │   model: no provider `opnai` under [providers]; did you mean `openai`?
        help: `tau config show --origin` says where each value comes from
        "#);
    let both = "model = \"fats\"\n[models.fast]\nprovider = \"opena1\"\n[client]\nmax_retries = 3\n";
    insta::assert_snapshot!(check(both).await.stderr, @r#"
        × the configuration has 2 problems:
        │   models.fast.provider: no provider `opena1` under [providers]; did you mean `openai`?
        │   model: no model `fats` under [models]; did you mean `fast`?
        help: `tau config show --origin` says where each value comes from
        "#);
    insta::assert_snapshot!(check("agent.tools = [\"raed\"]\n").await.stderr, @r#"
        × agent.tools: There is no tool `raed`; did you mean `read`?
        help: see `tau config show --origin`
        "#);
    insta::assert_snapshot!(check("permissions.allow = [\"shell\"]\n").await.stderr, @r#"
        × the permission rule `shell` names no tool; the tools are read, write, edit, bash, jobs, glob, grep, todo, apply_patch, ls, web_fetch, memory, ask_user, propose_plan, task
        help: a rule is the name of a tool, such as `bash`, or part of what it does, such as `Bash(git *)`
        "#);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    insta::assert_snapshot!(check("providers.mine.base_url = \"localhost:8000/v1\"\n").await.stderr, @r#"
        × the configuration has 1 problem:
        │   providers.mine.base_url: its scheme is `localhost`, not http or https; write it with its scheme, for example "https://api.openai.com/v1"
        help: `tau config show --origin` says where each value comes from
        "#);
    insta::assert_snapshot!(check("providers.mine.base_url = \"not an address\"\n").await.stderr, @r#"
        × the configuration has 1 problem:
        │   providers.mine.base_url: not an address (relative URL without a base); write it with its scheme, for example "https://api.openai.com/v1"
        help: `tau config show --origin` says where each value comes from
        "#);
}

#[tokio::test]
async fn a_provider_has_one_key() {
    let two = "[providers.mine]\nbase_url = \"http://x/v1\"\napi_key_env = \"A\"\napi_key_file = \"b\"\n";
    insta::assert_snapshot!(check(two).await.stderr, @r#"
        × the configuration has 1 problem:
        │   providers.mine.api_key_file: `api_key_env` is set too, and a provider has one key; keep one of them
        help: `tau config show --origin` says where each value comes from
        "#);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_missed_before_anybody_is_asked() {
    let place = Place::new();
    place.user_config(
        "model = \"mine/m\"\n[providers.mine]\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"MINE_KEY\"\n",
    );
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(2).stderr, @r#"
        × provider `mine` needs its key in the variable MINE_KEY, which is not set
        help: export MINE_KEY=..., or set `providers.mine.api_key_file`
        "#);
    place.user_config(
        "model = \"mine/m\"\n[providers.mine]\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_file = \"key\"\n",
    );
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(2).stderr, @r#"
        × providers.mine.api_key_file: [TEMP]/home/.config/tau/key cannot be read: No such file or directory (os error 2)
        help: write the key into that file, or set `api_key_env` instead
        "#);
    place.write_home(".config/tau/key", "\n");
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(2).stderr, @r#"
        × providers.mine.api_key_file: [TEMP]/home/.config/tau/key is empty
        help: write the key into that file
        "#);
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named() {
    let place = Place::new();
    insta::assert_snapshot!(place.tau(&["config", "check", "--config", "nowhere.toml"]).await.assert_code(2).stderr, @r#"
        × the file of configuration nowhere.toml does not exist
        help: create it, or leave --config and TAU_CONFIG out
        "#);
    std::fs::write(place.home().join(".config/tau/config.toml"), b"model = \"\xff\"").unwrap();
    insta::assert_snapshot!(place.tau(&["config", "check"]).await.assert_code(2).stderr, @r#"
        × [TEMP]/home/.config/tau/config.toml cannot be read: stream did not contain valid UTF-8
        help: it must be a file of UTF-8 text that you may read
        "#);
}

#[tokio::test]
async fn one_file_of_configuration_is_enough() {
    let place = Place::new();
    place.user_config("");
    place.write_home(".config/tau/config.json", "{}");
    insta::assert_snapshot!(place.tau(&["config", "check"]).await.assert_code(2).stderr, @r#"
        × [TEMP]/home/.config/tau holds both config.toml and config.json
        help: keep one of them
        "#);
}

#[tokio::test]
async fn a_mistake_in_the_projects_file_stops_every_command_that_needs_it() {
    let place = Place::new();
    place.write(".tau/config.toml", "modle = 1\n");
    for arguments in [&["config", "show"][..], &["config", "check"], &["run", "x"]] {
        let ran = place.tau(arguments).await;
        assert!(ran.assert_code(2).stderr.contains("did you mean `model`?"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_wire_format_that_is_unknown() {
    let ran = check("providers.mine = { base_url = \"http://x/v1\", format = \"telepathy\" }\n").await;
    insta::assert_snapshot!(ran.stderr, @r#"
        × providers.mine.format: `telepathy` is not a wire format; known: `openai-chat`, `openai-responses`, `anthropic-messages`, `ollama-chat`, `gemini`, `gemini-interactions`, `bedrock-converse`
        help: see `tau config show --origin`
        "#);
}

#[tokio::test]
async fn a_kind_of_provider_that_is_unknown() {
    let ran = check("providers.mine = { base_url = \"http://x/v1\", kind = \"azur\" }\n").await;
    insta::assert_snapshot!(ran.stderr, @r#"
        × providers.mine.kind: `azur` is not a kind of provider; did you mean `azure`?
        help: see `tau config show --origin`
        "#);
    let ran = check("providers.mine = { kind = \"azure\" }\n").await;
    insta::assert_snapshot!(ran.stderr, @r#"
        × providers.mine.base_url: a provider needs its address; for example "http://localhost:11434/v1"
        help: see `tau config show --origin`
        "#);
}
