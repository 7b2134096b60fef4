//! What work costs.

use tau_core::event::Spending;
use tau_core::{Money, Prices, TokenUsage};
use tau_proto::runtime::v1 as pb;

/// Tokens.
pub(super) fn token_usage(usage: TokenUsage) -> pb::TokenUsage {
    let TokenUsage { input, cached_input, cache_write, output, reasoning } = usage;
    pb::TokenUsage { input, cached_input, cache_write, output, reasoning, ..Default::default() }
}

/// US dollars.
pub(super) fn money(money: Money) -> pb::Money {
    pb::Money { nanos: money.as_nanos(), ..Default::default() }
}

pub(super) fn read_money(wire: &pb::Money) -> Money {
    Money::from_nanos(wire.nanos)
}

pub(super) fn prices(prices: &Prices) -> pb::Prices {
    pb::Prices {
        input: money(prices.input).into(),
        cached_input: prices.cached_input.map(money).into(),
        cache_write: prices.cache_write.map(money).into(),
        output: money(prices.output).into(),
        ..Default::default()
    }
}

/// What work has cost.
pub(crate) fn spending(spent: &Spending) -> pb::Spending {
    pb::Spending {
        turns: spent.turns,
        usage: token_usage(spent.usage).into(),
        cost: money(spent.cost).into(),
        tool_calls: spent.tool_calls,
        ..Default::default()
    }
}
