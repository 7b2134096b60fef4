//! A model in this process, which says as many words as its prompt asks for.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;
use tau_agent::Agent;
use tau_agent::transport::{Transport, TransportError, WireRequest, WireResponse};
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::ModelFailureKind;
use tau_testkit::chunk;

use crate::interface::WORD;

pub(super) fn agent() -> anyhow::Result<Agent> {
    let mut config = Config::default();
    config.providers.insert("bench".to_owned(), ProviderConfig::new("http://model.invalid/v1"));
    let said = |chunk: &Value| Bytes::from(format!("data: {chunk}\n\n"));
    let talker = Talker {
        word: said(&chunk::text(WORD)),
        end: [said(&chunk::finish("stop")), said(&chunk::usage(100, 10)), "data: [DONE]\n\n".into()],
    };
    Ok(Agent::with_transport(&config.resolve("bench/bench")?, Arc::new(talker))?)
}

/// Answers at once with chunks that were made before, one for each word.
#[derive(Debug)]
struct Talker {
    word: Bytes,
    end: [Bytes; 3],
}

impl Transport for Talker {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let words = match asked_for(&request.body.to_vec()) {
            Ok(words) => words,
            Err(error) => {
                let error = TransportError::new(ModelFailureKind::Unreachable, error.to_string());
                return std::future::ready(Err(error)).boxed();
            }
        };
        let chunks = std::iter::repeat_n(self.word.clone(), words).chain(self.end.clone());
        // Like a socket that is never empty: others have their turn.
        let body = stream::iter(chunks).then(|chunk| async {
            tokio::task::coop::consume_budget().await;
            Ok(chunk)
        });
        std::future::ready(Ok(WireResponse::new(200, "text/event-stream", body.boxed()))).boxed()
    }
}

/// The number that is the last message.
fn asked_for(body: &[u8]) -> anyhow::Result<usize> {
    let body: Value = serde_json::from_slice(body)?;
    let last = body["messages"].as_array().and_then(|messages| messages.last()).context("no message")?;
    let content = &last["content"];
    let text = content.as_str().or_else(|| content[0]["text"].as_str()).context("no text")?;
    Ok(text.trim().parse()?)
}
