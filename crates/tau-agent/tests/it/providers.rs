//! Where requests go at each provider, and how the key gets there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::json;
use tau_agent::provider::{self, AuthScheme};
use tau_agent::transport::{Transport, TransportError, WireRequest, WireResponse};
use tau_agent::{Agent, ChatRequest, EmbeddingsRequest, TranscriptionRequest, WireCache};
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::ModelFailureKind;
use tau_core::{Secret, TranscriptionSegment};
use tau_testkit::{ModelServer, Reply};

use crate::support::resolved;

/// A transport that answers nothing and keeps what it was asked.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<WireRequest>>);

impl Transport for Kept {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        self.0.lock().unwrap().push(request);
        let body = futures::stream::empty().boxed();
        std::future::ready(Ok(WireResponse::new(200, "", body))).boxed()
    }
}

/// The address that a chat request goes to, and the headers that carry the key or a version.
async fn asked(change: impl FnOnce(&mut ProviderConfig)) -> (String, Vec<(String, String)>) {
    let mut provider = ProviderConfig::default();
    provider.api_key = Some(Secret::new("sk-1"));
    provider.client.max_retries = Some(0);
    change(&mut provider);
    let transport = Arc::new(Kept::default());
    let agent = Agent::with_transport(&resolved(provider), Arc::<Kept>::clone(&transport)).unwrap();
    let _ = agent.chat(ChatRequest::new(&[]), &mut WireCache::default()).await.unwrap_err();
    let request = transport.0.lock().unwrap().pop().unwrap();
    let headers = request.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    (request.url.to_string(), headers.collect())
}

fn kind(name: &'static str) -> impl FnOnce(&mut ProviderConfig) {
    move |provider| provider.kind = Some(name.to_owned())
}

#[tokio::test]
async fn every_provider_has_its_address_and_its_header() {
    let bearer = ("authorization", "Bearer sk-1");
    let version = ("anthropic-version", "2023-06-01");
    let cases = [
        ("openai", "https://api.openai.com/v1/responses", vec![bearer]),
        ("anthropic", "https://api.anthropic.com/v1/messages", vec![version, ("x-api-key", "sk-1")]),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse",
            vec![("x-goog-api-key", "sk-1")],
        ),
        ("openrouter", "https://openrouter.ai/api/v1/chat/completions", vec![bearer]),
        ("deepseek", "https://api.deepseek.com/v1/chat/completions", vec![bearer]),
        ("mistral", "https://api.mistral.ai/v1/chat/completions", vec![bearer]),
        ("groq", "https://api.groq.com/openai/v1/chat/completions", vec![bearer]),
        ("xai", "https://api.x.ai/v1/chat/completions", vec![bearer]),
        ("ollama", "http://localhost:11434/api/chat", vec![bearer]),
        ("llamacpp", "http://localhost:8080/v1/chat/completions", vec![bearer]),
        ("lmstudio", "http://localhost:1234/v1/chat/completions", vec![bearer]),
        ("vllm", "http://localhost:8000/v1/chat/completions", vec![bearer]),
    ];
    for (name, address, headers) in &cases {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(asked(kind(name)).await, ((*address).to_owned(), headers), "{name}");
    }
    let tested: Vec<&str> =
        cases.iter().map(|(name, ..)| *name).chain(["azure", "bedrock", "compatible"]).collect();
    for provider in provider::all() {
        assert!(tested.contains(&provider.name()), "{} is not tested", provider.name());
    }
}

