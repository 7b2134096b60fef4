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
    insta::assert_snapshot!(ran.stderr, @"");
}

#[tokio::test]
async fn broken_json_is_shown_where_it_breaks() {
    let ran = check_json("{\n  \"model\": \"a/b\",\n  \"client\": { \"max_retries\": 3,, }\n}\n").await;
    insta::assert_snapshot!(ran.stderr, @"");
    let cut = check_json("{ \"model\": \"a/b\"").await;
    insta::assert_snapshot!(cut.stderr, @"");
}

#[tokio::test]
async fn an_unknown_key_gets_a_suggestion() {
    insta::assert_snapshot!(check("[client]\nmax_retry = 3\n").await.stderr, @"");
    insta::assert_snapshot!(check_json("{\n  \"clinet\": {}\n}").await.stderr, @"");
    insta::assert_snapshot!(check_variable("TAU_CLIENT__MAX_RETRY", "3").await.stderr, @"");
    insta::assert_snapshot!(check_variable("TAU_MODLE", "x").await.stderr, @"");
    insta::assert_snapshot!(check("[agent.budget]\nxyzzy = 3\n").await.stderr, @"");
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_shown() {
    insta::assert_snapshot!(check("[client]\nmax_retries = \"three\"\n").await.stderr, @"");
    insta::assert_snapshot!(check_json("{\n  \"client\": { \"max_retries\": \"three\" }\n}").await.stderr, @"");
    insta::assert_snapshot!(check_variable("TAU_CLIENT__MAX_RETRIES", "three").await.stderr, @"");
    insta::assert_snapshot!(check("permissions.mode = \"bypas\"\n").await.stderr, @"");
}

#[tokio::test]
async fn a_bad_duration_says_how_to_write_one() {
    insta::assert_snapshot!(check("[client]\nidle_timeout = \"24 parsecs\"\n").await.stderr, @"");
    insta::assert_snapshot!(check("[client]\nidle_timeout = 24\n").await.stderr, @"");
    insta::assert_snapshot!(check_variable("TAU_CLIENT__IDLE_TIMEOUT", "24").await.stderr, @"");
}

#[tokio::test]
async fn names_that_lead_nowhere_get_a_suggestion() {
    insta::assert_snapshot!(check("model = \"opnai/gpt-4.1\"\n").await.stderr, @"");
    let both = "model = \"fats\"\n[models.fast]\nprovider = \"opena1\"\n[client]\nmax_retries = 3\n";
    insta::assert_snapshot!(check(both).await.stderr, @"");
    insta::assert_snapshot!(check("agent.tools = [\"raed\"]\n").await.stderr, @"");
    insta::assert_snapshot!(check("permissions.allow = [\"shell\"]\n").await.stderr, @"");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    insta::assert_snapshot!(check("providers.mine.base_url = \"localhost:8000/v1\"\n").await.stderr, @"");
    insta::assert_snapshot!(check("providers.mine.base_url = \"not an address\"\n").await.stderr, @"");
}

#[tokio::test]
async fn a_provider_has_one_key() {
    let two = "[providers.mine]\nbase_url = \"http://x/v1\"\napi_key_env = \"A\"\napi_key_file = \"b\"\n";
    insta::assert_snapshot!(check(two).await.stderr, @"");
}

#[tokio::test]
async fn a_key_that_is_not_there_is_missed_before_anybody_is_asked() {
    let place = Place::new();
    place.user_config(
        "model = \"mine/m\"\n[providers.mine]\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"MINE_KEY\"\n",
    );
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(2).stderr, @"");
    place.user_config(
        "model = \"mine/m\"\n[providers.mine]\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_file = \"key\"\n",
    );
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(2).stderr, @"");
    place.write_home(".config/tau/key", "\n");
    insta::assert_snapshot!(place.tau(&["run", "x"]).await.assert_code(2).stderr, @"");
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named() {
    let place = Place::new();
    insta::assert_snapshot!(place.tau(&["config", "check", "--config", "nowhere.toml"]).await.assert_code(2).stderr, @"");
    std::fs::write(place.home().join(".config/tau/config.toml"), b"model = \"\xff\"").unwrap();
    insta::assert_snapshot!(place.tau(&["config", "check"]).await.assert_code(2).stderr, @"");
}

#[tokio::test]
async fn one_file_of_configuration_is_enough() {
    let place = Place::new();
    place.user_config("");
    place.write_home(".config/tau/config.json", "{}");
    insta::assert_snapshot!(place.tau(&["config", "check"]).await.assert_code(2).stderr, @"");
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
