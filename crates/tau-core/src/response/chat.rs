//! The answer to a chat request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::content::ContentBlock;
use crate::finish::FinishReason;
use crate::model::Prices;
use crate::money::Money;
use crate::usage::TokenUsage;

/// A model's whole reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatResponse {
    /// The provider's id of the exchange; empty when it gave none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The model that answered, which may be more exact than the one asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// What it said, in order: text, reasoning and tool calls. Shared, because the history holds the same blocks.
    pub content: Arc<[ContentBlock]>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// Tokens, when the provider told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    /// What it cost, where another model answered than the one whose prices are known to whoever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
}

impl ChatResponse {
    /// A reply without id, model name or usage.
    pub fn new(content: impl IntoIterator<Item = ContentBlock>, finish: FinishReason) -> Self {
        Self {
            id: String::new(),
            model: String::new(),
            content: content.into_iter().collect(),
            finish,
            usage: None,
            cost: None,
        }
    }

    /// What it cost at these prices of the model that was asked; `None` where neither they nor its own cost are known.
    #[must_use]
    pub fn cost_at(&self, prices: Option<&Prices>) -> Option<Money> {
        self.cost.or_else(|| Some(prices?.cost(self.usage.as_ref()?)))
    }

    /// The same reply with token counts.
    #[must_use]
    pub fn with_usage(mut self, usage: TokenUsage) -> Self {
        self.usage = Some(usage);
        self
    }
}
