//! What a tool is, and what it gives.

use std::fmt::Display;
use std::time::Duration;

use serde_json::Value;
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    EffectClass, ToolDefinition, ToolOffer, ToolResultBlock, ToolReturn, tool_result_block,
};

/// A tool, as a model and a runtime are told of it.
#[derive(Debug, Clone)]
pub struct Tool(pub(super) ToolOffer);

impl Tool {
    /// A tool that changes something, and is never run again where nobody knows whether it ran. `parameters` is the JSON
    /// Schema of its arguments, an object.
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: &Value) -> Self {
        let definition = ToolDefinition {
            name: name.into(),
            description: description.into(),
            parameters_json: parameters.to_string(),
            ..Default::default()
        };
        Self(ToolOffer {
            definition: definition.into(),
            effect: EffectClass::AtMostOnce.into(),
            ..Default::default()
        })
    }

    /// It changes nothing: it may run again at any time, runs beside other calls and needs no permission.
    #[must_use]
    pub fn pure(mut self) -> Self {
        self.0.effect = EffectClass::Pure.into();
        self
    }

    /// It changes something once per [idempotency key](super::ToolCall::idempotency_key), and may run again with the same.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.0.effect = EffectClass::Idempotent.into();
        self
    }

    /// How long one call may take. As the session says unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = WireDuration::from(timeout).into();
        self
    }

    /// How many calls of it may run at a time. As many as of all tools together unless set.
    #[must_use]
    pub fn max_concurrent_calls(mut self, calls: u32) -> Self {
        self.0.max_concurrent_calls = calls;
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.0.definition.name
    }
}

/// What a tool gave. A failure is an output too: the model reads it and may do better.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolOutput(pub(super) ToolReturn);

impl ToolOutput {
    /// Words for the model.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(text.into(), false)
    }

    /// Why it failed and what to do instead, for the model.
    pub fn error(text: impl Into<String>) -> Self {
        Self::of(text.into(), true)
    }

    fn of(text: String, is_error: bool) -> Self {
        let block =
            ToolResultBlock { block: Some(tool_result_block::Block::Text(text)), ..Default::default() };
        Self(ToolReturn { content: vec![block], is_error, ..Default::default() })
    }
}

impl From<ToolReturn> for ToolOutput {
    fn from(output: ToolReturn) -> Self {
        Self(output)
    }
}

impl From<String> for ToolOutput {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for ToolOutput {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl<T: Into<Self>, E: Display> From<Result<T, E>> for ToolOutput {
    fn from(result: Result<T, E>) -> Self {
        result.map_or_else(|error| Self::error(error.to_string()), Into::into)
    }
}
