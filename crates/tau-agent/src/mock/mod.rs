//! A model that answers by script, for tests of what is built on agents. Behind the feature `mock`.
//!
//! A scripted model is a transport, as a recorded one is: its answers go through the real encoder and decoder, retries
//! and limits of time. For faults down to the socket, a real server is needed.
//!
//! ```
//! use std::sync::Arc;
//! use tau_agent::mock::{ScriptedModel, ScriptedReply};
//! use tau_agent::{ChatRequest, WireCache};
//! use tau_core::{ContentBlock, Message};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let model = ScriptedModel::new([ScriptedReply::text("Hello!")]);
//! let messages = [Arc::new(Message::user([ContentBlock::text("Hi")]))];
//! let reply = model.agent().chat(ChatRequest::new(&messages), &mut WireCache::default()).await.unwrap();
//! assert_eq!(*reply.content, [ContentBlock::text("Hello!")]);
//! assert_eq!(model.requests()[0]["messages"][0]["content"], "Hi");
//! # });
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use tau_core::config::{ProviderConfig, ResolvedModel};
use tau_core::event::ModelFailureKind;

use crate::agent::Agent;
use crate::transport::{Transport, TransportError, WireRequest, WireResponse};

/// One answer of a [`ScriptedModel`].
#[derive(Debug, Clone)]
pub struct ScriptedReply {
    status: u16,
    chunks: Vec<Value>,
    /// Whether it breaks off behind its chunks.
    breaks_off: bool,
}

impl ScriptedReply {
    fn stream(chunks: Vec<Value>, finish: &str) -> Self {
        let end = json!({ "choices": [{ "delta": {}, "finish_reason": finish }] });
        let usage = json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 5 } });
        Self { status: 200, chunks: [chunks, vec![end, usage]].concat(), breaks_off: false }
    }

    /// Words, one piece for each word; 10 tokens read and 5 written.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::stream(text.split_inclusive(' ').map(words).collect(), "stop")
    }

    /// Calls of tools: an id, a name, and the text of the arguments each.
    #[must_use]
    pub fn tool_calls<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let calls = calls.into_iter().enumerate().map(|(index, (id, name, arguments))| {
            json!({ "choices": [{ "delta": { "tool_calls": [{
                "index": index, "id": id, "function": { "name": name, "arguments": arguments },
            }] } }] })
        });
        Self::stream(calls.collect(), "tool_calls")
    }

    /// A refusal.
    #[must_use]
    pub fn error(status: u16, message: &str) -> Self {
        Self { status, chunks: vec![json!({ "error": { "message": message } })], breaks_off: false }
    }

    /// Words, behind which the connection breaks.
    #[must_use]
    pub fn broken(text: &str) -> Self {
        Self { status: 200, chunks: vec![words(text)], breaks_off: true }
    }

    fn response(self) -> WireResponse {
        let is_stream = self.status == 200;
        let mut chunks: Vec<Result<Bytes, TransportError>> = Vec::new();
        for chunk in self.chunks {
            let text = if is_stream { format!("data: {chunk}\n\n") } else { chunk.to_string() };
            chunks.push(Ok(Bytes::from(text)));
        }
        if self.breaks_off {
            chunks.push(Err(TransportError::new(ModelFailureKind::Interrupted, "the script breaks off")));
        } else if is_stream {
            chunks.push(Ok(Bytes::from_static(b"data: [DONE]\n\n")));
        }
        let content_type = if is_stream { "text/event-stream" } else { "application/json" };
        WireResponse::new(self.status, content_type, futures::stream::iter(chunks).boxed())
    }
}

fn words(text: &str) -> Value {
    json!({ "choices": [{ "delta": { "content": text } }] })
}

/// A model that answers by script, under the name `scripted/model`. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ScriptedModel {
    script: Arc<Script>,
}

#[derive(Debug, Default)]
struct Script {
    replies: Mutex<VecDeque<ScriptedReply>>,
    requests: Mutex<Vec<Value>>,
}

impl ScriptedModel {
    /// A model with these answers, in order. A request beyond them is refused.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        let model = Self::default();
        locked(&model.script.replies).extend(replies);
        model
    }

    /// What it was asked so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        locked(&self.script.requests).clone()
    }

    /// The model with everything needed to reach it; change it, and pass it with [`transport`](Self::transport) to
    /// [`Agent::with_transport`].
    #[must_use]
    pub fn resolved(&self) -> ResolvedModel {
        let mut config = tau_core::config::Config::default();
        config.providers.insert("scripted".to_owned(), ProviderConfig::new("http://scripted.invalid/v1"));
        #[expect(clippy::expect_used, reason = "the configuration above is complete")]
        config.resolve("scripted/model").expect("a provider with an address resolves")
    }

    /// Its side of the wire.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.script) as Arc<dyn Transport>
    }

    /// An agent that asks it, and tries nothing again.
    #[must_use]
    pub fn agent(&self) -> Agent {
        let mut resolved = self.resolved();
        resolved.provider.client.max_retries = Some(0);
        #[expect(clippy::expect_used, reason = "format and address are ours")]
        Agent::with_transport(&resolved, self.transport()).expect("the format is known")
    }
}

impl Transport for Script {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        locked(&self.requests).push(serde_json::from_slice(&request.body.to_vec()).unwrap_or_default());
        let reply = locked(&self.replies).pop_front();
        let reply = reply.unwrap_or_else(|| ScriptedReply::error(400, "the script holds no more answers"));
        std::future::ready(Ok(reply.response())).boxed()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChatRequest, WireCache};

    #[tokio::test]
    async fn a_script_is_played_to_its_end() {
        let model = ScriptedModel::new([
            ScriptedReply::tool_calls([("a", "read", "{}")]),
            ScriptedReply::broken("Hal"),
            ScriptedReply::error(429, "slow down"),
        ]);
        let agent = model.agent();
        let ask = async || agent.chat(ChatRequest::new(&[]), &mut WireCache::default()).await;
        assert_eq!(ask().await.unwrap().content.len(), 1);
        assert!(ask().await.unwrap_err().is_mid_answer());
        assert_eq!(ask().await.unwrap_err().status(), Some(429));
        assert!(ask().await.unwrap_err().to_string().contains("holds no more answers"));
        assert_eq!(model.requests().len(), 4);
    }
}
