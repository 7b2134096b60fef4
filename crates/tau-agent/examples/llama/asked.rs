//! One question to the server, and everything that came of it.

use std::sync::Arc;

use futures::StreamExt;
use tau_agent::{Agent, AgentError, ChatRequest, StreamEvent, WireCache};
use tau_core::config::{Config, ModelOptions, ProviderConfig};
use tau_core::{ChatResponse, ContentBlock, Message, Secret, ToolCall};

/// A server, and the key it wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) url: &'a str,
    pub(crate) key: &'a str,
}

impl Server<'_> {
    /// An agent that speaks a format with it.
    pub(crate) fn agent(&self, format: &str) -> Result<Agent, String> {
        let mut provider = ProviderConfig::new(self.url);
        provider.format = Some(format.to_owned());
        provider.api_key = Some(Secret::new(self.key));
        // What fails once fails here, where somebody wants to know.
        provider.client.max_retries = Some(0);
        let mut config = Config::default();
        config.providers.insert("llama".to_owned(), provider);
        let resolved = config.resolve("llama/tau-conformance").map_err(|error| error.to_string())?;
        Agent::new(&resolved).map_err(|error| error.to_string())
    }
}

/// An answer, and how it came.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) response: ChatResponse,
    /// In how many pieces the words, the thoughts and the arguments of calls came.
    pub(crate) words: usize,
    pub(crate) thoughts: usize,
    pub(crate) arguments: usize,
}

impl Answered {
    pub(crate) fn text(&self) -> String {
        Message::assistant(Arc::clone(&self.response.content)).text()
    }

    pub(crate) fn thought(&self) -> String {
        let thoughts = self.response.content.iter().filter_map(|block| match block {
            ContentBlock::Reasoning(reasoning) => Some(reasoning.text.as_str()),
            _ => None,
        });
        thoughts.collect()
    }

    pub(crate) fn calls(&self) -> Vec<&ToolCall> {
        let calls = self.response.content.iter().filter_map(|block| match block {
            ContentBlock::ToolCall(call) => Some(call),
            _ => None,
        });
        calls.collect()
    }
}

/// Options of a short answer, the same every time.
pub(crate) fn options(seed: i64, most: u64) -> ModelOptions {
    let mut options = ModelOptions::default();
    options.seed = Some(seed);
    options.max_tokens = Some(most);
    options
}

/// A message of the user's.
pub(crate) fn user(text: &str) -> Arc<Message> {
    Arc::new(Message::user([ContentBlock::text(text)]))
}

/// Asks and waits for the end.
pub(crate) async fn ask(agent: &Agent, request: ChatRequest<'_>) -> Result<Answered, AgentError> {
    let mut stream = agent.stream(request, &mut WireCache::default());
    let (mut words, mut thoughts, mut arguments) = (0, 0, 0);
    while let Some(event) = stream.next().await {
        match event? {
            StreamEvent::TextDelta(_) => words += 1,
            StreamEvent::ReasoningDelta(_) => thoughts += 1,
            StreamEvent::ToolCallDelta { .. } => arguments += 1,
            StreamEvent::Completed(response) => {
                return Ok(Answered { response, words, thoughts, arguments });
            }
            _ => {}
        }
    }
    // A stream ends with one of the two; to ask once more tells which rule was broken.
    agent.chat(request, &mut WireCache::default()).await.map(|response| Answered {
        response,
        words,
        thoughts,
        arguments,
    })
}
