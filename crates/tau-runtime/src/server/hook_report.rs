//! Hooks that fail, as diagnostics tell it.

use super::operator::{Finding, Severity};
use crate::hooks::{HookStatus, counts_as_denial};

/// A hook that failed, in words. One that fails now and fails closed keeps sessions from their work.
pub(super) fn finding(hook: &HookStatus) -> Option<Finding> {
    let (words, _) = hook.last_failure.as_ref()?;
    let spec = &hook.spec;
    let severity = if hook.is_failing && counts_as_denial(spec) { Severity::Bad } else { Severity::Note };
    let whose = if spec.source.is_empty() { String::new() } else { format!(" of `{}`", spec.source) };
    let HookStatus { asked, failed, denied, .. } = hook;
    let (name, point) = (&spec.name, spec.point);
    let message = format!(
        "the hook `{name}`{whose} at {point:?} failed {failed} of {asked} times, which counted as a denial \
         {denied} times; the last time {words}"
    );
    let hint = "see what its program says, or give it more time";
    Some(Finding::new(severity, "hook", message, hint))
}