#[tokio::test]
async fn azure_is_addressed_in_every_way() {
    let azure = |format: Option<&'static str>, api_version: Option<&'static str>| {
        asked(move |provider| {
            provider.kind = Some("azure".to_owned());
            provider.base_url = Some("https://r.openai.azure.com/".to_owned());
            provider.format = format.map(str::to_owned);
            provider.api_version = api_version.map(str::to_owned);
        })
    };
    let key = vec![("api-key".to_owned(), "sk-1".to_owned())];
    let deployed = "https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21";
    assert_eq!(azure(None, Some("2024-10-21")).await, (deployed.to_owned(), key.clone()));
    let v1 = "https://r.openai.azure.com/openai/v1/chat/completions";
    assert_eq!(azure(None, None).await, (v1.to_owned(), key.clone()));
    let responses = "https://r.openai.azure.com/openai/v1/responses";
    assert_eq!(azure(Some("openai-responses"), None).await, (responses.to_owned(), key));
    let (address, headers) = azure(Some("anthropic-messages"), None).await;
    assert_eq!(address, "https://r.openai.azure.com/anthropic/v1/messages");
    assert!(headers.contains(&("api-key".to_owned(), "sk-1".to_owned())), "{headers:?}");
}

#[tokio::test]
async fn format_and_provider_are_chosen_apart() {
    let (address, headers) = asked(|provider| {
        provider.kind = Some("llamacpp".to_owned());
        provider.format = Some("anthropic-messages".to_owned());
        provider.headers.insert("Anthropic-Version".to_owned(), Secret::new("2030-01-01"));
    })
    .await;
    assert_eq!(address, "http://localhost:8080/v1/messages");
    assert_eq!(headers[0], ("Anthropic-Version".to_owned(), "2030-01-01".to_owned()));
    assert_eq!(headers[1].0, "x-api-key", "the user's version is the one: {headers:?}");
    let (address, _) = asked(|provider| {
        provider.kind = Some("ollama".to_owned());
        provider.base_url = Some("http://other:11434/v1".to_owned());
    })
    .await;
    assert_eq!(address, "http://other:11434/api/chat", "the address of the other side is understood");
}

#[tokio::test]
async fn what_a_provider_wants_otherwise_is_sent_otherwise() {
    let body = async |kind: &str| {
        let mut provider = ProviderConfig::default();
        provider.kind = Some(kind.to_owned());
        provider.format = Some("openai-chat".to_owned());
        provider.base_url = Some("http://scripted.invalid".to_owned());
        provider.client.max_retries = Some(0);
        let mut model = resolved(provider);
        model.options.max_tokens = Some(9);
        model.options.seed = Some(1);
        let transport = Arc::new(Kept::default());
        let agent = Agent::with_transport(&model, Arc::<Kept>::clone(&transport)).unwrap();
        let _ = agent.chat(ChatRequest::new(&[]), &mut WireCache::default()).await.unwrap_err();
        let sent = transport.0.lock().unwrap().pop().unwrap().body.to_vec();
        serde_json::from_slice::<serde_json::Value>(&sent).unwrap()
    };
    let usual = json!({ "model": "m", "stream": true, "stream_options": { "include_usage": true },
        "max_tokens": 9, "seed": 1, "messages": [] });
    assert_eq!(body("vllm").await, usual);
    let mistral = json!({ "model": "m", "stream": true, "max_tokens": 9, "random_seed": 1, "messages": [] });
    assert_eq!(body("mistral").await, mistral);
    assert_eq!(body("openai").await["max_completion_tokens"], 9);
    assert_eq!(body("openai").await["max_tokens"], json!(null));
}

/// A provider that is not built in.
#[derive(Debug)]
struct Moon;

impl provider::Provider for Moon {
    fn name(&self) -> &'static str {
        "moon"
    }

    fn base_url(&self) -> Option<&'static str> {
        Some("http://moon.invalid/api")
    }

    fn format(&self) -> &'static str {
        "gemini"
    }

    fn key_variable(&self) -> Option<&'static str> {
        None
    }

    fn auth(&self) -> Option<AuthScheme> {
        Some(AuthScheme::Header("x-moon"))
    }
}

