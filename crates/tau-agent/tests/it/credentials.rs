//! Credentials that end and are renewed.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;
use tau_agent::provider::{Credential, CredentialError, CredentialSource};
use tau_agent::{Agent, AgentError, ChatRequest, Limits, Recorder, WireCache};
use tau_core::config::ProviderConfig;
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, HumanDuration, Message, Secret};
use tau_testkit::{ModelServer, Reply};

use crate::support::{ask, resolved};

/// Tokens one after the other; none, when there are no more.
#[derive(Debug)]
pub(crate) struct Tokens(pub(crate) Mutex<Vec<(&'static str, Option<u64>)>>);

impl CredentialSource for Tokens {
    fn token(&self) -> BoxFuture<'static, Result<Credential, CredentialError>> {
        let mut left = self.0.lock().unwrap();
        let next = if left.is_empty() { None } else { Some(left.remove(0)) };
        let credential = next.ok_or_else(|| CredentialError::Source("the well is dry".to_owned()));
        let credential = credential.map(|(token, seconds)| {
            let mut credential = Credential::new(Secret::new(token));
            credential.good_for = seconds.map(Duration::from_secs);
            credential
        });
        std::future::ready(credential).boxed()
    }
}

/// What came of asking so often, and the tokens the server saw.
async fn asked_with(
    tokens: Vec<(&'static str, Option<u64>)>,
    times: usize,
    refused: &'static str,
) -> (Vec<Result<String, AgentError>>, Vec<String>) {
    let server = ModelServer::start(move |_, request| match request.header("authorization") {
        Some(header) if header == format!("Bearer {refused}") => {
            Reply::error(401, "expired", &format!("the token {refused} has ended"))
        }
        _ => Reply::text("Hi"),
    });
    let server = server.await.unwrap();
    let mut provider = ProviderConfig::new(server.base_url());
    provider.client.max_retries = Some(0);
    provider.token.refresh = Some(HumanDuration::from_secs(3600));
    let agent =
        Agent::with_credentials(&resolved(provider), Arc::new(Tokens(Mutex::new(tokens))), &Limits::new())
            .unwrap();
    let mut said = Vec::new();
    for _ in 0..times {
        let messages = [Arc::new(Message::user([ContentBlock::text("Hi")]))];
        let reply = agent.chat(ChatRequest::new(&messages), &mut WireCache::default()).await;
        said.push(reply.map(|reply| Message::assistant(reply.content).text()));
    }
    let requests = server.requests();
    let seen = requests.iter().map(|request| request.header("authorization").unwrap().to_owned());
    (said, seen.collect())
}

#[tokio::test]
async fn a_token_is_kept_until_it_ends() {
    let (said, seen) = asked_with(vec![("tok-a", None)], 2, "").await;
    assert!(said.iter().all(Result::is_ok), "{said:?}");
    assert_eq!(seen, ["Bearer tok-a", "Bearer tok-a"]);
    // Less than the margin is left of it.
    let (_, seen) = asked_with(vec![("tok-a", Some(30)), ("tok-b", Some(3600))], 3, "").await;
    assert_eq!(seen, ["Bearer tok-a", "Bearer tok-b", "Bearer tok-b"]);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let (said, seen) = asked_with(vec![("old-token", None), ("new-token", None)], 1, "old-token").await;
    assert_eq!(said[0].as_ref().unwrap(), "Hi");
    assert_eq!(seen, ["Bearer old-token", "Bearer new-token"]);
    let (said, seen) = asked_with(vec![("old-token", None), ("old-token", None)], 1, "old-token").await;
    let error = said[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Unauthorized);
    assert_eq!(seen, ["Bearer old-token"]);
    assert!(!error.to_string().contains("old-token"), "{error}");
}

#[tokio::test]
async fn a_source_without_a_token_is_an_error_that_says_so() {
    let (said, seen) = asked_with(Vec::new(), 1, "").await;
    let error = said[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Unauthorized);
    assert!(error.to_string().contains("no token could be had: the well is dry"), "{error}");
    assert!(seen.is_empty());
}

#[tokio::test]
async fn an_error_that_does_not_end_is_shown_without_the_token_as_far_as_it_came() {
    for status in [401, 400] {
        let said = "the token secret-token was given".to_owned();
        let server = ModelServer::start(move |_, _| Reply::status(status).bytes(said.clone()).hang());
        let server = server.await.unwrap();
        let mut provider = ProviderConfig::new(server.base_url());
        provider.client.max_retries = Some(0);
        provider.client.error_body_timeout = Some(HumanDuration::from(Duration::from_millis(150)));
        let source = Arc::new(Tokens(Mutex::new(vec![("secret-token", None), ("secret-token", None)])));
        let agent = Agent::with_credentials(&resolved(provider), source, &Limits::new()).unwrap();
        let started = Instant::now();
        let error = ask(&agent).await.end.unwrap_err();
        assert_eq!(error.status(), Some(status), "{error}");
        assert!(error.to_string().contains(": the token [redacted] was given; "), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

/// Servers repeat what they were sent: in refusals, and in answers that had begun well.
#[tokio::test]
async fn renewed_tokens_show_nowhere() {
    let in_stream = |token: &str| {
        let said = format!("`{token}` is not welcome");
        Reply::stream().event(&json!({ "error": { "code": 400, "message": said } }))
    };
    let refused = |token: &str| Reply::status(403).bytes(format!("no: {token}"));
    let written = Written::default();
    for answer in [&in_stream as &dyn Fn(&str) -> Reply, &refused] {
        let replies = ["old-token-1", "new-token-2"].map(answer);
        let server = ModelServer::with_replies(replies).await.unwrap();
        let mut provider = ProviderConfig::new(server.base_url());
        provider.client.max_retries = Some(0);
        let tokens = vec![("old-token-1", Some(30)), ("new-token-2", None)];
        let source = Arc::new(Tokens(Mutex::new(tokens)));
        let agent = Agent::with_credentials(&resolved(provider), source, &Limits::new()).unwrap();
        let agent = agent.with_recorder(Recorder::new(written.clone()));
        for _ in 0..2 {
            let error = ask(&agent).await.end.unwrap_err();
            let shown = format!("{error} {error:?} {:?} {agent:?}", error.to_failure());
            assert!(shown.contains("[redacted]") && !shown.contains("token-"), "{shown}");
        }
    }
    let recording = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(recording.contains("is not welcome") && !recording.contains("token-"), "{recording}");
}

/// What a recorder wrote.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
