//! What the kernel asks to be done, judged when it is decided.

use tau_core::config::Budget;
use tau_core::event::{SessionConfig, ToolKind};
use tau_core::{EffectClass, SessionId, ToolCall, ToolCallId};
use tau_runtime::kernel::Effect;

use super::calls::{Verdict, verdict};
use super::{Audit, CallAudit, Waits};
use crate::invariant::{Checked, Invariant, Violation, ensure};

impl Audit {
    /// Judges an effect; the events of its decision are in.
    pub(crate) fn effect(&mut self, effect: &Effect) -> Checked {
        match effect {
            Effect::CallModel { run, turn } => {
                let is_announced =
                    self.on.as_ref().is_some_and(|on| on.is_asking && on.id == *run && on.turn == *turn);
                ensure!(is_announced, Grammar, "the request of turn {turn} was not announced");
            }
            Effect::Compact { run, turn, .. } => {
                let is_due =
                    self.on.as_ref().is_some_and(|on| !on.is_asking && on.id == *run && on.turn + 1 == *turn);
                ensure!(
                    is_due && self.open_calls().next().is_none(),
                    Pairing,
                    "compaction while calls are open"
                );
            }
            Effect::RunTool { run, call, at_once, idempotency_key } => {
                ensure!(self.on.as_ref().is_some_and(|on| on.id == *run), Grammar, "a tool of no run");
                self.tool_begins(call, *at_once, idempotency_key)?;
            }
            Effect::StartSubagent { call_id, child, config, prompt } => {
                self.child_begins(call_id, *child, config, prompt)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn tool_begins(&mut self, call: &ToolCall, at_once: bool, key: &str) -> Checked {
        let known = self.begin(&call.id, ToolKind::Run)?;
        let may_at_once = known.effect == EffectClass::Pure && known.permitted_at == known.announced_at;
        ensure!(may_at_once || !at_once, CommitBeforeEffect, "{} does not wait for its events", call.id);
        ensure!(known.call == *call, Grammar, "{} is not the call that was announced", call.id);
        ensure!(known.key == key, AtMostOnce, "{} runs with another key", call.id);
        let is_allowed = known.is_allowed || self.verdict_of(&known) == Verdict::Allow;
        ensure!(is_allowed, Permission, "{} runs and was not let run", call.id);
        let is_out = self.on.as_ref().is_some_and(|on| on.is_out_of_calls);
        ensure!(!is_out, Budget, "{} runs beyond the budget of calls", call.id);
        Ok(())
    }

    /// Marks a call as begun that may begin now.
    fn begin(&mut self, id: &ToolCallId, kind: ToolKind) -> Checked<CallAudit> {
        ensure!(!self.is_settled, Cancel, "{id} begins, which was left under way");
        let at = self.calls.iter().position(|call| call.call.id == *id && !call.is_finished);
        let at = at.ok_or_else(|| Violation::new(Invariant::Grammar, format!("{id} is no open call")))?;
        let call = self.calls[at].clone();
        ensure!(call.kind == kind, Grammar, "{id} is a call of another kind");
        ensure!(call.waits != Some(Waits::Hooks), Hooks, "{id} begins before hooks let it");
        ensure!(call.waits.is_none(), Permission, "{id} begins while a person is asked about it");
        ensure!(!self.is_held(&call), Order, "{id} begins while an earlier call is asked about");
        if !call.is_pure() {
            let earlier = self.calls[..at]
                .iter()
                .find(|other| !other.is_pure() && !other.is_finished && !other.has_begun);
            ensure!(earlier.is_none(), Order, "{id} begins before an earlier call that changes things");
        }
        self.calls[at].has_begun = true;
        Ok(call)
    }

    fn child_begins(
        &mut self,
        call_id: &ToolCallId,
        child: SessionId,
        config: &SessionConfig,
        prompt: &str,
    ) -> Checked {
        let known = self.children.get(&child).filter(|known| known.reported.is_none()).cloned();
        let known = known.ok_or_else(|| Violation::new(Invariant::Grammar, "a subagent not announced"))?;
        let told = match known.in_background.clone() {
            Some(told) => Some(told),
            None => {
                let arguments = self.begin(call_id, ToolKind::Subagent)?.call.arguments;
                arguments.value().ok().and_then(|value| value["prompt"].as_str().map(str::to_owned))
            }
        };
        ensure!(told.as_deref() == Some(prompt), Context, "the subagent of {call_id} is told {prompt}");
        ensure!(known.grant == config.budget, Budget, "a subagent's budget is not its grant");
        let Some(own) = &self.config else { return Ok(()) };
        ensure!(config.subagent_depth < own.subagent_depth, Budget, "subagents without end");
        for tool in &config.tools {
            let name = &tool.definition.name;
            ensure!(own.tool(name) == Some(tool), Permission, "the subagent has a tool {name} of its own");
            let is_narrow = verdict(config, false, name) <= self.verdict(name);
            ensure!(is_narrow, Permission, "the subagent may do more with {name}");
        }
        Ok(())
    }

    /// Calls that may have run when their writer went away, so that nobody may run them again. Where the session was
    /// copied or went back, what counts is what had run by then.
    pub(crate) fn must_be_unknown(&self) -> Vec<ToolCallId> {
        let may_have_run = self.open_calls().filter(|call| {
            let has_tool = self.config.as_ref().is_some_and(|config| config.tool(&call.call.name).is_some());
            let had_not_run = self.is_settled && (call.waits.is_some() || self.is_held(call));
            call.kind == ToolKind::Run
                && call.effect == EffectClass::AtMostOnce
                && has_tool
                && call.has_begun
                && !had_not_run
        });
        may_have_run.map(|call| call.call.id.clone()).collect()
    }

    /// What a journal does not say: a call has begun when it really ran, whoever ran it.
    pub(crate) fn recall_begun(&mut self, has_run: impl Fn(&str) -> bool) {
        for call in &mut self.calls {
            call.has_begun = has_run(&call.key);
        }
    }

    /// The budget of the run that is on.
    pub(crate) fn budget(&self) -> Budget {
        self.config.as_ref().map(|config| config.budget).unwrap_or_default()
    }
}
