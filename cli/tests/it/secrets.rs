use serde_json::json;
use tau_testkit::{ModelServer, Reply};

use crate::support::{Place, Ran, tool_result};

const KEY: &str = "sk-0123456789abcdef";
const HEADER: &str = "header-fedcba9876543210";

#[track_caller]
fn assert_hidden(ran: &Ran) {
    for secret in [KEY, HEADER] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:#?}");
    }
}

/// A user with a key and a header that are secret.
fn place(server: &ModelServer, key: &str) -> Place {
    let place = Place::new();
    place.user_config(&format!(
        "model = \"test/scripted\"\nclient.max_retries = 0\n[providers.test]\nbase_url = \"{}\"\n{key}\n\
         headers = {{ x-token = \"{HEADER}\" }}\n",
        server.base_url()
    ));
    place.write_home(".config/tau/key", &format!("{KEY}\n"));
    place
}

fn keys() -> [String; 3] {
    [
        format!("api_key = \"{KEY}\""),
        "api_key_env = \"TEST_KEY\"".to_owned(),
        "api_key_file = \"key\"".to_owned(),
    ]
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_make_it_seen() {
    for key in keys() {
        for status in [401, 500] {
            let words = format!("you sent {KEY} and {HEADER}");
            let server = ModelServer::start(move |_, _| Reply::error(status, "e", &words)).await.unwrap();
            let place = place(&server, &key);
            for format in ["text", "json", "stream-json"] {
                let ran = place.tau_with_env(&[("TEST_KEY", KEY)], &["run", "-o", format, "x"]).await;
                assert_hidden(ran.assert_code(1));
                let output = ran.stdout.clone() + &ran.stderr;
                assert!(output.contains("you sent [redacted] and [redacted]"), "{ran:?}");
            }
            let doctor = place.tau_with_env(&[("TEST_KEY", KEY)], &["doctor"]).await;
            assert_hidden(doctor.assert_code(1));
            let request = &server.requests()[0];
            assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
            assert_eq!(request.header("x-token"), Some(HEADER));
        }
    }
}

#[tokio::test]
async fn config_show_prints_no_secret() {
    let place = Place::new();
    place.user_config(&format!(
        "[providers.test]\nbase_url = \"https://me:{KEY}@host.example/v1?token={HEADER}\"\napi_key = \"{KEY}\"\n\
         headers = {{ x-token = \"{HEADER}\" }}\n"
    ));
    for arguments in [&["config", "show"][..], &["config", "show", "--origin"], &["config", "check"]] {
        let variables = [("TAU_PROVIDERS__OPENAI__API_KEY", KEY)];
        assert_hidden(place.tau_with_env(&variables, arguments).await.assert_code(0));
    }
    let shown = place.tau(&["config", "show"]).await.stdout;
    assert!(shown.contains("https://redacted:redacted@host.example/v1?token=redacted"), "{shown}");
    place.user_config(&format!("providers.test.base_url = \"me:{KEY}@host\"\n"));
    assert_hidden(place.tau(&["config", "show"]).await.assert_code(0));
}

#[tokio::test]
async fn an_error_in_a_file_does_not_show_the_key_beside_it() {
    let broken = [
        format!("[providers.test]\napi_key = \"{KEY}\n"),
        format!("[providers.test]\napi_key = \"{KEY}\" x\n"),
        format!("providers.test = {{ api_key = \"{KEY}\", base_ulr = \"x\" }}\n"),
        format!("[providers.test.headers]\nx-token = \"{HEADER}\" x\n"),
        format!("[providers.test]\nheaders = {{ x-token = \"{HEADER}\" }} x\n"),
    ];
    for text in broken {
        let place = Place::new();
        place.user_config(&text);
        let ran = place.tau(&["config", "check"]).await;
        assert_hidden(ran.assert_code(2));
        assert!(ran.stderr.contains("***"), "the line at fault is shown: {ran:?}");
    }
    let broken = [
        format!(
            "{{\"providers\": {{\"test\": {{\"api_key\": \"{KEY}\", \"headers\": {{\"a\": \"{HEADER}\"}},, }}}}}}"
        ),
        format!("{{\n\"providers\": {{\"test\": {{\n\"headers\": {{\n\"a\": \"{HEADER}\",, }}}}}}}}"),
    ];
    for text in broken {
        let place = Place::new();
        place.write_home(".config/tau/config.json", &text);
        assert_hidden(place.tau(&["config", "check"]).await.assert_code(2));
    }
}

#[tokio::test]
async fn a_key_of_digits_is_a_text() {
    let server = ModelServer::start(|_, _| Reply::text("ok")).await.unwrap();
    let place = Place::with_server(&server);
    let variables = [("TAU_PROVIDERS__TEST__API_KEY", "12345678901234567890")];
    place.tau_with_env(&variables, &["run", "x"]).await.assert_code(0);
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer 12345678901234567890"));

    place.user_config("providers.test.api_key = 12345678901234567890\n");
    let ran = place.tau(&["config", "check"]).await;
    assert!(!ran.assert_code(2).stderr.contains("12345"), "{ran:?}");
}

#[tokio::test]
async fn commands_do_not_see_the_keys() {
    let command = json!({ "command": "env" }).to_string();
    let replies = [Reply::tool_calls([("c1", "bash", command.as_str())]), Reply::text("ok")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    // Whatever variables the sandbox lets through.
    let place = place(&server, "api_key_env = \"TEST_KEY\"");
    let variables = [
        ("TAU_SANDBOX__VARIABLES", "[\"*\"]"),
        ("TEST_KEY", KEY),
        ("OPENAI_API_KEY", KEY),
        ("TAU_PROVIDERS__GROQ__API_KEY", KEY),
        ("TAU_PROVIDERS__GROQ__HEADERS__A", HEADER),
        ("PLAIN", "is passed on"),
    ];
    let ran = place.tau_with_env(&variables, &["run", "--allow", "bash", "x"]).await;
    assert_hidden(ran.assert_code(0));
    let seen = tool_result(&server, 1, "c1");
    assert!(seen.contains("PLAIN=is passed on"), "{seen}");
    for secret in [KEY, HEADER, "TEST_KEY", "OPENAI_API_KEY"] {
        assert!(!seen.contains(secret), "{seen}");
    }
}
