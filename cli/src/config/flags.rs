//! The highest layer: flags.

use tau_core::config::{Config, PermissionMode, SandboxMode};

use crate::args::{CommonArgs, RunArgs};

/// What the flags set.
pub(super) fn layer(common: &CommonArgs, run: Option<&RunArgs>) -> Config {
    let mut config = Config::default();
    config.model.clone_from(&common.model);
    if let Some(run) = run {
        let budget = &mut config.agent.budget;
        budget.max_turns = run.budget.max_turns;
        budget.max_tokens = run.budget.max_tokens;
        budget.max_cost = run.budget.max_cost;
        budget.max_tool_calls = run.budget.max_tool_calls;
        budget.max_time = run.budget.max_time;
        config.permissions.allow.clone_from(&run.allow);
        config.permissions.deny.clone_from(&run.deny);
        config.sandbox.mode = run.sandbox.map(SandboxMode::from);
        config.permissions.mode = run.allow_all.then_some(PermissionMode::Bypass);
    }
    config
}
