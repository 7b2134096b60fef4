//! The configuration of simulated sessions.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use tau_core::config::{Budget, PermissionMode};
use tau_core::event::{CompactionPolicy, CompactionStrategy, SessionConfig, ToolKind, ToolSpec};
use tau_core::{EffectClass, HumanDuration, Money, Prices, ToolDefinition};

use crate::script::{Mode, Setup, Shorter};

/// Nano-dollars that a token costs.
const TOKEN_PRICE: u64 = 1_000;

static TOOLS: LazyLock<Vec<ToolSpec>> = LazyLock::new(|| {
    let tool = |name: &str, effect, kind| {
        let parameters: Value = json!({ "type": "object" });
        ToolSpec::new(ToolDefinition::new(name, "Does it.", parameters), effect).with_kind(kind)
    };
    vec![
        tool("look", EffectClass::Pure, ToolKind::Run),
        tool("save", EffectClass::Idempotent, ToolKind::Run),
        tool("change", EffectClass::AtMostOnce, ToolKind::Run),
        tool("free", EffectClass::AtMostOnce, ToolKind::Run),
        tool("wary", EffectClass::Pure, ToolKind::Run),
        tool("banned", EffectClass::Pure, ToolKind::Run),
        tool("ask", EffectClass::AtMostOnce, ToolKind::AskUser),
        tool("plan", EffectClass::AtMostOnce, ToolKind::ProposePlan),
        tool("task", EffectClass::AtMostOnce, ToolKind::Subagent),
    ]
});

/// What the session of a setup is created with.
pub(crate) fn session(setup: &Setup) -> Arc<SessionConfig> {
    let mut config = SessionConfig::new("sim/model");
    config.system = "You are simulated.".to_owned();
    config.tools.clone_from(&TOOLS);
    config.permissions.mode = Some(match setup.mode {
        Mode::Default => PermissionMode::Default,
        Mode::DontAsk => PermissionMode::DontAsk,
        Mode::Bypass => PermissionMode::Bypass,
    });
    config.permissions.allow = vec!["free".to_owned(), "task".to_owned()];
    config.permissions.ask = vec!["wary".to_owned()];
    config.permissions.deny = vec!["banned".to_owned()];
    config.prices = Some(prices());
    config.budget = budget(setup);
    config.compaction = setup.compaction.map(|(at, to, how)| {
        let strategy = match how {
            Shorter::Window => CompactionStrategy::SlidingWindow,
            Shorter::Summary => CompactionStrategy::Summary,
            _ => CompactionStrategy::Truncation,
        };
        CompactionPolicy::new(at, to, strategy)
    });
    config.subagent_depth = setup.depth;
    Arc::new(config)
}

fn prices() -> Prices {
    let price = Money::from_nanos(TOKEN_PRICE * 1_000_000);
    Prices::new(price, price)
}

fn budget(setup: &Setup) -> Budget {
    let mut budget = Budget::default();
    budget.max_turns = setup.max_turns;
    budget.max_tokens = setup.max_tokens;
    budget.max_cost = setup.max_cost.map(Money::from_nanos);
    budget.max_tool_calls = setup.max_tool_calls;
    budget.max_time = setup.timed.then(|| HumanDuration::from_secs(60));
    budget
}
