//! The hooks that an extension takes on, read and checked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tau_core::event::HookPoint;
use tau_proto::runtime::v1::{Hook, HookFailurePolicy, HookPoint as WirePoint, HooksRole};

use crate::attach::error::Violation;
use crate::attach::selector::Selector;
use crate::attach::time::duration;
use crate::hooks::{FailurePolicy, HookSpec};

/// The most hooks of one extension.
const MAX_HOOKS: usize = 256;
/// The longest name, in bytes, and the longest pattern of tools.
const MAX_NAME: usize = 128;
const MAX_PATTERN: usize = 64;
/// The longest time limit.
const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// The hooks of one extension.
#[derive(Debug)]
pub(in crate::attach) struct HooksProvider {
    pub(in crate::attach) selector: Selector,
    /// In the order in which they are asked.
    pub(in crate::attach) hooks: Vec<Arc<HookSpec>>,
}

impl HooksProvider {
    /// What is missed of it when it is lost: the hooks that fail closed.
    pub(in crate::attach) fn into_guards(mut self) -> Option<Self> {
        self.hooks.retain(|hook| hook.on_failure == FailurePolicy::Block);
        (!self.hooks.is_empty()).then_some(self)
    }
}

/// Reads what an extension says of its hooks.
pub(in crate::attach) fn read(
    client: &str,
    role: &HooksRole,
    priority: i32,
    selector: Selector,
) -> Result<HooksProvider, Violation> {
    let names: BTreeSet<&str> = role.hooks.iter().map(|hook| hook.name.as_str()).collect();
    let count = role.hooks.len();
    if !(1..=MAX_HOOKS).contains(&count) || names.len() < count {
        return Err(Violation::Hook);
    }
    let hooks = role.hooks.iter().map(|hook| Ok(Arc::new(read_one(hook, priority)?.with_source(client))));
    Ok(HooksProvider { selector, hooks: hooks.collect::<Result<_, _>>()? })
}

fn read_one(hook: &Hook, priority: i32) -> Result<HookSpec, Violation> {
    let is_pattern = |pattern: &String| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-*".contains(&byte);
        (1..=MAX_PATTERN).contains(&pattern.len()) && pattern.bytes().all(is_part)
    };
    let fits = (1..=MAX_NAME).contains(&hook.name.len())
        && hook.tools.len() <= MAX_HOOKS
        && hook.tools.iter().all(is_pattern);
    let point = hook.point.as_known().and_then(point).filter(|_| fits).ok_or(Violation::Hook)?;
    let on_failure = match hook.on_failure.as_known() {
        Some(HookFailurePolicy::Continue) => FailurePolicy::Continue,
        Some(HookFailurePolicy::Block) => FailurePolicy::Block,
        _ => return Err(Violation::Hook),
    };
    let mut spec = HookSpec::new(hook.name.as_str(), point)
        .for_tools(&hook.tools)
        .with_priority(priority)
        .with_failure(on_failure);
    if let Some(timeout) = hook.timeout.as_option() {
        let timeout = duration(timeout).filter(|timeout| !timeout.is_zero() && *timeout <= MAX_TIMEOUT);
        spec = spec.with_timeout(timeout.ok_or(Violation::Hook)?);
    }
    Ok(spec)
}

/// A point of the interface; `None` where it is not stated.
const fn point(wire: WirePoint) -> Option<HookPoint> {
    Some(match wire {
        WirePoint::SessionStarted => HookPoint::SessionStarted,
        WirePoint::SessionStopped => HookPoint::SessionStopped,
        WirePoint::BeforePrompt => HookPoint::BeforePrompt,
        WirePoint::BeforeModel => HookPoint::BeforeModel,
        WirePoint::AfterModel => HookPoint::AfterModel,
        WirePoint::BeforeTool => HookPoint::BeforeTool,
        WirePoint::AfterTool => HookPoint::AfterTool,
        WirePoint::PermissionRequested => HookPoint::PermissionRequested,
        WirePoint::BeforeSubagent => HookPoint::BeforeSubagent,
        WirePoint::AfterSubagent => HookPoint::AfterSubagent,
        WirePoint::BeforeStop => HookPoint::BeforeStop,
        WirePoint::BeforeCompaction => HookPoint::BeforeCompaction,
        WirePoint::AfterCompaction => HookPoint::AfterCompaction,
        WirePoint::Notification => HookPoint::Notification,
        WirePoint::Unspecified => return None,
    })
}
