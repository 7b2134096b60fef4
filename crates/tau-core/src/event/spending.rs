//! What work has cost.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::usage::TokenUsage;

/// What work has cost, in everything that a budget counts but time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Spending {
    /// Calls of the model.
    pub turns: u32,
    /// Tokens, as providers counted them.
    pub usage: TokenUsage,
    /// US dollars; zero for models without prices.
    pub cost: Money,
    /// Calls of tools.
    pub tool_calls: u32,
}

impl AddAssign for Spending {
    fn add_assign(&mut self, other: Self) {
        self.turns = self.turns.saturating_add(other.turns);
        self.usage += other.usage;
        self.cost += other.cost;
        self.tool_calls = self.tool_calls.saturating_add(other.tool_calls);
    }
}
