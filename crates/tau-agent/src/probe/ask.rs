//! One question to a model, and what is noticed beside the answer.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tau_core::{ChatResponse, ContentBlock, Message, ToolDefinition};
use tokio::time::Instant;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::output::OutputSchema;
use crate::request::{ChatRequest, WireCache};
use crate::stream::StreamEvent;

/// A model that is asked, and what was noticed so far.
pub(super) struct Asking<'a> {
    agent: &'a Agent,
    pub(super) reasons: bool,
    pub(super) tells_usage: bool,
    pub(super) first_words: Option<Duration>,
    /// The conversation in which it called a tool, for whoever goes on with it.
    pub(super) called: Option<Vec<Arc<Message>>>,
}

/// An answer, and in how many pieces its words came.
pub(super) struct Answered {
    pub(super) response: ChatResponse,
    pub(super) pieces: usize,
}

impl Answered {
    pub(super) fn text(&self) -> String {
        Message::assistant(self.response.content.clone()).text()
    }
}

impl<'a> Asking<'a> {
    pub(super) const fn new(agent: &'a Agent) -> Self {
        Self { agent, reasons: false, tells_usage: false, first_words: None, called: None }
    }

    /// Asks for words.
    pub(super) async fn say(&mut self, content: Vec<ContentBlock>) -> Result<Answered, AgentError> {
        self.ask(&[Arc::new(Message::user(content))], &[], None).await
    }

    pub(super) async fn ask(
        &mut self,
        messages: &[Arc<Message>],
        tools: &[ToolDefinition],
        output: Option<&OutputSchema>,
    ) -> Result<Answered, AgentError> {
        let mut request = ChatRequest::new(messages).with_tools(tools);
        if let Some(output) = output {
            request = request.with_output(output);
        }
        let started = Instant::now();
        let mut stream = self.agent.stream(request, &mut WireCache::default());
        let mut pieces = 0;
        loop {
            match stream.next().await {
                Some(Ok(StreamEvent::Completed(response))) => {
                    self.tells_usage |= response.usage.is_some_and(|usage| usage.total() > 0);
                    self.reasons |=
                        response.content.iter().any(|block| matches!(block, ContentBlock::Reasoning(_)));
                    return Ok(Answered { response, pieces });
                }
                Some(Ok(StreamEvent::TextDelta(_) | StreamEvent::ReasoningDelta(_))) => {
                    self.first_words.get_or_insert_with(|| started.elapsed());
                    pieces += 1;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(self.agent.interrupted()),
            }
        }
    }
}
