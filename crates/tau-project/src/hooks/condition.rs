//! The condition of a hook: a permission rule that a call must match.

use std::path::Path;

use tau_core::config::{PermissionConfig, PermissionMode};
use tau_core::{EffectClass, ToolCall};
use tau_tools::permission::{Decision, Judged, PermissionPolicy, Surroundings, SystemPaths};

/// Whether a call matches a rule. Where nobody can tell, it does: a guard must not be lost by it.
pub(super) fn holds(rule: &str, call: &ToolCall, root: &Path, cwd: &Path, home: &Path) -> bool {
    // As a rule that denies, because those look through all that a command could run.
    let mut config = PermissionConfig::default();
    config.mode = Some(PermissionMode::Bypass);
    config.deny.push(rule.to_owned());
    let judged = Judged::new(&call.name, &call.arguments, EffectClass::AtMostOnce);
    let paths = SystemPaths::default();
    let around = Surroundings::new(cwd, home, &paths).with_root(root);
    PermissionPolicy::new(&config).verdict(&judged, &around).decision != Decision::Allow
}
