//! The budget of a run and of the subagents below it.

use tau_core::RunId;
use tau_core::config::Budget;
use tau_core::event::{BudgetLimit, RunOutcome, Spending};

use super::control::Control;
use super::step::Step;
use super::{Rejection, cancel, prompt};

/// How the run ends if it may not ask the model again.
pub(super) fn exceeded(step: &Step<'_>) -> Option<RunOutcome> {
    let (budget, spent) = (&step.control.config()?.budget, taken(&step.control)?);
    let limit = if budget.max_tokens.is_some_and(|most| spent.usage.total() >= most) {
        BudgetLimit::Tokens
    } else if budget.max_cost.is_some_and(|most| spent.cost >= most) {
        BudgetLimit::Cost
    } else if spent.turns >= budget.max_turns() {
        return Some(RunOutcome::TurnLimit { limit: budget.max_turns() });
    } else {
        return None;
    };
    Some(RunOutcome::BudgetExceeded { limit })
}

/// What the run has spent, and what subagents may have that were stopped or that nobody waits for, and have not
/// reported: until they do, nobody knows how much of it they took.
fn taken(control: &Control) -> Option<Spending> {
    let run = control.run()?;
    let stopped = control.children_without_call().filter(|(_, child)| child.run == run.id);
    Some(with_grants(run.spent, stopped.map(|(_, child)| &child.budget)))
}

/// What is spent, with all that may be spent out of some budgets besides.
pub(super) fn with_grants<'a>(spent: Spending, grants: impl Iterator<Item = &'a Budget>) -> Spending {
    grants.fold(spent, |mut sum, grant| {
        let mut most = Spending::default();
        most.turns = grant.max_turns();
        most.usage.input = grant.max_tokens.unwrap_or_default();
        most.cost = grant.max_cost.unwrap_or_default();
        most.tool_calls = grant.max_tool_calls.unwrap_or_default();
        sum += most;
        sum
    })
}

/// The time of a run is used up: everything that is on ends.
pub(super) fn time_up(step: &mut Step<'_>, run: RunId) -> Result<(), Rejection> {
    if step.run()?.id != run {
        return Err(Rejection::Stale);
    }
    cancel::stop_work(step, "Stopped by the time limit of the run");
    prompt::finish_run(step, RunOutcome::BudgetExceeded { limit: BudgetLimit::WallTime });
    Ok(())
}

/// Whether the calls just announced are more than the run may make.
pub(super) fn tool_calls_exceeded(step: &Step<'_>) -> Option<BudgetLimit> {
    let (run, config) = (step.control.run()?, step.control.config()?);
    let is_exceeded = config.budget.max_tool_calls.is_some_and(|most| run.announced > most);
    is_exceeded.then_some(BudgetLimit::ToolCalls)
}