#[tokio::test]
async fn a_provider_of_ones_own() {
    let mut provider = ProviderConfig::default();
    provider.api_key = Some(Secret::new("sk-1"));
    provider.client.max_retries = Some(0);
    let transport = Arc::new(Kept::default());
    let agent = Agent::with_provider(&resolved(provider), &Moon, Arc::<Kept>::clone(&transport)).unwrap();
    let _ = agent.chat(ChatRequest::new(&[]), &mut WireCache::default()).await.unwrap_err();
    let request = transport.0.lock().unwrap().pop().unwrap();
    assert_eq!(request.url.as_str(), "http://moon.invalid/api/models/m:streamGenerateContent?alt=sse");
    assert_eq!(request.headers[0].0, "x-moon");
}

#[test]
fn what_is_unknown_is_named_with_what_there_is() {
    let mut config = Config::default();
    let mut provider = |name: &str, change: fn(&mut ProviderConfig)| {
        let mut provider = ProviderConfig::new("http://x/v1");
        change(&mut provider);
        config.providers.insert(name.to_owned(), provider);
    };
    provider("a", |provider| provider.kind = Some("opnai".to_owned()));
    provider("b", |provider| provider.format = Some("telepathy".to_owned()));
    provider("c", |provider| {
        provider.kind = Some("azure".to_owned());
        provider.base_url = None;
    });
    provider("d", |provider| provider.kind = Some("ollama".to_owned()));
    let problems: Vec<String> = provider::check(&config).iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "providers.a.kind: `opnai` is not a kind of provider; did you mean `openai`?".to_owned(),
            format!(
                "providers.b.format: `telepathy` is not a wire format; known: {}",
                crate::support::known_formats()
            ),
            "providers.c.base_url: a provider needs its address; for example \"http://localhost:11434/v1\""
                .to_owned(),
        ]
    );
}

#[tokio::test]
async fn embeddings_of_every_format() {
    let cases = [
        (
            "openai-chat",
            "/v1/embeddings",
            json!({ "data": [{ "index": 1, "embedding": [2.0] }, { "index": 0, "embedding": [1.0] }],
                    "model": "e", "usage": { "prompt_tokens": 3 } }),
            json!({ "model": "m", "input": ["a", "b"], "dimensions": 1 }),
        ),
        (
            "ollama-chat",
            "/api/embed",
            json!({ "embeddings": [[1.0], [2.0]], "model": "e", "prompt_eval_count": 3 }),
            json!({ "model": "m", "input": ["a", "b"], "dimensions": 1, "truncate": false }),
        ),
        (
            "gemini",
            "/v1/models/m:batchEmbedContents",
            json!({ "embeddings": [{ "values": [1.0] }, { "values": [2.0] }] }),
            json!({ "requests": [
                { "model": "models/m", "content": { "parts": [{ "text": "a" }] }, "outputDimensionality": 1 },
                { "model": "models/m", "content": { "parts": [{ "text": "b" }] }, "outputDimensionality": 1 },
            ] }),
        ),
    ];
    for (format, path, answer, body) in cases {
        let server = ModelServer::with_replies([Reply::json(200, &answer), Reply::json(200, &json!({}))]);
        let server = server.await.unwrap();
        let mut provider = ProviderConfig::new(server.base_url());
        provider.format = Some(format.to_owned());
        let agent = Agent::new(&resolved(provider)).unwrap();
        let texts = ["a".to_owned(), "b".to_owned()];
        let request = EmbeddingsRequest::new(&texts).with_dimensions(1);
        let response = agent.embeddings(request).await.unwrap();
        assert_eq!(response.embeddings, [[1.0], [2.0]], "{format}");
        let sent = &server.requests()[0];
        assert_eq!((sent.path.as_str(), sent.json()), (path, body), "{format}");
        let error = agent.embeddings(request).await.unwrap_err();
        assert_eq!(error.kind(), ModelFailureKind::Protocol, "{format}: {error}");
    }
}

