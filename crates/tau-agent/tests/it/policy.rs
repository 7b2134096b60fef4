//! Retries, fallbacks and the limits that sessions share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tau_agent::{Agent, Awaited, Limits, StreamEvent};
use tau_core::config::{ClientConfig, Config, ProviderConfig, ResolvedModel};
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, HumanDuration, Money, Prices, Secret};
use tau_testkit::{ModelServer, Reply, chunk};

use crate::support::{ask, client, resolved};

fn millis(n: u64) -> Option<HumanDuration> {
    Some(HumanDuration::from(Duration::from_millis(n)))
}

/// The model at a server, with quick retries.
fn model_at(server: &ModelServer, change: impl FnOnce(&mut ClientConfig)) -> ResolvedModel {
    let mut provider = ProviderConfig::new(server.base_url());
    provider.client = client(|client| {
        client.max_retries = Some(0);
        client.max_retry_delay = millis(5);
        change(client);
    });
    resolved(provider)
}

async fn failing() -> ModelServer {
    ModelServer::start(|_, _| Reply::error(500, "server_error", "GPU on fire")).await.unwrap()
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone_by_all_sessions() {
    let server = ModelServer::start(|number, _| match number {
        0..3 => Reply::status(503),
        _ => Reply::text("back"),
    })
    .await
    .unwrap();
    let limits = Limits::new();
    let model = model_at(&server, |client| {
        client.breaker_failures = Some(3);
        client.breaker_cooldown = millis(300);
    });
    let agents = [(); 4].map(|()| Agent::with_limits(&model, &limits).unwrap());
    for agent in &agents[..3] {
        assert!(!ask(agent).await.end.unwrap_err().is_circuit_open());
    }
    let error = ask(&agents[3]).await.end.unwrap_err();
    assert!(error.is_circuit_open(), "{error}");
    assert_eq!(error.kind(), ModelFailureKind::Unreachable);
    assert!(error.retry_after().unwrap() <= Duration::from_millis(300));
    assert!(
        error.to_string().contains("failed 3 times in a row; it is asked again in 1s; wait, give the model"),
        "{error}"
    );
    assert_eq!(server.request_count(), 3, "it was not asked");

    tokio::time::sleep(Duration::from_millis(320)).await;
    assert_eq!(*ask(&agents[0]).await.end.unwrap().content, [ContentBlock::text("back")]);
    assert!(ask(&agents[1]).await.end.is_ok(), "closed again");
}

#[tokio::test]
async fn refusals_and_limits_of_rate_do_not_open_the_circuit() {
    let server = ModelServer::start(|_, _| Reply::status(429)).await.unwrap();
    let agent = Agent::new(&model_at(&server, |client| client.breaker_failures = Some(1))).unwrap();
    for _ in 0..3 {
        assert_eq!(ask(&agent).await.end.unwrap_err().status(), Some(429));
    }
}

#[tokio::test]
async fn retries_come_out_of_one_budget() {
    let server = failing().await;
    let limits = Limits::new();
    let model = model_at(&server, |client| {
        client.max_retries = Some(2);
        client.retry_budget = Some(3);
        client.breaker_failures = Some(0);
    });
    let agents = [(); 2].map(|()| Agent::with_limits(&model, &limits).unwrap());
    assert_eq!(ask(&agents[0]).await.events.len(), 2);
    let second = ask(&agents[1]).await;
    assert_eq!(second.events.len(), 1);
    let text = second.end.unwrap_err().to_string();
    assert!(
        text.contains("have used the budget of 3 retries a minute (`retry_budget` under [client])"),
        "{text}"
    );
    assert_eq!(server.request_count(), 5);
}

/// The configuration of model `first`, at one server, which may be replaced by `second` at another.
fn with_fallback(first: &ModelServer, second: &ModelServer) -> ResolvedModel {
    let mut config = Config::default();
    for (name, server) in [("one", first), ("two", second)] {
        let mut provider = ProviderConfig::new(server.base_url());
        provider.client.max_retries = Some(1);
        provider.client.max_retry_delay = millis(5);
        provider.client.idle_timeout = millis(100);
        config.providers.insert(name.to_owned(), provider);
    }
    let mut model = tau_core::config::ModelConfig::default();
    model.provider = Some("one".to_owned());
    model.fallbacks = Some(vec!["two/second".to_owned()]);
    model.options.seed = Some(7);
    config.models.insert("first".to_owned(), model);
    config.resolve("first").unwrap()
}

#[tokio::test]
async fn another_model_is_asked_while_the_first_fails_and_that_is_shown() {
    let (first, second) =
        (failing().await, ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap());
    let agent = Agent::new(&with_fallback(&first, &second)).unwrap();
    let outcome = ask(&agent).await;
    assert_eq!(outcome.events.len(), 3, "{:?}", outcome.events);
    assert!(outcome.events[0].starts_with("retrying 2 Server ") && !outcome.events[0].contains("instead"));
    assert_eq!(outcome.events[1..], ["retrying 3 Server 0ms instead second", "text Hello!"]);
    assert!(outcome.end.is_ok());
    let (asked, instead) = (first.requests()[0].json(), second.requests()[0].json());
    assert_eq!((&asked["model"], &asked["seed"]), (&"first".into(), &7.into()));
    assert_eq!((&instead["model"], instead.get("seed")), (&"second".into(), None), "with its own options");
    assert_eq!(asked["messages"], instead["messages"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_not_asked_of_another_model() {
    for reply in [
        Reply::status(401),
        Reply::status(400),
        Reply::status(404),
        Reply::stream().event(&chunk::text("Hel")).hang(),
    ] {
        let first = ModelServer::start(move |_, _| reply.clone()).await.unwrap();
        let second = ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap();
        assert!(ask(&Agent::new(&with_fallback(&first, &second)).unwrap()).await.end.is_err());
        assert_eq!(second.request_count(), 0);
    }
}

#[tokio::test]
async fn a_used_up_quota_is_a_reason_to_ask_another_model_at_once() {
    for reply in [
        Reply::error(429, "insufficient_quota", "pay"),
        Reply::error(402, "insufficient_balance", "pay"),
        Reply::events([serde_json::json!({ "error": { "code": 402, "message": "pay" } })]),
    ] {
        let first = ModelServer::start(move |_, _| reply.clone()).await.unwrap();
        let second = ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap();
        let outcome = ask(&Agent::new(&with_fallback(&first, &second)).unwrap()).await;
        assert_eq!(outcome.events, ["retrying 2 RateLimited 0ms instead second", "text Hello!"]);
        assert_eq!(first.request_count(), 1);
    }
}

#[tokio::test]
async fn when_no_model_answers_the_last_error_stands() {
    let (first, second) = (failing().await, failing().await);
    let error = ask(&Agent::new(&with_fallback(&first, &second)).unwrap()).await.end.unwrap_err();
    assert_eq!(error.endpoint().model, "second");
    assert_eq!((first.request_count(), second.request_count()), (2, 2));
}

#[tokio::test]
async fn the_whole_has_a_limit_over_all_tries() {
    let cases = [
        (
            "an answer that comes and comes",
            (0..100).fold(Reply::stream(), |reply, _| {
                reply.event(&chunk::text("x")).pause(Duration::from_millis(20))
            }),
        ),
        ("no answer", Reply::default().hang()),
    ];
    for (name, reply) in cases {
        let server = ModelServer::start(move |_, _| reply.clone()).await.unwrap();
        let agent = Agent::new(&model_at(&server, |client| client.total_timeout = millis(200))).unwrap();
        let error = ask(&agent).await.end.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_failure().kind),
            (ModelFailureKind::Timeout, ModelFailureKind::Timeout),
            "{name}"
        );
        assert!(
            error
                .to_string()
                .contains("did not answer within 200ms, all tries together; raise `total_timeout`"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_limit_over_all_tries_is_that_of_the_first_model() {
    let (first, second) =
        (failing().await, ModelServer::start(|_, _| Reply::default().hang()).await.unwrap());
    let mut model = with_fallback(&first, &second);
    model.provider.client.total_timeout = millis(300);
    let error = ask(&Agent::new(&model).unwrap()).await.end.unwrap_err();
    assert_eq!(error.endpoint().model, "second");
    assert!(error.to_string().contains("did not answer within 300ms, all tries together"), "{error}");
}

#[tokio::test]
async fn no_more_requests_than_allowed_are_under_way() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = {
        let (under_way, most) = (Arc::clone(&under_way), Arc::clone(&most));
        ModelServer::start(move |_, _| {
            most.fetch_max(under_way.load(Ordering::SeqCst), Ordering::SeqCst);
            Reply::text("Hello!")
        })
        .await
        .unwrap()
    };
    let limits = Limits::new();
    let model = model_at(&server, |client| client.max_concurrent = Some(2));
    let asks = (0..8).map(|_| {
        let agent = Agent::with_limits(&model, &limits).unwrap();
        let under_way = Arc::clone(&under_way);
        async move {
            let mut stream =
                agent.stream(tau_agent::ChatRequest::new(&[]), &mut tau_agent::WireCache::default());
            let mut first = futures::StreamExt::next(&mut stream).await;
            if matches!(first, Some(Ok(StreamEvent::Waiting { awaited: Awaited::Slot, wait: None }))) {
                first = futures::StreamExt::next(&mut stream).await;
            }
            assert!(matches!(first, Some(Ok(StreamEvent::TextDelta(_)))), "{first:?}");
            under_way.fetch_add(1, Ordering::SeqCst);
            // The slot is held until the answer is over.
            tokio::time::sleep(Duration::from_millis(30)).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    futures::future::join_all(asks).await;
    assert_eq!(server.request_count(), 8);
    assert!(most.load(Ordering::SeqCst) < 2, "when a request comes at most one other is under way");
}

#[tokio::test(start_paused = true)]
async fn tokens_of_all_sessions_count_by_the_minute() {
    let usage = format!(
        "data: {}\n\ndata: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        chunk::text("Hi"),
        chunk::finish("stop"),
        chunk::usage(900, 100)
    );
    let scripted = crate::support::Scripted::new(vec![Ok(bytes::Bytes::from(usage))]);
    let mut provider = ProviderConfig::new("http://scripted.invalid/v1");
    provider.client.tokens_per_minute = Some(2_000);
    let agent = Agent::with_transport(&resolved(provider), Arc::new(scripted)).unwrap();
    let started = tokio::time::Instant::now();
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(ask(&agent).await.events[0].clone());
    }
    assert!(started.elapsed() < Duration::from_secs(1), "a minute's worth is there to begin with");
    for _ in 0..2 {
        let outcome = ask(&agent).await;
        assert!(outcome.events.contains(&"text Hi".to_owned()), "{outcome:?}");
        told.push(outcome.events[0].clone());
    }
    assert_eq!(told, ["text Hi", "text Hi", "waiting Tokens for a while", "waiting Tokens for a while"]);
    let waited = started.elapsed().as_secs();
    assert!((28..=35).contains(&waited), "1,000 tokens are there again after half a minute: {waited}");
}

#[tokio::test]
async fn who_waits_for_a_slot_is_told_so_once() {
    let server = ModelServer::start(|number, _| match number {
        0 => Reply::stream()
            .event(&chunk::text("Hel"))
            .pause(Duration::from_millis(200))
            .event(&chunk::finish("stop")),
        _ => Reply::text("Hello!"),
    })
    .await
    .unwrap();
    let limits = Limits::new();
    let model = model_at(&server, |client| client.max_concurrent = Some(1));
    let agents = [(); 2].map(|()| Agent::with_limits(&model, &limits).unwrap());
    let first = tokio::spawn({
        let agent = agents[0].clone();
        async move { ask(&agent).await }
    });
    server.wait_for_requests(1).await;
    let second = ask(&agents[1]).await;
    assert_eq!(second.events, ["waiting Slot", "text Hello!"]);
    assert_eq!(first.await.unwrap().events, ["text Hel"], "who does not wait is told nothing");
}

#[tokio::test]
async fn a_fallback_costs_what_it_costs() {
    let (first, second) = (failing().await, ModelServer::start(|_, _| Reply::text("Hello!")).await.unwrap());
    let dollar = |text: &str| text.parse::<Money>().unwrap();
    let cost = async |prices: Option<Prices>| {
        let mut model = with_fallback(&first, &second);
        model.model.prices = Some(Prices::new(dollar("1000"), dollar("1000")));
        model.fallbacks[0].model.prices = prices;
        ask(&Agent::new(&model).unwrap()).await.end.unwrap()
    };
    // 10 tokens read and 5 written.
    let answered = cost(Some(Prices::new(dollar("1"), dollar("2")))).await;
    assert_eq!(answered.cost, Some(dollar("0.00002")));
    let asked = Prices::new(dollar("1000"), dollar("1000"));
    assert_eq!(answered.cost_at(Some(&asked)), answered.cost, "and not what the other would have");
    assert_eq!(cost(None).await.cost, Some(Money::ZERO), "what has no price is not paid at another's");
    let mut own = model_at(&second, |_| {});
    own.model.prices = Some(asked.clone());
    let answered = ask(&Agent::new(&own).unwrap()).await.end.unwrap();
    assert_eq!(answered.cost, None, "whoever asked knows the price");
    assert_eq!(answered.cost_at(Some(&asked)), Some(dollar("0.015")));
}

#[tokio::test]
async fn a_busy_server_is_left_alone_by_the_others_too() {
    let server = ModelServer::start(|number, _| match number {
        0 => Reply::status(429).header("retry-after", "0.3"),
        _ => Reply::text("Hello!"),
    })
    .await
    .unwrap();
    let limits = Limits::new();
    let model = model_at(&server, |client| {
        client.max_retries = Some(1);
        client.max_retry_delay = millis(1_000);
    });
    let (one, other) =
        (Agent::with_limits(&model, &limits).unwrap(), Agent::with_limits(&model, &limits).unwrap());
    let started = Instant::now();
    let first = tokio::spawn(async move { ask(&one).await });
    server.wait_for_requests(1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(ask(&other).await.end.is_ok());
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert!(first.await.unwrap().end.is_ok());
    assert_eq!(server.request_count(), 3);
}

#[tokio::test]
async fn a_busy_server_is_left_alone_by_those_who_wait_for_their_turn() {
    let server = ModelServer::start(|number, _| match number {
        0 => Reply::default()
            .pause(Duration::from_millis(150))
            .raw_bytes("HTTP/1.1 429 Too Many Requests\r\nretry-after: 0.3\r\ncontent-length: 0\r\n\r\n"),
        _ => Reply::text("Hello!"),
    })
    .await
    .unwrap();
    let limits = Limits::new();
    let model = model_at(&server, |client| {
        client.max_concurrent = Some(1);
        client.max_retry_delay = millis(1_000);
    });
    let (one, other) =
        (Agent::with_limits(&model, &limits).unwrap(), Agent::with_limits(&model, &limits).unwrap());
    let started = Instant::now();
    let first = tokio::spawn(async move { ask(&one).await });
    server.wait_for_requests(1).await;
    assert!(ask(&other).await.end.is_ok());
    assert!(started.elapsed() >= Duration::from_millis(450), "{:?}", started.elapsed());
    assert_eq!(first.await.unwrap().end.unwrap_err().status(), Some(429));
}

#[tokio::test]
async fn errors_of_the_policy_show_no_secret() {
    let server = failing().await;
    let mut model = model_at(&server, |client| client.breaker_failures = Some(1));
    model.provider.api_key = Some(Secret::new("sk-key-6f1a"));
    let agent = Agent::new(&model).unwrap();
    ask(&agent).await.end.unwrap_err();
    let error = ask(&agent).await.end.unwrap_err();
    assert!(error.is_circuit_open() && !format!("{error} {error:?} {agent:?}").contains("6f1a"));
}
