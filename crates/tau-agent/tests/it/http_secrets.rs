//! No secret reaches an error or a debug print, wherever it was planted and whatever the server repeats.

use std::time::Duration;

use tau_agent::Agent;
use tau_core::config::ProviderConfig;
use tau_core::{HumanDuration, Secret};
use tau_testkit::{ModelServer, Reply};

use crate::support::{ask, resolved};

const KEY: &str = "sk-key-6f1a";
const HEADER: &str = "header-secret-9c2b";
const USER: &str = "user-secret-77d0";
const PASSWORD: &str = "password-secret-e4f5";
const QUERY: &str = "query-secret-31aa";
const SECRETS: [&str; 5] = [KEY, HEADER, USER, PASSWORD, QUERY];

/// The agent of a provider with every kind of secret.
fn agent_at(address: std::net::SocketAddr) -> Agent {
    let mut provider =
        ProviderConfig::new(format!("http://{USER}:{PASSWORD}@{address}/v1?api-key={QUERY}&mode=fast"));
    provider.api_key = Some(Secret::new(KEY));
    provider.headers.insert("x-team".to_owned(), Secret::new(format!("Token {HEADER}")));
    provider.client.max_retries = Some(0);
    provider.client.first_token_timeout = Some(HumanDuration::from(Duration::from_millis(200)));
    Agent::new(&resolved(provider)).unwrap()
}

fn assert_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn secrets_are_sent() {
    let server = ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap();
    ask(&agent_at(server.address())).await.end.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.path, format!("/v1/chat/completions?api-key={QUERY}&mode=fast"));
    assert_eq!(request.header("x-team"), Some(format!("Token {HEADER}").as_str()));
    let authorization: Vec<&str> =
        request.headers.iter().filter(|(name, _)| name == "authorization").map(|(_, v)| v.as_str()).collect();
    assert_eq!(
        authorization,
        [format!("Bearer {KEY}")],
        "the key, and not the user of the address beside it"
    );
}

#[tokio::test]
async fn user_and_password_of_the_address_are_sent_when_there_is_no_key() {
    let server = ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap();
    let provider = ProviderConfig::new(format!("http://user:pass@{}/v1", server.address()));
    ask(&Agent::new(&resolved(provider)).unwrap()).await.end.unwrap();
    assert_eq!(server.requests()[0].header("authorization"), Some("Basic dXNlcjpwYXNz"));
}

#[tokio::test]
async fn no_error_shows_one() {
    let repeated = SECRETS.map(|secret| format!("`{secret}` is wrong")).join(", ");
    let replies = [
        Reply::status(401).bytes(repeated.clone()),
        Reply::error(400, "invalid", &repeated),
        Reply::status(500).bytes(repeated.clone()),
        Reply::status(302).header("location", &format!("/v2?api-key={QUERY}")),
        Reply::stream().bytes(format!("data: {repeated}\n\n")),
        Reply::stream().bytes(format!("event: error\ndata: {repeated}\n\n")),
        Reply::stream().close(),
        Reply::status(200).bytes(format!("<html>{repeated}")),
        Reply::stream().hang(),
        Reply::default().reset(),
        Reply::raw("no HTTP at all"),
    ];
    for reply in replies {
        let server = ModelServer::with_replies([reply.clone()]).await.unwrap();
        let error = ask(&agent_at(server.address())).await.end.unwrap_err();
        let address = server.address();
        let shown = error.to_string();
        let place = format!(
            "model `m` at provider `test` (http://redacted:redacted@{address}/v1?api-key=redacted&mode=redacted) "
        );
        assert!(shown.starts_with(&place), "{shown}");
        for text in [shown, format!("{error:?}"), format!("{:?}", error.to_failure())] {
            assert_clean(&text);
        }
    }
    let server = ModelServer::with_replies([]).await.unwrap();
    let address = server.address();
    drop(server);
    tokio::task::yield_now().await;
    let error = ask(&agent_at(address)).await.end.unwrap_err();
    assert_clean(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn what_else_the_server_said_is_shown() {
    let reply = Reply::status(401).bytes(format!("the key `{KEY}` has expired"));
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let error = ask(&agent_at(server.address())).await.end.unwrap_err();
    assert!(
        error.to_string().contains("answered 401: the key `[redacted]` has expired; check the key"),
        "{error}"
    );
}

#[tokio::test]
async fn no_debug_print_shows_one() {
    let agent = agent_at("127.0.0.1:1".parse().unwrap());
    assert_clean(&format!("{agent:?} {agent:#?}"));

    let url = format!("http://{USER}:{PASSWORD}@127.0.0.1:1/v1?api-key={QUERY}").parse().unwrap();
    let mut request = tau_agent::transport::WireRequest::get(url);
    request.headers.push(("x-team".to_owned(), Secret::new(HEADER)));
    let printed = format!("{request:?}");
    assert_clean(&printed);
    assert!(printed.contains("x-team") && printed.contains("127.0.0.1"), "{printed}");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_named_without_its_value() {
    let mut provider = ProviderConfig::new("http://127.0.0.1:1/v1");
    provider.headers.insert("x-team".to_owned(), Secret::new(format!("{HEADER}\n")));
    let error = ask(&Agent::new(&resolved(provider)).unwrap()).await.end.unwrap_err();
    assert_eq!(error.kind(), tau_core::event::ModelFailureKind::InvalidRequest, "{error}");
    assert_clean(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn what_everybody_knows_is_no_secret() {
    let said = "version 2024-10-21 takes no Bearer ollama";
    let server = ModelServer::with_replies([Reply::status(401).bytes(said)]).await.unwrap();
    let mut provider = ProviderConfig::new(format!("{}?api-version=2024-10-21", server.base_url()));
    provider.api_key = Some(Secret::new("ollama"));
    provider.headers.insert("x-team".to_owned(), Secret::new(format!("Bearer {HEADER}")));
    provider.client.max_retries = Some(0);
    let error = ask(&Agent::new(&resolved(provider)).unwrap()).await.end.unwrap_err();
    assert!(error.to_string().contains(said), "{error}");
}
