//! What may be decided at which point.

use tau_core::ContentBlock;
use tau_core::event::{HookChange, HookDecision, HookPoint, HookVerdict};

use super::port::HookFailure;

/// What may be decided at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Powers {
    deny: bool,
    /// Whether a person is asked.
    ask: bool,
    /// That nobody is asked.
    allow: bool,
    change: Option<Change>,
    context: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Arguments,
    Prompt,
    Result,
}

/// The table. Points that are only told decide nothing.
const fn powers(point: HookPoint) -> Powers {
    let none = Powers { deny: false, ask: false, allow: false, change: None, context: false };
    match point {
        HookPoint::SessionStarted | HookPoint::BeforeCompaction | HookPoint::AfterCompaction => {
            Powers { context: true, ..none }
        }
        HookPoint::BeforePrompt => Powers { deny: true, change: Some(Change::Prompt), context: true, ..none },
        HookPoint::BeforeModel => Powers { deny: true, context: true, ..none },
        HookPoint::BeforeTool => {
            Powers { deny: true, ask: true, allow: true, change: Some(Change::Arguments), context: true }
        }
        HookPoint::BeforeSubagent => {
            Powers { deny: true, ask: true, allow: true, change: Some(Change::Prompt), context: true }
        }
        HookPoint::AfterTool | HookPoint::AfterSubagent => {
            Powers { deny: true, change: Some(Change::Result), context: true, ..none }
        }
        HookPoint::PermissionRequested => Powers { deny: true, allow: true, ..none },
        HookPoint::BeforeStop => Powers { deny: true, ..none },
        _ => none,
    }
}

impl Powers {
    const fn allows(self, verdict: HookVerdict) -> bool {
        match verdict {
            HookVerdict::Continue => true,
            HookVerdict::Deny => self.deny,
            HookVerdict::Ask => self.ask,
            HookVerdict::Allow => self.allow,
            _ => false,
        }
    }

    const fn changes(self, change: &HookChange) -> bool {
        matches!(
            (self.change, change),
            (Some(Change::Arguments), HookChange::Arguments { .. })
                | (Some(Change::Prompt), HookChange::Prompt { .. })
                | (Some(Change::Result), HookChange::Result { .. })
        )
    }
}

/// Whether hooks are only told there.
pub(super) const fn is_told(point: HookPoint) -> bool {
    matches!(point, HookPoint::SessionStopped | HookPoint::AfterModel | HookPoint::Notification)
}

/// Whether a denial counts there, so that a guard can fail closed.
pub(crate) const fn can_deny(point: HookPoint) -> bool {
    powers(point).deny
}

/// Finds what is not possible in a decision.
pub(super) fn check(point: HookPoint, decision: &HookDecision) -> Result<(), HookFailure> {
    let powers = powers(point);
    if !powers.allows(decision.verdict) {
        return Err(HookFailure::Invalid("the verdict"));
    }
    if !decision.context.is_empty() && !powers.context {
        return Err(HookFailure::Invalid("context"));
    }
    if !decision.context.iter().all(ContentBlock::is_speech) {
        return Err(HookFailure::Invalid("context that is not text or pictures"));
    }
    let Some(change) = &decision.change else { return Ok(()) };
    if !powers.changes(change) {
        return Err(HookFailure::Invalid("the change"));
    }
    match change {
        HookChange::Arguments { arguments } if !arguments.value().is_ok_and(|value| value.is_object()) => {
            Err(HookFailure::Invalid("arguments that are no JSON object"))
        }
        HookChange::Prompt { content, .. } if !ContentBlock::are_words(content) => {
            Err(HookFailure::Invalid("a prompt that says nothing"))
        }
        _ => Ok(()),
    }
}

/// A decision with what is possible at a point, and no more: whoever made it, the kernel takes nothing else.
pub(crate) fn fitting(point: HookPoint, mut decision: HookDecision) -> HookDecision {
    let powers = powers(point);
    if !powers.allows(decision.verdict) {
        decision.verdict = HookVerdict::Continue;
    }
    let is_denied = decision.verdict == HookVerdict::Deny;
    decision.change = decision.change.filter(|change| powers.changes(change) && !is_denied);
    let is_lost = is_denied && matches!(point, HookPoint::BeforePrompt | HookPoint::BeforeModel);
    decision.context.retain(|block| powers.context && !is_lost && block.is_speech() && !block.is_blank());
    decision
}
