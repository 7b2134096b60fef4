//! Calls of tools, from their announcement to their result.

use tau_core::config::PermissionMode;
use tau_core::event::{
    DenialReason, EventBody, HookPoint, HookVerdict, PermissionAnswer, SessionConfig, ToolKind, ToolOutcome,
};
use tau_core::{EffectClass, ToolCall, ToolCallId, ToolResult};

use super::{Audit, Cause, Proposal};
use crate::invariant::{Checked, Invariant, Violation, ensure};

/// What a person is asked about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Permission,
    Answer,
    Decision,
    /// Nothing: hooks are.
    Hooks,
}

/// A call of the newest reply.
#[derive(Debug, Clone)]
pub(crate) struct CallAudit {
    pub(crate) call: ToolCall,
    pub(crate) kind: ToolKind,
    pub(crate) effect: EffectClass,
    pub(crate) key: String,
    pub(crate) waits: Option<Waits>,
    pub(crate) is_allowed: bool,
    /// Whether this writer, or one before it, began it.
    pub(crate) has_begun: bool,
    pub(crate) is_finished: bool,
    pub(crate) announced_at: u64,
    /// The newest event that lets it run.
    pub(crate) permitted_at: u64,
    /// Where hooks are to decide about it, or to see what came of it.
    pub(crate) awaits: Option<HookPoint>,
    /// What hooks said of asking a person.
    pub(crate) ruling: HookVerdict,
}

/// What is to be done with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Deny,
    Ask,
    Allow,
}

/// The rules of permission, written down once more.
pub(crate) fn verdict(config: &SessionConfig, is_granted: bool, tool: &str) -> Verdict {
    let Some(spec) = config.tool(tool) else { return Verdict::Allow };
    let has = |rules: &[String]| rules.iter().any(|rule| rule == tool);
    let (rules, mode) = (&config.permissions, config.permissions.mode.unwrap_or_default());
    let by_rule = has(&rules.allow) || spec.effect == EffectClass::Pure;
    if has(&rules.deny) {
        Verdict::Deny
    } else if mode == PermissionMode::Bypass || is_granted || (by_rule && !has(&rules.ask)) {
        Verdict::Allow
    } else if mode == PermissionMode::DontAsk {
        Verdict::Deny
    } else {
        Verdict::Ask
    }
}

impl CallAudit {
    /// What a person is asked about it.
    pub(crate) fn asks(&self) -> Option<Waits> {
        self.waits.filter(|waits| *waits != Waits::Hooks)
    }

    pub(crate) const fn is_pure(&self) -> bool {
        matches!(self.effect, EffectClass::Pure)
    }

    /// Whether later calls that change things wait for it.
    fn holds(&self) -> bool {
        !self.is_finished
            && match self.waits {
                Some(Waits::Permission | Waits::Hooks) => !self.is_pure(),
                waits => waits.is_some(),
            }
    }
}

impl Audit {
    pub(crate) fn verdict(&self, tool: &str) -> Verdict {
        let granted = self.granted.contains(tool);
        self.config.as_ref().map_or(Verdict::Deny, |config| verdict(config, granted, tool))
    }

    /// What rules and hooks together say: rules that deny have the last word, else hooks have.
    pub(crate) fn verdict_of(&self, call: &CallAudit) -> Verdict {
        let asks_nobody = self.config.as_ref().and_then(|config| config.permissions.mode);
        // A call of no tool does nothing: there is nothing to permit.
        if self.config.as_ref().is_some_and(|config| config.tool(&call.call.name).is_none()) {
            return Verdict::Allow;
        }
        match (self.verdict(&call.call.name), call.ruling) {
            (Verdict::Allow | Verdict::Ask, HookVerdict::Ask) => {
                if asks_nobody == Some(PermissionMode::DontAsk) { Verdict::Deny } else { Verdict::Ask }
            }
            (Verdict::Ask, HookVerdict::Allow) => Verdict::Allow,
            (verdict, _) => verdict,
        }
    }

    /// Calls without a result, in order.
    pub(crate) fn open_calls(&self) -> impl Iterator<Item = &CallAudit> {
        self.calls.iter().filter(|call| !call.is_finished)
    }