#[tokio::test]
async fn a_format_without_embeddings_says_so() {
    let mut provider = ProviderConfig::default();
    provider.kind = Some("anthropic".to_owned());
    let agent = Agent::with_transport(&resolved(provider), Arc::new(Kept::default())).unwrap();
    let error = agent.embeddings(EmbeddingsRequest::new(&["a".to_owned()])).await.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::InvalidRequest);
    assert!(error.to_string().contains("anthropic-messages, which has no embeddings"), "{error}");
}

#[tokio::test]
async fn a_recording_is_sent_as_a_form() {
    let answer = json!({ "text": "Hello there.", "language": "english",
        "segments": [{ "start": 0.5, "end": 1.25, "text": " Hello there." }],
        "usage": { "type": "tokens", "input_tokens": 7, "output_tokens": 3 } });
    let server = ModelServer::with_replies([Reply::json(200, &answer), Reply::json(200, &json!({}))]);
    let server = server.await.unwrap();
    let agent = Agent::new(&resolved(ProviderConfig::new(server.base_url()))).unwrap();
    let request = TranscriptionRequest::new(b"RIFF\xFF", "audio/wav").with_language("en").with_times();
    let words = agent.transcribe(request).await.unwrap();
    assert_eq!((words.text.as_str(), words.language.as_deref()), ("Hello there.", Some("english")));
    let (start, end) = (Duration::from_millis(500), Duration::from_millis(1250));
    assert_eq!(words.segments, [TranscriptionSegment::new(start, end, "Hello there.")]);
    assert_eq!((words.usage.unwrap().input, words.usage.unwrap().output), (7, 3));

    let sent = &server.requests()[0];
    assert_eq!(sent.path, "/v1/audio/transcriptions");
    let boundary =
        sent.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let part = |name: &str, rest: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n")
    };
    let mut expected = [
        part("model", "\r\n\r\nm"),
        part("response_format", "\r\n\r\nverbose_json"),
        part("language", "\r\n\r\nen"),
        part("file", "; filename=\"audio.wav\"\r\nContent-Type: audio/wav\r\n"),
    ]
    .concat()
    .into_bytes();
    expected.extend_from_slice(b"RIFF\xFF");
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert_eq!(sent.body, expected);
    let error = agent.transcribe(request).await.unwrap_err();
    assert!(error.to_string().contains("the answer has no `text`"), "{error}");
}

/// The request of something else than a reply. There is no answer to it.
async fn asked_beside(provider: ProviderConfig, ask: impl AsyncFnOnce(&Agent)) -> WireRequest {
    let transport = Arc::new(Kept::default());
    ask(&Agent::with_transport(&resolved(provider), Arc::<Kept>::clone(&transport)).unwrap()).await;
    transport.0.lock().unwrap().pop().unwrap()
}

#[tokio::test]
async fn parameters_of_a_media_type_are_no_part_of_the_file_name() {
    let provider = ProviderConfig::new("http://kept.invalid");
    let request = asked_beside(provider, async |agent| {
        let request = TranscriptionRequest::new(b"x", "audio/webm; codecs=opus");
        agent.transcribe(request).await.unwrap_err();
    });
    let body = String::from_utf8(request.await.body.to_vec()).unwrap();
    let head = "filename=\"audio.webm\"\r\nContent-Type: audio/webm; codecs=opus\r\n";
    assert!(body.contains(head), "{body}");
}

#[tokio::test]
async fn embeddings_of_azure_are_at_the_deployment_whatever_replies_are_asked_in() {
    for format in ["openai-chat", "openai-responses"] {
        let mut provider = ProviderConfig::new("https://r.openai.azure.com");
        provider.kind = Some("azure".to_owned());
        provider.format = Some(format.to_owned());
        provider.api_version = Some("2024-10-21".to_owned());
        let request = asked_beside(provider, async |agent| {
            agent.embeddings(EmbeddingsRequest::new(&["a".to_owned()])).await.unwrap_err();
        });
        let address = "https://r.openai.azure.com/openai/deployments/m/embeddings?api-version=2024-10-21";
        assert_eq!(request.await.url.as_str(), address, "{format}");
    }
}
