//! The highest layer: flags.

use tau_core::config::{Config, PermissionMode, SandboxMode};

use crate::args::{CommonArgs, RunArgs, ServeArgs};

/// Flags of one command that set keys of the configuration.
pub(crate) trait Flags {
    /// Sets what they say.
    fn set(&self, config: &mut Config);
}

/// What the flags set.
pub(super) fn layer(common: &CommonArgs, command: Option<&dyn Flags>) -> Config {
    let mut config = Config::default();
    config.model.clone_from(&common.model);
    if let Some(command) = command {
        command.set(&mut config);
    }
    config
}

impl Flags for RunArgs {
    fn set(&self, config: &mut Config) {
        let budget = &mut config.agent.budget;
        budget.max_turns = self.budget.max_turns;
        budget.max_tokens = self.budget.max_tokens;
        budget.max_cost = self.budget.max_cost;
        budget.max_tool_calls = self.budget.max_tool_calls;
        budget.max_time = self.budget.max_time;
        config.permissions.allow.clone_from(&self.allow);
        config.permissions.deny.clone_from(&self.deny);
        config.sandbox.mode = self.sandbox.map(SandboxMode::from);
        config.permissions.mode = self.allow_all.then_some(PermissionMode::Bypass);
    }
}

impl Flags for ServeArgs {
    fn set(&self, config: &mut Config) {
        config.serve.listen = self.listen;
        config.serve.deadlines.drain = self.drain;
        config.serve.allowed_origins = Some(self.allow_origin.clone()).filter(|origins| !origins.is_empty());
    }
}
