//! The floor: reqwest, serde_json and a `Vec` of messages.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json};

use crate::scenario::{PROMPT, SYSTEM, TOOL, tool_result, tool_schema};

/// What the sessions of a process share.
#[derive(Debug, Clone)]
pub(super) struct Bare {
    client: reqwest::Client,
    url: Arc<str>,
    tools: Arc<Value>,
}

impl Bare {
    pub(super) fn new(base_url: &str) -> anyhow::Result<Self> {
        let tools = json!([{ "type": "function", "function": {
            "name": TOOL, "description": "Looks at a thing.", "parameters": tool_schema(),
        }}]);
        let url = format!("{base_url}/chat/completions").into();
        Ok(Self { client: client()?, url, tools: Arc::new(tools) })
    }

    /// Takes turns and gives all that was said; `done` is called at the end of each.
    pub(super) async fn session(&self, turns: u32, mut done: impl FnMut()) -> anyhow::Result<Vec<Value>> {
        let mut messages = vec![
            json!({ "role": "system", "content": SYSTEM }),
            json!({ "role": "user", "content": PROMPT }),
        ];
        for _ in 0..turns {
            self.turn(&mut messages).await?;
            done();
        }
        Ok(messages)
    }

    /// Sends as many bytes for each turn, which nobody encoded, and reads none of the answers: what the network alone
    /// takes of a history that grows.
    pub(super) async fn bytes(&self, turns: u32, mut done: impl FnMut()) -> anyhow::Result<()> {
        let (mut messages, mut lengths) = (Vec::new(), Vec::new());
        for turn in 0..turns.min(2) {
            self.turn(&mut messages).await?;
            lengths.push(self.body(&messages)?.len());
            if turn == 0 {
                done();
            }
        }
        let [first, second] = lengths[..] else { return Ok(()) };
        let all = Bytes::from(vec![b' '; first + (second - first) * turns as usize]);
        for turn in 1..turns as usize {
            let response = self.post(all.slice(..first + (second - first) * turn)).await?;
            let mut stream = response.bytes_stream();
            while let Some(chunk) = stream.next().await {
                chunk?;
            }
            done();
        }
        Ok(())
    }

    fn body(&self, messages: &[Value]) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&json!({
            "model": "bench", "stream": true, "stream_options": { "include_usage": true },
            "tools": &*self.tools, "messages": messages,
        }))
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> anyhow::Result<reqwest::Response> {
        let request = self.client.post(&*self.url).header("content-type", "application/json");
        Ok(request.body(body).send().await?.error_for_status()?)
    }

    async fn turn(&self, messages: &mut Vec<Value>) -> anyhow::Result<()> {
        let response = self.post(self.body(messages)?).await?;
        let (text, id, arguments) = read(response).await?;
        messages.push(json!({ "role": "assistant", "content": text, "tool_calls": [{
            "id": id, "type": "function", "function": { "name": TOOL, "arguments": arguments },
        }]}));
        messages.push(json!({ "role": "tool", "tool_call_id": id, "content": tool_result() }));
        Ok(())
    }
}

/// TLS without any certificates: the server speaks plain HTTP, and the floor pays for nothing it does not need.
fn client() -> anyhow::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).tcp_nodelay(true).build()?)
}

/// The text, the call's id and its arguments.
async fn read(response: reqwest::Response) -> anyhow::Result<(String, String, String)> {
    let (mut text, mut id, mut arguments) = (String::new(), String::new(), String::new());
    let mut stream = response.bytes_stream();
    let mut buffer: Vec<u8> = Vec::new();
    while let Some(chunk) = stream.next().await {
        buffer.extend_from_slice(&chunk?);
        while let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = buffer.drain(..end + 2).collect();
            let data = event.strip_prefix(b"data: ").context("not an event")?;
            if data.starts_with(b"[DONE]") {
                return Ok((text, id, arguments));
            }
            let value: Value = serde_json::from_slice(data)?;
            let delta = &value["choices"][0]["delta"];
            text.push_str(delta["content"].as_str().unwrap_or_default());
            let call = &delta["tool_calls"][0];
            id.push_str(call["id"].as_str().unwrap_or_default());
            arguments.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    anyhow::bail!("the stream ended before its end marker")
}
