//! Runs and turns.

use tau_core::event::{
    BudgetLimit, HookPoint, HookSubject, ModelFailure, ModelFailureKind, RunOutcome, Spending,
};
use tau_core::{ChatResponse, RunId};

use super::{Audit, Finished, RunAudit, calls_of};
use crate::invariant::{Checked, Invariant, Violation, ensure};

/// How often a turn is asked at most.
const TRIES: u32 = 3;

impl Audit {
    pub(super) fn run_started(&mut self, run: RunId) -> Checked {
        ensure!(self.on.is_none(), Grammar, "one run at a time");
        ensure!(!self.finished.contains_key(&run), Cancel, "{run} starts after its end");
        let next = self.waiting.pop_front();
        ensure!(next == Some(run), Prompt, "{run} started, and {next:?} is next");
        self.check_admitted(run)?;
        (self.starting, self.admitted) = (false, None);
        self.calls.clear();
        self.on = Some(RunAudit {
            id: run,
            turn: 0,
            tries: 0,
            is_asking: false,
            may_ask_again: false,
            is_answered: false,
            has_news: false,
            requested_at: 0,
            own: Spending::default(),
            newest: Spending::default(),
            reported: Spending::default(),
            has_failed: false,
            is_out_of_calls: false,
        });
        Ok(())
    }

    pub(super) fn run_finished(&mut self, seq: u64, run: RunId, outcome: &RunOutcome) -> Checked {
        if self.waiting.contains(&run) {
            return self.waiting_run_ended(seq, run, outcome);
        }
        let on = self.on.take().filter(|on| on.id == run);
        let on =
            on.ok_or_else(|| Violation::new(Invariant::Prompt, format!("{run} ended and was not on")))?;
        let is_done = self.open_calls().next().is_none() && self.unannounced.is_empty();
        ensure!(is_done, Pairing, "run ended with an open call");
        let is_read = self.awaited_calls().next().is_none();
        ensure!(is_read, Hooks, "run ended with a result that hooks have not seen");
        let mut spent = on.own;
        spent += on.reported;
        self.check_outcome(&on, outcome, &spent)?;
        let finished = Finished { outcome: outcome.clone(), at: seq, spent };
        ensure!(self.finished.insert(run, finished).is_none(), Prompt, "{run} ended twice");
        Ok(())
    }

    /// A run that waits ends by a cancel that names it, and in no other way.
    fn waiting_run_ended(&mut self, seq: u64, run: RunId, outcome: &RunOutcome) -> Checked {
        let is_named = self.cancelled.take() == Some(run) && *outcome == RunOutcome::Cancelled;
        // One that hooks have not let in ends without having begun.
        let is_next = self.waiting.front() == Some(&run);
        let is_unheard = match outcome {
            RunOutcome::Denied { .. } => self.is_decided(HookPoint::BeforePrompt, &HookSubject::Run { run }),
            RunOutcome::Cancelled => {
                // It waits as it was asked about, whatever hooks there are since.
                let points = [HookPoint::SessionStarted, HookPoint::BeforePrompt];
                self.is_replayed || points.iter().any(|point| self.ever_hooked.contains(point))
            }
            _ => false,
        };
        ensure!(is_named || (is_next && is_unheard), Prompt, "{run} waits, and ends as {outcome:?}");
        self.waiting.retain(|waiting| *waiting != run);
        let finished = Finished { outcome: outcome.clone(), at: seq, spent: Spending::default() };
        self.finished.insert(run, finished);
        Ok(())
    }

    fn check_outcome(&self, on: &RunAudit, outcome: &RunOutcome, spent: &Spending) -> Checked {
        // What stopped subagents may have spent counts in full until they report.
        let mut spent = *spent;
        for child in self.children.values().filter(|child| child.run == on.id && child.reported.is_none()) {
            spent.turns += child.grant.max_turns();
            spent.usage.input += child.grant.max_tokens.unwrap_or_default();
            spent.cost += child.grant.max_cost.unwrap_or_default();
        }
        let budget = self.config.as_ref().map(|config| config.budget).unwrap_or_default();
        let is_true = match outcome {
            RunOutcome::Completed => {
                let about = HookSubject::Turn { run: on.id, turn: on.turn };
                let is_let =
                    !self.is_hooked(HookPoint::BeforeStop) || self.is_decided(HookPoint::BeforeStop, &about);
                ensure!(is_let, Hooks, "the run stops, and hooks were not asked");
                let mut children = self.children.values();
                let is_waited = !children.any(|child| child.is_at_work_for(on.id));
                on.is_answered && is_waited
            }
            RunOutcome::Denied { .. } => {
                let about = HookSubject::Turn { run: on.id, turn: on.turn + 1 };
                self.is_decided(HookPoint::BeforeModel, &about)
            }
            RunOutcome::Failed { .. } => !on.may_ask_again && !on.is_asking,
            RunOutcome::TurnLimit { limit } => spent.turns >= *limit && *limit == budget.max_turns(),
            RunOutcome::BudgetExceeded { limit } => match limit {
                BudgetLimit::Tokens => budget.max_tokens.is_some_and(|most| spent.usage.total() >= most),
                BudgetLimit::Cost => budget.max_cost.is_some_and(|most| spent.cost >= most),
                BudgetLimit::ToolCalls => on.is_out_of_calls,
                BudgetLimit::WallTime => budget.max_time.is_some(),
                _ => false,
            },
            _ => true,
        };
        ensure!(is_true, Budget, "run ended as {outcome:?}, which is not so: {spent:?}");
        Ok(())
    }

