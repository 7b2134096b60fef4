//! Requests that a server answers with questions of its own, until it has what it needs.

use std::time::Duration;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, GetPromptRequest,
    GetPromptRequestParams, GetPromptResult, InputRequest, InputRequests, InputRequiredResult,
    InputResponses, ReadResourceRequest, ReadResourceRequestParams, ReadResourceResult, ServerResult, Task,
};
use tau_tools::Progress;

use super::link::Link;
use crate::error::{McpError, McpErrorKind};

/// A server that asks more often than this asks for ever.
pub(super) const ROUNDS: usize = 10;
/// How long to wait before a server that only wanted to be asked again is; doubled each time.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The parameters of a request that may take several rounds.
pub(crate) trait Rounds: Clone + Send {
    type Outcome: Send;

    fn request(self) -> ClientRequest;

    /// Adds what the server wanted, and gives back what it said.
    fn answer(&mut self, responses: Option<InputResponses>, state: Option<String>);

    /// Reads an answer; `None` if it is none to this request.
    fn read(result: ServerResult) -> Option<Round<Self::Outcome>>;
}

/// How a round ended.
pub(crate) enum Round<T> {
    Done(T),
    InputRequired(InputRequiredResult),
    Task(Task),
}

impl Rounds for CallToolRequestParams {
    type Outcome = CallToolResult;

    fn request(self) -> ClientRequest {
        ClientRequest::CallToolRequest(CallToolRequest::new(self))
    }

    fn answer(&mut self, responses: Option<InputResponses>, state: Option<String>) {
        (self.input_responses, self.request_state) = (responses, state);
    }

    fn read(result: ServerResult) -> Option<Round<CallToolResult>> {
        match result {
            ServerResult::CallToolResult(result) => Some(Round::Done(result)),
            ServerResult::InputRequiredResult(wanted) => Some(Round::InputRequired(wanted)),
            ServerResult::CreateTaskResult(created) => Some(Round::Task(created.task)),
            _ => None,
        }
    }
}

impl Rounds for GetPromptRequestParams {
    type Outcome = GetPromptResult;

    fn request(self) -> ClientRequest {
        ClientRequest::GetPromptRequest(GetPromptRequest::new(self))
    }

    fn answer(&mut self, responses: Option<InputResponses>, state: Option<String>) {
        (self.input_responses, self.request_state) = (responses, state);
    }

    fn read(result: ServerResult) -> Option<Round<GetPromptResult>> {
        match result {
            ServerResult::GetPromptResult(result) => Some(Round::Done(result)),
            ServerResult::InputRequiredResult(wanted) => Some(Round::InputRequired(wanted)),
            _ => None,
        }
    }
}

impl Rounds for ReadResourceRequestParams {
    type Outcome = ReadResourceResult;

    fn request(self) -> ClientRequest {
        ClientRequest::ReadResourceRequest(ReadResourceRequest::new(self))
    }

    fn answer(&mut self, responses: Option<InputResponses>, state: Option<String>) {
        (self.input_responses, self.request_state) = (responses, state);
    }

    fn read(result: ServerResult) -> Option<Round<ReadResourceResult>> {
        match result {
            ServerResult::ReadResourceResult(result) => Some(Round::Done(result)),
            ServerResult::InputRequiredResult(wanted) => Some(Round::InputRequired(wanted)),
            _ => None,
        }
    }
}

impl Link {
    /// Asks until there is an outcome. A task that a server made of a call is returned, as who asks for it knows
    /// what comes of it.
    pub(crate) async fn ask<P: Rounds>(
        &self,
        what: &str,
        mut params: P,
        progress: Option<&Progress>,
    ) -> Result<Result<P::Outcome, Task>, McpError> {
        let mut pause = PAUSE;
        for _ in 0..ROUNDS {
            let result = match self.send(params.clone().request(), progress).await {
                Ok(result) => result,
                Err(error) => return Err(self.failed(what, error).await),
            };
            let wanted = match P::read(result) {
                Some(Round::Done(outcome)) => return Ok(Ok(outcome)),
                Some(Round::Task(task)) => return Ok(Err(task)),
                Some(Round::InputRequired(wanted)) => wanted,
                None => {
                    let problem = format!("answered {what} with something else");
                    return Err(McpError::new(McpErrorKind::Protocol, self.server(), problem));
                }
            };
            let requests = wanted.input_requests.unwrap_or_default();
            if requests.is_empty() {
                tokio::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            let responses = self.answers(what, requests).await?;
            params.answer(Some(responses).filter(|responses| !responses.is_empty()), wanted.request_state);
        }
        Err(self.asked_too_often(what))
    }

    pub(super) fn asked_too_often(&self, what: &str) -> McpError {
        let problem = format!("asked for more input {ROUNDS} times during {what}");
        McpError::new(McpErrorKind::Protocol, self.server(), problem)
    }

    /// What a server wanted to know, one thing after the other: a person answers one question at a time.
    pub(super) async fn answers(
        &self,
        what: &str,
        requests: InputRequests,
    ) -> Result<InputResponses, McpError> {
        let mut responses = InputResponses::new();
        for (key, request) in requests {
            let response = match request {
                InputRequest::Elicitation(request) => {
                    serde_json::to_value(self.handler.elicit(request.params).await)
                }
                InputRequest::ListRoots(_) => serde_json::to_value(self.handler.roots()),
                InputRequest::CreateMessage(_) => {
                    let problem =
                        format!("wants a model asked during {what}, which tau does not do for servers");
                    return Err(McpError::new(McpErrorKind::UnsupportedRequest, self.server(), problem));
                }
                _ => {
                    let problem = format!("wants something unknown during {what}");
                    return Err(McpError::new(McpErrorKind::UnsupportedRequest, self.server(), problem));
                }
            };
            let response = response.map_err(|error| {
                McpError::new(McpErrorKind::Protocol, self.server(), "was not answered").with_source(error)
            })?;
            responses.insert(key, response);
        }
        Ok(responses)
    }
}
