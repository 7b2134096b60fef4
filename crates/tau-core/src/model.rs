//! Models: what they can do and what they cost.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::protocol::Protocol;
use crate::usage::TokenUsage;

/// A model at a provider, with what configuration says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Model {
    /// The name the provider knows it by.
    pub name: String,
    /// What it can do.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What it costs; `None` when nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

impl Model {
    /// A model of which only the name is known.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), capabilities: Capabilities::default(), prices: None }
    }

    /// What an exchange cost; `None` when no prices are configured.
    #[must_use]
    pub fn cost(&self, usage: &TokenUsage) -> Option<Money> {
        self.prices.as_ref().map(|prices| prices.cost(usage))
    }
}

/// What a model can do. The defaults suit an unknown chat model that can call tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether it calls tools. Default: true.
    pub tools: bool,
    /// Whether it may call several tools in one reply. Default: true.
    pub parallel_tools: bool,
    /// Whether it shows or returns reasoning. Default: false.
    pub reasoning: bool,
    /// Whether it reads images. Default: false.
    pub vision: bool,
    /// Whether it makes embeddings. Default: false.
    pub embeddings: bool,
    /// Whether it transcribes audio. Default: false.
    pub audio: bool,
    /// Tokens of input and output together. Default: unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Tokens of one reply. Default: unknown, the provider decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            tools: true,
            parallel_tools: true,
            reasoning: false,
            vision: false,
            embeddings: false,
            audio: false,
            context_window: None,
            max_output: None,
        }
    }
}

impl Capabilities {
    /// Whether the model speaks a protocol.
    #[must_use]
    pub const fn supports(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Chat => true,
            Protocol::Vision => self.vision,
            Protocol::Tools => self.tools,
            Protocol::Embeddings => self.embeddings,
            Protocol::Audio => self.audio,
        }
    }
}

/// Prices in US dollars for a million tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Prices {
    /// Of input that no cache holds.
    pub input: Money,
    /// Of input read from the prompt cache. Default: the price of input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<Money>,
    /// Of input written to the prompt cache. Default: the price of input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Money>,
    /// Of output.
    pub output: Money,
}

impl Prices {
    /// Prices of input and output, cached input costing as much as any other.
    #[must_use]
    pub const fn new(input: Money, output: Money) -> Self {
        Self { input, cached_input: None, cache_write: None, output }
    }

    /// What an exchange cost.
    #[must_use]
    pub fn cost(&self, usage: &TokenUsage) -> Money {
        let fresh = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        self.input.per_million(fresh)
            + self.cached_input.unwrap_or(self.input).per_million(usage.cached_input)
            + self.cache_write.unwrap_or(self.input).per_million(usage.cache_write)
            + self.output.per_million(usage.output)
    }
}

/// How people name a model: a configured name, or `provider/name` for any model of a provider.
///
/// Only the first `/` divides, because names of models hold slashes too (`openrouter/qwen/qwen3-32b`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum ModelRef {
    /// A name under `[models]`.
    Named(String),
    /// A model at a provider under `[providers]`.
    AtProvider {
        /// The provider's name in the configuration.
        provider: String,
        /// The name the provider knows the model by.
        model: String,
    },
}

/// A text names no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no model; write a name from [models], or provider/model")]
pub struct ParseModelRefError {
    text: String,
}

impl FromStr for ModelRef {
    type Err = ParseModelRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        match trimmed.split_once('/') {
            None if !trimmed.is_empty() => Ok(Self::Named(trimmed.to_owned())),
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(Self::AtProvider { provider: provider.to_owned(), model: model.to_owned() })
            }
            _ => Err(ParseModelRefError { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for ModelRef {
    type Error = ParseModelRefError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ModelRef> for String {
    fn from(reference: ModelRef) -> Self {
        reference.to_string()
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::AtProvider { provider, model } => write!(f, "{provider}/{model}"),
        }
    }
}