    pub(super) fn model_requested(&mut self, seq: u64, run: RunId, turn: u32) -> Checked {
        let is_done = self.open_calls().next().is_none() && self.unannounced.is_empty();
        ensure!(is_done, Pairing, "the model is asked with a call open");
        let is_read = self.awaited_calls().next().is_none();
        ensure!(is_read, Hooks, "the model is asked before hooks have seen a result");
        let is_again = self.on.as_ref().is_some_and(|on| on.turn == turn);
        let is_let = is_again
            || !self.is_hooked(HookPoint::BeforeModel)
            || self.is_decided(HookPoint::BeforeModel, &HookSubject::Turn { run, turn });
        ensure!(is_let, Hooks, "turn {turn} is asked, and hooks were not");
        ensure!(!self.is_settled, Cancel, "the model is asked for what was left under way");
        let budget = self.config.as_ref().map(|config| config.budget).unwrap_or_default();
        let is_taken_up = self.is_taken_up;
        let on = self.on.as_mut().filter(|on| on.id == run && !on.is_asking);
        let on =
            on.ok_or_else(|| Violation::new(Invariant::Grammar, "the model is asked and need not be"))?;
        ensure!(!on.is_answered, Grammar, "the model is asked again after its last word");
        ensure!(!on.is_out_of_calls, Budget, "the model is asked after too many calls");
        // A journal that ends behind a failure, whatever its kind, goes on with the same turn.
        let is_again = on.has_failed && turn == on.turn && (on.may_ask_again || is_taken_up);
        let is_next = !on.has_failed && turn == on.turn + 1;
        ensure!(is_again || is_next, Grammar, "turn {turn} after {}", on.turn);
        if is_again {
            on.tries += 1;
            let is_fine = on.tries <= TRIES || is_taken_up;
            ensure!(is_fine, Grammar, "turn {turn} is asked {} times", on.tries);
        } else {
            on.tries = 1;
            let mut spent = on.own;
            spent += on.reported;
            let is_within = spent.turns < budget.max_turns()
                && budget.max_tokens.is_none_or(|most| spent.usage.total() < most)
                && budget.max_cost.is_none_or(|most| spent.cost < most);
            ensure!(is_within, Budget, "turn {turn} is asked with {spent:?} spent of {budget:?}");
            on.own.turns += 1;
        }
        (on.turn, on.is_asking, on.requested_at) = (turn, true, seq);
        (on.may_ask_again, on.has_failed, on.has_news) = (false, false, false);
        self.calls.clear();
        Ok(())
    }

    pub(super) fn model_replied(&mut self, turn: u32, response: &ChatResponse) -> Checked {
        let on = self.on.as_mut().filter(|on| on.is_asking && on.turn == turn);
        let on = on.ok_or_else(|| Violation::new(Invariant::Stale, "a reply that nobody waits for"))?;
        on.is_asking = false;
        self.unannounced = calls_of(&response.content);
        on.is_answered = self.unannounced.is_empty() && !on.has_news;
        for call in &self.unannounced {
            ensure!(!call.id.as_str().is_empty(), Pairing, "a call without an id");
            ensure!(self.seen.insert(call.id.clone()), Pairing, "the call id {} was used before", call.id);
        }
        self.spend(response.usage.unwrap_or_default());
        Ok(())
    }

    pub(super) fn model_failed(&mut self, turn: u32, failure: &ModelFailure) -> Checked {
        let on = self.on.as_mut().filter(|on| on.is_asking && on.turn == turn);
        let on = on.ok_or_else(|| Violation::new(Invariant::Stale, "a failure that nobody waits for"))?;
        (on.is_asking, on.has_failed) = (false, true);
        on.may_ask_again = failure.kind == ModelFailureKind::Interrupted && on.tries < TRIES;
        Ok(())
    }

    pub(crate) fn assert_all_finished(&self) -> Checked {
        let missing = self.submitted.iter().find(|run| !self.finished.contains_key(run));
        ensure!(missing.is_none(), Liveness, "{missing:?} never ended");
        ensure!(
            self.on.is_none() && self.open_calls().next().is_none(),
            Liveness,
            "something is on at the end"
        );
        Ok(())
    }
}
