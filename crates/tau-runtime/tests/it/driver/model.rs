//! A model that the test plays: it sees each request and sends the answer piece by piece.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tau_agent::Agent;
use tau_agent::transport::{Transport, TransportError, WireRequest, WireResponse};
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::ModelFailureKind;
use tau_testkit::chunk;
use tokio::sync::mpsc;

use super::support::in_time;

/// The model's side of the wire.
pub(crate) struct Model {
    pub(crate) agent: Agent,
    requests: mpsc::UnboundedReceiver<Exchange>,
    /// The bodies so far, in order.
    pub(crate) bodies: Vec<Vec<u8>>,
}

/// One request and the way to answer it. Dropped early, the answer breaks off.
pub(crate) struct Exchange {
    pub(crate) body: Vec<u8>,
    answer: mpsc::UnboundedSender<Bytes>,
}

#[derive(Debug)]
struct Wire {
    requests: mpsc::UnboundedSender<Exchange>,
    /// Requests that do not get through, before others do.
    refused: AtomicUsize,
}

impl Transport for Wire {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let is_refused =
            self.refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_refused {
            let error = TransportError::new(ModelFailureKind::Unreachable, "nobody is there");
            return std::future::ready(Err(error)).boxed();
        }
        let (answer, chunks) = mpsc::unbounded_channel();
        // A test that is over reads no more requests.
        let _ = self.requests.send(Exchange { body: request.body.to_vec(), answer });
        let body = futures::stream::unfold(chunks, |mut chunks| async {
            let chunk: Bytes = chunks.recv().await?;
            Some((Ok(chunk), chunks))
        });
        std::future::ready(Ok(WireResponse::new(200, "text/event-stream", body.boxed()))).boxed()
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        Self::refusing(0)
    }

    /// A model that is not there for the first so many requests, and a client that tries once more.
    pub(crate) fn refusing(refused: usize) -> Self {
        let (sender, requests) = mpsc::unbounded_channel();
        let mut config = Config::default();
        let mut provider = ProviderConfig::new("http://played.invalid/v1");
        provider.client.max_retries = Some(u32::from(refused > 0));
        config.providers.insert("test".to_owned(), provider);
        let wire = Arc::new(Wire { requests: sender, refused: AtomicUsize::new(refused) });
        let agent = Agent::with_transport(&config.resolve("test/m").unwrap(), wire).unwrap();
        Self { agent, requests, bodies: Vec::new() }
    }

    /// The next request.
    pub(crate) async fn asked(&mut self) -> Exchange {
        let exchange = in_time(self.requests.recv()).await.unwrap();
        self.bodies.push(exchange.body.clone());
        exchange
    }

    /// Whether no request waits.
    pub(crate) fn is_left_alone(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }
}

impl Exchange {
    pub(crate) fn send(&self, chunk: &Value) {
        // A session that gave the request up hears no more.
        let _ = self.answer.send(Bytes::from(format!("data: {chunk}\n\n")));
    }

    pub(crate) fn say(&self, text: &str) {
        self.send(&chunk::text(text));
    }

    /// The whole answer: words.
    pub(crate) fn text(self, text: &str) {
        self.say(text);
        self.finish("stop");
    }

    /// The whole answer: calls, as id, tool and arguments.
    pub(crate) fn call(self, calls: &[(&str, &str, &str)]) {
        for (index, (id, tool, arguments)) in calls.iter().enumerate() {
            self.send(&chunk::tool_call(index, id, tool, arguments));
        }
        self.finish("tool_calls");
    }

    pub(crate) fn finish(self, reason: &str) {
        self.send(&chunk::finish(reason));
        self.send(&chunk::usage(100, 10));
        let _ = self.answer.send(Bytes::from_static(b"data: [DONE]\n\n"));
    }

    /// Resolves when the session reads no more.
    pub(crate) async fn given_up(&self) {
        in_time(self.answer.closed()).await;
    }

    /// The names of the tools that the model is told of.
    pub(crate) fn tools(&self) -> Vec<String> {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let tools = body["tools"].as_array().into_iter().flatten();
        tools.map(|tool| tool["function"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The messages asked, as `role: content`.
    pub(crate) fn messages(&self) -> Vec<String> {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let messages = body["messages"].as_array().unwrap().iter();
        messages
            .map(|message| {
                let text = match &message["content"] {
                    Value::String(text) => text.clone(),
                    Value::Null => "-".to_owned(),
                    other => other.to_string(),
                };
                format!("{}: {text}", message["role"].as_str().unwrap())
            })
            .collect()
    }
}
