//! What a server wants otherwise than its wire format says.

use serde::{Deserialize, Serialize};

use super::merge::merge_fields;

/// What a server, or one model of it, wants otherwise than its wire format says.
///
/// The built-in kinds of providers set what is known of them; what is set here is laid over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Quirks {
    /// The field that limits the tokens of a reply, of `openai-chat`. Default: `max_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens_field: Option<MaxTokensField>,
    /// The field of the seed, of `openai-chat`. Default: `seed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed_field: Option<SeedField>,
    /// Whether token counts are asked for with `stream_options`, of `openai-chat`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<bool>,
    /// When the words of past reasoning go back to the model. Default: beside tool calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_replay: Option<ReasoningReplay>,
    /// How structured output is asked for. Default: by its schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_output: Option<StructuredOutput>,
    /// Whether places for the prompt cache are marked, of `anthropic-messages`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_markers: Option<bool>,
}

merge_fields!(Quirks {
    max_tokens_field,
    seed_field,
    stream_options,
    reasoning_replay,
    structured_output,
    cache_markers
});

impl Quirks {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The field that limits the tokens of a reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MaxTokensField {
    /// `max_tokens`, which most servers know.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`, which OpenAI's reasoning models want.
    MaxCompletionTokens,
}

/// The field of the seed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeedField {
    /// `seed`.
    #[default]
    Seed,
    /// `random_seed`, of Mistral.
    RandomSeed,
}

/// When the words of past reasoning go back to the model. Signed and encrypted reasoning always does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Never.
    Never,
    /// In messages that call tools: several models refuse the request, or forget why they called, without it.
    #[default]
    ToolCalls,
    /// In every message.
    Always,
}

/// How structured output is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StructuredOutput {
    /// The server is given the schema and keeps the model to it.
    #[default]
    Schema,
    /// The server keeps the model to JSON; the schema is told in words.
    Json,
    /// The schema is told in words alone.
    Prompt,
}
