//! What hooks decided, and what waits for them.

use tau_core::event::{
    EventBody, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, ToolKind, ToolOutcome,
};
use tau_core::{RunId, ToolCallId};

use super::{Audit, CallAudit, Cause, Waits};
use crate::audit::calls::Verdict;
use crate::invariant::{Checked, ensure};

impl Audit {
    pub(crate) fn is_hooked(&self, point: HookPoint) -> bool {
        self.hooked.contains(&point)
    }

    /// Whether the next run waits for what hooks say of the session's start.
    pub(crate) fn awaits_start(&self) -> bool {
        self.starting && !self.is_closed && self.is_hooked(HookPoint::SessionStarted)
    }

    /// Calls that hooks are to decide about, before or after, and where.
    pub(crate) fn awaited_calls(&self) -> impl Iterator<Item = (HookPoint, &CallAudit)> {
        self.calls.iter().filter_map(|call| call.awaits.map(|point| (point, call)))
    }

    /// Where hooks must decide about a call that was just announced.
    pub(super) fn first_point(&self, kind: ToolKind) -> Option<HookPoint> {
        let subagent = (kind == ToolKind::Subagent).then_some(HookPoint::BeforeSubagent);
        [Some(HookPoint::BeforeTool), subagent].into_iter().flatten().find(|point| self.is_hooked(*point))
    }

    /// Where hooks must look at what came of a call.
    pub(super) fn point_after(&self, call: &CallAudit, outcome: ToolOutcome) -> Option<HookPoint> {
        let has_ended =
            matches!(outcome, ToolOutcome::Succeeded | ToolOutcome::Failed | ToolOutcome::TimedOut);
        let run = self.on.as_ref().map(|on| on.id);
        let has_child = self.children.values().any(|child| {
            let is_waited_for = child.reported.is_none() && child.in_background.is_none();
            child.call_id == call.call.id && Some(child.run) == run && is_waited_for
        });
        let point = match call.kind {
            ToolKind::Run => HookPoint::AfterTool,
            ToolKind::Subagent if has_child => HookPoint::AfterSubagent,
            _ => return None,
        };
        Some(point).filter(|point| has_ended && self.is_hooked(*point))
    }

    /// Whether hooks have just decided this. What is read from a journal was judged when it happened.
    pub(super) fn is_decided(&self, point: HookPoint, about: &HookSubject) -> bool {
        self.is_replayed || self.deciding.as_ref() == Some(&(point, about.clone()))
    }

    /// A prompt that hooks are to let in begins because they did.
    pub(super) fn check_admitted(&self, run: RunId) -> Checked {
        let is_let_in = !self.is_hooked(HookPoint::BeforePrompt)
            || self.admitted == Some(run)
            || self.is_decided(HookPoint::BeforePrompt, &HookSubject::Run { run });
        ensure!(is_let_in, Hooks, "{run} begins, and hooks were not asked about its prompt");
        ensure!(!self.awaits_start(), Hooks, "{run} begins before hooks knew of the session's start");
        Ok(())
    }

    pub(super) fn hook_event(&mut self, seq: u64, event: &EventBody, cause: Cause) -> Checked {
        match event {
            EventBody::HooksSet { points } => {
                self.ever_hooked.extend(points);
                self.hooked.clone_from(points);
            }
            EventBody::HooksAsked { point, call_id } => {
                let call = self.open_call(call_id)?.clone();
                let is_due = !call.is_allowed && self.verdict_of(&call) == Verdict::Ask;
                ensure!(
                    is_due && *point == HookPoint::PermissionRequested,
                    Hooks,
                    "hooks are asked about {call_id}"
                );
                let call = self.open_call(call_id)?;
                (call.waits, call.awaits) = (Some(Waits::Hooks), Some(*point));
            }
            EventBody::HooksDecided { point, about: HookSubject::Call { call_id }, decision } => {
                self.call_decided(seq, *point, call_id, decision, cause)?;
            }
            EventBody::HooksDecided { point, about, decision } => {
                ensure!(self.is_decided(*point, about), Hooks, "nobody decided about {about:?}");
                match (point, about) {
                    (HookPoint::SessionStarted, _) => self.starting = false,
                    (HookPoint::BeforePrompt, HookSubject::Run { run }) => {
                        self.admitted = Some(*run).filter(|_| decision.verdict != HookVerdict::Deny);
                    }
                    (HookPoint::BeforeStop, _) => {
                        ensure!(decision.verdict == HookVerdict::Deny, Hooks, "a stop that nobody denied");
                        self.on.iter_mut().for_each(|on| on.is_answered = false);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn call_decided(
        &mut self,
        seq: u64,
        point: HookPoint,
        id: &ToolCallId,
        decision: &HookDecision,
        cause: Cause,
    ) -> Checked {
        let found = self.calls.iter().position(|call| call.call.id == *id && call.awaits == Some(point));
        ensure!(found.is_some(), Hooks, "{id} does not wait for hooks at {point:?}");
        let (Some(at), is_denied) = (found, decision.verdict == HookVerdict::Deny) else { return Ok(()) };
        let next = (point == HookPoint::BeforeTool && self.calls[at].kind == ToolKind::Subagent)
            .then_some(HookPoint::BeforeSubagent)
            .filter(|next| self.is_hooked(*next));
        let about = HookSubject::Call { call_id: id.clone() };
        let is_withheld = self.calls[at].is_finished && is_denied && decision.change.is_some();
        let is_made = self.is_decided(point, &about) || cause == Cause::Journal || is_withheld;
        ensure!(is_made, Hooks, "nobody decided about {id}");
        let call = &mut self.calls[at];
        if call.is_finished {
            call.awaits = None;
            ensure!(!is_denied || decision.change.is_some(), Hooks, "{id} is withheld, and can be read");
            return Ok(());
        }
        if is_denied {
            self.answered = Some(id.clone());
            return Ok(());
        }
        if let Some(HookChange::Arguments { arguments }) = &decision.change {
            call.call.arguments = arguments.clone();
        }
        call.permitted_at = seq;
        if point == HookPoint::PermissionRequested {
            ensure!(decision.verdict == HookVerdict::Allow, Hooks, "{id} is permitted by nobody");
            call.is_allowed = true;
        } else {
            call.ruling = call.ruling.max(decision.verdict);
        }
        call.awaits = next;
        call.waits = next.map(|_| Waits::Hooks);
        Ok(())
    }
}
