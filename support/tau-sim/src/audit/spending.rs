//! What runs and their subagents spend.

use tau_core::config::Budget;
use tau_core::event::{HookPoint, Spending, ToolKind};
use tau_core::{RunId, SessionId, TokenUsage, ToolCallId};

use super::Audit;
use crate::invariant::{Checked, Invariant, Violation, ensure};

/// A subagent that was started.
#[derive(Debug, Clone)]
pub(crate) struct ChildAudit {
    pub(crate) call_id: ToolCallId,
    pub(crate) run: RunId,
    pub(crate) grant: Budget,
    pub(crate) reported: Option<Spending>,
    /// What it is told, where nobody waits for it.
    pub(crate) in_background: Option<String>,
}

impl ChildAudit {
    /// Whether it works for this run in the background.
    pub(crate) fn is_at_work_for(&self, run: RunId) -> bool {
        self.run == run && self.reported.is_none() && self.in_background.is_some()
    }
}

impl Audit {
    pub(super) fn spend(&mut self, usage: TokenUsage) {
        let prices = self.config.as_ref().and_then(|config| config.prices.clone());
        if let Some(on) = &mut self.on {
            on.newest = Spending::default();
            on.newest.usage = usage;
            on.newest.cost = prices.map(|prices| prices.cost(&usage)).unwrap_or_default();
            on.own += on.newest;
        }
    }

    /// Grants never sum up to more than what was left.
    pub(super) fn child_started(
        &mut self,
        call_id: &ToolCallId,
        child: SessionId,
        grant: Budget,
        background: bool,
    ) -> Checked {
        let is_fitting = self
            .call(call_id)
            .is_some_and(|call| call.kind == ToolKind::Subagent && !call.is_finished && call.waits.is_none());
        ensure!(is_fitting, Grammar, "{call_id} starts no subagent");
        ensure!(!self.children.contains_key(&child), Grammar, "{child} was started before");
        let on = self.on.as_ref().map(|on| (on.id, on.own, on.reported));
        let (run, own, reported) =
            on.ok_or_else(|| Violation::new(Invariant::Grammar, "a subagent of no run"))?;
        let (mut taken, limits) = (own, self.budget());
        taken += reported;
        // One of a run before has a share of that run's budget.
        let open = self.children.values().filter(|child| child.reported.is_none() && child.run == run);
        for grant in open.map(|child| child.grant).chain([grant]) {
            taken.turns += grant.max_turns();
            taken.usage.input += grant.max_tokens.unwrap_or_default();
            taken.cost += grant.max_cost.unwrap_or_default();
            taken.tool_calls += grant.max_tool_calls.unwrap_or_default();
        }
        let is_limited = grant.max_tokens.is_some() >= limits.max_tokens.is_some()
            && grant.max_cost.is_some() >= limits.max_cost.is_some()
            && grant.max_tool_calls.is_some() >= limits.max_tool_calls.is_some();
        // Calls that were announced and refused may be more than there may be.
        let calls_left = grant.max_tool_calls == Some(0)
            || limits.max_tool_calls.is_none_or(|most| taken.tool_calls <= most);
        let is_within = is_limited
            && calls_left
            && taken.turns <= limits.max_turns()
            && limits.max_tokens.is_none_or(|most| taken.usage.total() <= most)
            && limits.max_cost.is_none_or(|most| taken.cost <= most);
        ensure!(is_within, Budget, "granted {grant:?}, so that {taken:?} of {limits:?} is taken");
        let asked = self.call(call_id).and_then(|call| call.call.arguments.value().ok()).unwrap_or_default();
        let is_asked =
            asked["background"].as_bool().unwrap_or_default() && !self.is_hooked(HookPoint::AfterSubagent);
        ensure!(
            background == is_asked,
            Grammar,
            "{call_id} starts a subagent in the background: {background}"
        );
        let in_background = background.then(|| asked["prompt"].as_str().unwrap_or_default().to_owned());
        let child_audit = ChildAudit { call_id: call_id.clone(), run, grant, reported: None, in_background };
        self.children.insert(child, child_audit);
        Ok(())
    }

    pub(super) fn child_finished(&mut self, child: SessionId, spent: Spending) -> Checked {
        let known = self.children.get_mut(&child).filter(|child| child.reported.is_none());
        let known =
            known.ok_or_else(|| Violation::new(Invariant::Stale, format!("{child} is no open subagent")))?;
        known.reported = Some(spent);
        let (run, is_news) = (known.run, known.in_background.is_some());
        if let Some(on) = self.on.as_mut().filter(|on| on.id == run) {
            on.reported += spent;
            on.has_news |= is_news;
            on.is_answered &= !is_news;
        }
        Ok(())
    }

    /// What the run that is on, or was last, spent with what its subagents reported.
    pub(crate) fn spent(&self) -> Spending {
        match &self.on {
            Some(on) => {
                let mut spent = on.own;
                spent += on.reported;
                spent
            }
            None => self
                .submitted
                .last()
                .and_then(|run| self.finished.get(run))
                .map(|end| end.spent)
                .unwrap_or_default(),
        }
    }
}
