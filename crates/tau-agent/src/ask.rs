//! What else an agent can be asked: output of a schema, embeddings, and the words of a recording.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tau_core::event::ModelFailureKind;
use tau_core::{ChatResponse, ContentBlock, EmbeddingsResponse, Message, Transcription};

use crate::agent::Agent;
use crate::error::AgentError;
use crate::output::{self, OutputSchema};
use crate::request::{ChatRequest, EmbeddingsRequest, TranscriptionRequest, WireBody, WireCache};
use crate::transport::WireRequest;

/// JSON that follows its schema, and the reply it came in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StructuredResponse {
    /// The JSON.
    pub value: Value,
    /// The reply; its usage counts both replies, when the first was repaired.
    pub response: ChatResponse,
}

impl Agent {
    /// Asks the model for JSON of a schema and waits for it.
    ///
    /// The reply is checked against the schema. When it does not follow it, the model is told so and asked once more;
    /// the conversation that is given does not change. A reply that was cut, was refused or calls tools is no such
    /// reply.
    ///
    /// # Errors
    /// When the model cannot be asked, or its second reply too does not follow the schema.
    pub async fn chat_structured(
        &self,
        request: ChatRequest<'_>,
        schema: &OutputSchema,
        cache: &mut WireCache,
    ) -> Result<StructuredResponse, AgentError> {
        let first = self.chat(request.with_output(schema), cache).await?;
        let problem = match check(schema, &first) {
            Ok(value) => return Ok(StructuredResponse { value, response: first }),
            Err(problem) => problem,
        };
        let mut messages = request.messages.to_vec();
        messages.push(Arc::new(Message::assistant(Arc::clone(&first.content))));
        let told =
            format!("That is not what was asked for: {problem}. Answer again with the corrected JSON alone.");
        messages.push(Arc::new(Message::user([ContentBlock::text(told)])));
        let again = ChatRequest { messages: &messages, ..request }.with_output(schema);
        let mut response = self.chat(again, cache).await?;
        if let (Some(usage), Some(before)) = (&mut response.usage, first.usage) {
            *usage += before;
        }
        match check(schema, &response) {
            Ok(value) => Ok(StructuredResponse { value, response }),
            Err(problem) => {
                let endpoint = self.parts().1.endpoint.clone();
                let problem = format!("twice gave no output of the schema `{}`: {problem}", schema.name);
                Err(AgentError::new(ModelFailureKind::Protocol, &endpoint, problem))
            }
        }
    }

    /// Asks the model for the vectors of texts.
    ///
    /// # Errors
    /// When the wire format has no embeddings, the model cannot be asked, or it answers with something else.
    pub async fn embeddings(&self, request: EmbeddingsRequest<'_>) -> Result<EmbeddingsResponse, AgentError> {
        let (target, exchange) = self.parts();
        let format = target.format.embeddings().ok_or_else(|| self.lacks("embeddings"))?;
        let body = WireBody::new([Bytes::from(format.encode(self.model(), &request))]);
        let wire = WireRequest::post(format.url(&target.auxiliary_base, &self.model().name), body);
        let answer = self.answer_to(wire).await?;
        let response = format.decode(&answer, self.model(), request.texts.len());
        response.map_err(|error| exchange.format_error(error))
    }

    /// Asks the model for the words of a recording.
    ///
    /// # Errors
    /// When the wire format has no transcriptions, the model cannot be asked, or it answers with something else.
    pub async fn transcribe(&self, request: TranscriptionRequest<'_>) -> Result<Transcription, AgentError> {
        let (target, exchange) = self.parts();
        let format = target.format.transcription().ok_or_else(|| self.lacks("transcriptions"))?;
        let (content_type, body) = format.encode(self.model(), &request);
        let url = format.url(&target.auxiliary_base, &self.model().name);
        let mut wire = WireRequest::post(url, WireBody::new([Bytes::from(body)]));
        wire.content_type = content_type;
        let answer = self.answer_to(wire).await?;
        format.decode(&answer).map_err(|error| exchange.format_error(error))
    }

    async fn answer_to(&self, mut request: WireRequest) -> Result<Vec<u8>, AgentError> {
        let (target, exchange) = self.parts();
        request.headers.clone_from(&target.headers);
        exchange.fetch_within(exchange.client.first_token_timeout(), request).await
    }

    fn lacks(&self, what: &str) -> AgentError {
        let (target, exchange) = self.parts();
        let problem = format!("is asked in the format {}, which has no {what}", target.format.name());
        AgentError::new(ModelFailureKind::InvalidRequest, &exchange.endpoint, problem)
    }
}

/// The JSON of a reply, or what is wrong with it in words for the model.
fn check(schema: &OutputSchema, response: &ChatResponse) -> Result<Value, String> {
    let message = Message::assistant(Arc::clone(&response.content));
    output::check(schema, &message.text())
}