    pub(crate) fn call(&self, id: &ToolCallId) -> Option<&CallAudit> {
        self.calls.iter().find(|call| call.call.id == *id)
    }

    /// Whether an earlier call that a person is asked about holds this one.
    pub(crate) fn is_held(&self, call: &CallAudit) -> bool {
        let before = self.calls.iter().take_while(|other| other.call.id != call.call.id);
        !call.is_pure() && before.into_iter().any(CallAudit::holds)
    }

    pub(super) fn call_event(&mut self, seq: u64, event: &EventBody, cause: Cause) -> Checked {
        match event {
            EventBody::ToolRequested { call, idempotency_key, effect, .. } => {
                self.call_announced(seq, call, idempotency_key, *effect)
            }
            EventBody::ToolFinished { outcome, result, .. } => self.call_finished(*outcome, result, cause),
            EventBody::PermissionRequested { call_id, .. } => {
                let call = self.open_call(call_id)?.clone();
                let is_due = !call.is_allowed && self.verdict_of(&call) == Verdict::Ask;
                ensure!(is_due, Permission, "{} is asked about", call.call.name);
                self.call_asks(call_id, Waits::Permission)
            }
            EventBody::QuestionAsked { call_id, .. } => self.call_asks(call_id, Waits::Answer),
            EventBody::PlanProposed { call_id, plan } => {
                let proposal = Proposal { plan: plan.clone(), accepted: None };
                self.proposed.insert(call_id.clone(), proposal);
                self.call_asks(call_id, Waits::Decision)
            }
            EventBody::PermissionAnswered { call_id, answer } => {
                let call = self.call_permitted(call_id)?;
                if !matches!(answer, PermissionAnswer::Allow | PermissionAnswer::AllowAlways) {
                    self.answered = Some(call_id.clone());
                    return Ok(());
                }
                (call.waits, call.awaits, call.is_allowed, call.permitted_at) = (None, None, true, seq);
                let tool = call.call.name.clone();
                self.grant(tool, answer);
                Ok(())
            }
            EventBody::QuestionAnswered { call_id, .. } => {
                self.call_answered(call_id, Waits::Answer)?;
                self.answered = Some(call_id.clone());
                Ok(())
            }
            EventBody::PlanAnswered { call_id, answer } => {
                self.call_answered(call_id, Waits::Decision)?;
                self.answered = Some(call_id.clone());
                self.decide_plan(call_id, answer);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn call_announced(&mut self, seq: u64, call: &ToolCall, key: &str, effect: EffectClass) -> Checked {
        let next = self.unannounced.pop_front();
        ensure!(next.as_ref() == Some(call), Grammar, "{} is announced, {next:?} is next", call.id);
        let spec = self.config.as_ref().and_then(|config| config.tool(&call.name).cloned());
        let expected = spec.as_ref().map(|spec| spec.effect).unwrap_or_default();
        ensure!(effect == expected, AtMostOnce, "{} is announced as {effect:?}", call.name);
        let most = self.config.as_ref().and_then(|config| config.budget.max_tool_calls);
        if let Some(on) = &mut self.on {
            on.own.tool_calls += 1;
            on.is_out_of_calls = most.is_some_and(|most| on.own.tool_calls + on.reported.tool_calls > most);
        }
        let kind = spec.map(|spec| spec.kind).unwrap_or_default();
        let awaits = self.first_point(kind);
        self.calls.push(CallAudit {
            call: call.clone(),
            kind,
            effect,
            key: key.to_owned(),
            waits: awaits.map(|_| Waits::Hooks),
            is_allowed: false,
            has_begun: false,
            is_finished: false,
            announced_at: seq,
            permitted_at: seq,
            awaits,
            ruling: HookVerdict::Continue,
        });
        Ok(())
    }

    pub(super) fn open_call(&mut self, id: &ToolCallId) -> Checked<&mut CallAudit> {
        let call = self.calls.iter_mut().find(|call| call.call.id == *id && !call.is_finished);
        call.ok_or_else(|| Violation::new(Invariant::Grammar, format!("{id} is no open call")))
    }

    fn call_asks(&mut self, id: &ToolCallId, what: Waits) -> Checked {
        let call = self.open_call(id)?;
        let kind = match what {
            Waits::Permission | Waits::Hooks => call.kind,
            Waits::Answer => ToolKind::AskUser,
            Waits::Decision => ToolKind::ProposePlan,
        };
        let is_by_hooks = call.awaits == Some(HookPoint::PermissionRequested) && what == Waits::Permission;
        let is_fine = (call.waits.is_none() || is_by_hooks) && call.kind == kind;
        ensure!(is_fine, Grammar, "{id} asks: {what:?}");
        (call.waits, call.awaits) = (Some(what), None);
        Ok(())
    }

    /// Only a call that is let run does not wait any more: any other answer is in force with its result.
    fn call_answered(&mut self, id: &ToolCallId, what: Waits) -> Checked<&mut CallAudit> {
        let call = self.open_call(id)?;
        ensure!(call.waits == Some(what), Stale, "{id} does not wait for that");
        Ok(call)
    }

    /// Someone said whether a call may run, also one of the same tool that hooks are still asked about.
    fn call_permitted(&mut self, id: &ToolCallId) -> Checked<&mut CallAudit> {
        let call = self.open_call(id)?;
        let waits =
            call.waits == Some(Waits::Permission) || call.awaits == Some(HookPoint::PermissionRequested);
        ensure!(waits, Stale, "{id} does not wait for that");
        Ok(call)
    }

    fn call_finished(&mut self, outcome: ToolOutcome, result: &ToolResult, cause: Cause) -> Checked {
        let id = &result.call_id;
        if let Some(at) = self.unannounced.iter().position(|call| call.id == *id) {
            let is_settled = self.is_torn && outcome == ToolOutcome::Cancelled;
            ensure!(is_settled, Grammar, "{id} ends before it is announced");
            self.unannounced.remove(at);
            return Ok(());
        }
        let known = self.call(id).filter(|call| !call.is_finished).cloned();
        let Some(known) = known else {
            return Err(Violation::new(Invariant::Grammar, format!("{id} has a result, or never was")));
        };
        if cause != Cause::Journal {
            self.check_end(&known, outcome, result, cause)?;
        }
        let awaits = self.point_after(&known, outcome);
        let call = self.open_call(id)?;
        (call.is_finished, call.waits, call.awaits) = (true, None, awaits);
        self.end_plan(id, outcome);
        Ok(())
    }

    fn check_end(
        &self,
        call: &CallAudit,
        outcome: ToolOutcome,
        result: &ToolResult,
        cause: Cause,
    ) -> Checked {
        let id = &result.call_id;
        let is_of_kernel = !matches!(call.kind, ToolKind::Run);
        match outcome {
            ToolOutcome::Succeeded | ToolOutcome::Failed | ToolOutcome::TimedOut => {
                ensure!(call.has_begun || is_of_kernel, Grammar, "{id} ended and never ran");
            }
            ToolOutcome::Denied { reason } => {
                ensure!(!call.has_begun, AtMostOnce, "{id} was denied after it began");
                let by_hook = call.waits == Some(Waits::Hooks);
                ensure!((reason == DenialReason::Hook) <= by_hook, Hooks, "{id} was denied by no hook");
                let by_person = reason == DenialReason::Person;
                ensure!(!(by_person && call.is_allowed), Permission, "{id} was allowed and is denied");
            }
            ToolOutcome::Unknown => {
                let is_interrupted = matches!(cause, Cause::Resume | Cause::Fork | Cause::Rewind);
                ensure!(is_interrupted, Grammar, "{id} ends as unknown, and nothing was interrupted");
                let may_run = call.is_allowed || self.verdict_of(call) == Verdict::Allow;
                let may_have_run = may_run && call.waits.is_none() && !self.is_held(call);
                ensure!(
                    may_have_run || self.is_settled,
                    Permission,
                    "{id} cannot have run, and ends as unknown"
                );
            }
            _ => {}
        }
        let text = result.text();
        let denies = text.contains("before it ran") || text.contains("Not run");
        ensure!(!(call.has_begun && denies), AtMostOnce, "{id} began, and the model is told: {text}");
        // What was let run later, behind the place gone back to, had not run by then.
        let had_not_run = self.idle.contains(id);
        let denies = text.contains("had not run");
        ensure!(had_not_run || !denies, AtMostOnce, "{id} may have run, and the model is told: {text}");
        Ok(())
    }
}
