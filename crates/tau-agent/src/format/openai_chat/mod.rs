//! OpenAI-compatible chat completions: OpenAI, Ollama, vLLM, llama.cpp, LM Studio, OpenRouter, DeepSeek,
//! Mistral, Groq, xAI and many more.
//!
//! Source: the public API reference of OpenAI (`POST /chat/completions`), and what the servers named send in
//! practice.

mod decode;
mod encode;
mod fold;

use futures::stream::BoxStream;
use serde_json::Value;
use tau_core::config::ModelOptions;
use tau_core::{Model, Secret};
use url::Url;

use super::{Format, FormatError};
use crate::request::{ChatRequest, WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "openai-chat";

/// In what is echoed, stands for the text of the reasoning it belongs to.
const ECHO_TEXT: Value = Value::Bool(true);

/// OpenAI-compatible chat completions.
#[derive(Debug)]
pub(super) struct OpenAiChat;

impl Format for OpenAiChat {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url) -> Url {
        below(base, "chat/completions")
    }

    fn models_url(&self, base: &Url) -> Url {
        below(base, "models")
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        let malformed = |problem: String| FormatError::Malformed(problem);
        let list: Value = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
        // A server without any models may say `null`.
        let models = match &list["data"] {
            Value::Array(models) => models.as_slice(),
            Value::Null if list.get("data").is_some() => &[],
            _ => return Err(malformed("the list of models has no `data`".to_owned())),
        };
        Ok(models.iter().filter_map(|model| model["id"].as_str()).map(str::to_owned).collect())
    }

    fn auth_header(&self, key: &Secret) -> (String, Secret) {
        ("authorization".to_owned(), Secret::new(format!("Bearer {}", key.expose())))
    }

    fn encode_chat(
        &self,
        model: &Model,
        options: &ModelOptions,
        request: &ChatRequest<'_>,
        cache: &mut WireCache,
    ) -> WireBody {
        encode::body(model, options, request, cache)
    }

    fn decode_chat(&self, response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
        decode::stream(response)
    }
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}
