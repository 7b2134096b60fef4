//! Subagents: started with a part of the budget, counted, stopped and taken up again.

use tau_core::config::Budget;
use tau_core::event::{RunOutcome, Spending};
use tau_core::{SessionId, TokenUsage};
use tau_runtime::kernel::{Decision, Effect, Input, Rejection, SubagentReport};

use super::support::{Kernel, calls_of, cancel_call, done, text, with_people};

const TASK: &str = r#"a task {"prompt":"Look around"}"#;
const OTHER: &str = r#"b task {"prompt":"Look up"}"#;

fn spent(turns: u32, tokens: u64) -> Spending {
    let mut spent = Spending::default();
    spent.turns = turns;
    spent.usage = TokenUsage { input: tokens, ..TokenUsage::default() };
    spent
}

fn report(child: SessionId, spent: Spending) -> Input {
    let mut report = SubagentReport::new(child, RunOutcome::Completed, "I saw it");
    report.spent = spent;
    Input::SubagentFinished(Box::new(report))
}

/// The subagents that a decision starts, with their budgets.
fn started(decision: &Decision) -> Vec<(SessionId, Budget)> {
    let started = decision.effects.iter().filter_map(|effect| match effect {
        Effect::StartSubagent { child, config, .. } => Some((*child, config.budget)),
        _ => None,
    });
    started.collect()
}

fn calling(change: impl FnOnce(&mut Budget), calls: &[&str]) -> (Kernel, Vec<(SessionId, Budget)>) {
    let mut config = with_people();
    change(&mut config.budget);
    let mut kernel = Kernel::asking(config);
    let decision = kernel.give(calls_of(1, 1, calls)).unwrap();
    let children = started(&decision);
    (kernel, children)
}

#[test]
fn the_words_of_a_subagent_are_the_result_of_its_call() {
    let mut kernel = Kernel::asking(with_people());
    let decision = kernel.lines(calls_of(1, 1, &[TASK]));
    assert_eq!(
        decision[2..],
        ["subagent of a started".to_owned(), "> start subagent of a: Look around".to_owned()]
    );
    let child = kernel.state.subagents().next().unwrap();
    assert_eq!(
        kernel.lines(report(child, spent(2, 30))),
        [
            "call a succeeded: I saw it",
            "subagent finished: Completed, 2 turns, 30 tokens",
            "model requested 1/2",
            "> call model 1/2",
        ]
    );
    assert_eq!(kernel.rejects(report(child, spent(2, 30))), Rejection::Stale, "it reports once");
}

#[test]
fn a_subagent_can_do_no_more_than_who_started_it() {
    let mut config = with_people();
    config.permissions.deny = vec!["banned".to_owned()];
    let mut kernel = Kernel::asking(config.clone());
    kernel.give(calls_of(1, 1, &["x change"])).unwrap();
    kernel.give(super::support::answer("x", tau_core::event::PermissionAnswer::AllowAlways)).unwrap();
    kernel.give(done("x")).unwrap();
    let decision = kernel.give(calls_of(1, 2, &[TASK])).unwrap();
    let Some(Effect::StartSubagent { config: child, .. }) = decision.effects.first() else { panic!() };
    let tools: Vec<_> = child.tools.iter().map(|tool| tool.definition.name.as_str()).collect();
    assert_eq!(tools, ["look", "change", "free", "wary", "banned"], "it asks nobody and starts no subagent");
    assert_eq!(child.permissions.deny, ["banned"]);
    assert_eq!(child.permissions.ask, config.permissions.ask);
    assert_eq!(child.permissions.allow, ["free", "change"], "what was granted");
    assert_eq!(child.subagent_depth, 0);
}

#[test]
fn what_is_left_of_the_budget_is_shared_in_equal_parts() {
    let limits = |budget: &mut Budget| {
        budget.max_turns = Some(10);
        budget.max_tokens = Some(900);
        budget.max_tool_calls = Some(8);
    };
    let (mut kernel, children) = calling(limits, &[TASK, OTHER]);
    let parts: Vec<_> =
        children.iter().map(|(_, part)| (part.max_turns, part.max_tokens, part.max_tool_calls)).collect();
    // 9 turns, 900 tokens and 6 calls are left; a third stays with the session itself.
    assert_eq!(parts, [(Some(3), Some(300), Some(2)); 2]);
    kernel.give(report(children[0].0, spent(3, 300))).unwrap();
    kernel.give(report(children[1].0, spent(1, 0))).unwrap();
    // 10 turns but 2 of its own, 4 of the subagents; 900 tokens but 300.
    let decision = kernel.give(calls_of(1, 2, &[r#"c task {"prompt":"More"}"#])).unwrap();
    let part = started(&decision)[0].1;
    assert_eq!((part.max_turns, part.max_tokens, part.max_tool_calls), (Some(2), Some(300), Some(2)));
}

#[test]
fn a_budget_that_subagents_used_up_ends_the_run() {
    let (mut kernel, children) = calling(|budget| budget.max_tokens = Some(100), &[TASK]);
    let lines = kernel.lines(report(children[0].0, spent(1, 100)));
    assert_eq!(lines.last().unwrap(), "run 1 finished: BudgetExceeded { limit: Tokens }");
}

#[test]
fn without_a_budget_to_share_or_room_below_the_model_works_itself() {
    let (mut kernel, children) = calling(|budget| budget.max_turns = Some(2), &[TASK]);
    assert_eq!(children, []);
    assert_eq!(kernel.lines(text(1, 2, "Then I do it")).last().unwrap(), "run 1 finished: Completed");

    let mut config = with_people();
    config.subagent_depth = 0;
    let lines = Kernel::asking(config).lines(calls_of(1, 1, &[TASK]));
    assert_eq!(
        lines[2],
        "call a denied by rule: Not run: a subagent here may not start another. Do the work yourself."
    );

    let lines = Kernel::asking(with_people()).lines(calls_of(1, 1, &[r#"a task {"work":"?"}"#]));
    assert_eq!(lines[2], "call a failed: The subagent needs work: give it as text in `prompt`.");
}

#[test]
fn a_subagent_that_was_cancelled_still_counts() {
    let (mut kernel, children) = calling(|budget| budget.max_tokens = Some(90), &[TASK, "b look"]);
    assert_eq!(kernel.lines(cancel_call("a"))[2..], ["> stop subagent".to_owned()]);
    assert_eq!(
        kernel.lines(report(children[0].0, spent(1, 90))),
        ["subagent finished: Completed, 1 turns, 90 tokens"]
    );
    let lines = kernel.lines(done("b"));
    assert_eq!(lines.last().unwrap(), "run 1 finished: BudgetExceeded { limit: Tokens }");
}

#[test]
fn after_a_crash_a_subagent_goes_on_where_its_journal_ends() {
    let (mut kernel, children) = calling(|_| {}, &[TASK, "b free"]);
    let decision = kernel.give(Input::Resume).unwrap();
    assert_eq!(started(&decision), children, "the same session, the same budget");
    kernel.give(report(children[0].0, spent(1, 1))).unwrap();
}

#[test]
fn after_a_crash_a_subagent_that_was_being_stopped_is_stopped_again_and_counts() {
    let (mut kernel, children) = calling(|budget| budget.max_tokens = Some(90), &[TASK, "b look"]);
    kernel.give(cancel_call("a")).unwrap();
    assert_eq!(kernel.lines(Input::Resume), ["resumed", "> stop subagent", "> run b"]);
    kernel.give(report(children[0].0, spent(1, 90))).unwrap();
    assert_eq!(kernel.state.subagents().next(), None);
    assert_eq!(kernel.lines(done("b")).last().unwrap(), "run 1 finished: BudgetExceeded { limit: Tokens }");
}

#[test]
fn what_a_subagent_called_does_not_take_back_what_was_let_run_before() {
    let (mut kernel, children) = calling(|budget| budget.max_tool_calls = Some(4), &[TASK, "b free"]);
    let mut over = spent(1, 1);
    over.tool_calls = 5;
    kernel.give(report(children[0].0, over)).unwrap();
    assert_eq!(kernel.lines(Input::Resume), ["resumed", "> run b"], "as it went on without the crash");
    kernel.give(done("b")).unwrap();
    let lines = kernel.lines(calls_of(1, 2, &["c look"]));
    assert_eq!(lines.last().unwrap(), "run 1 finished: BudgetExceeded { limit: ToolCalls }");
}

#[test]
fn what_a_stopped_subagent_may_have_spent_counts_until_it_reports() {
    let (mut kernel, children) = calling(|budget| budget.max_turns = Some(3), &[TASK]);
    assert_eq!(children[0].1.max_turns, Some(1));
    assert_eq!(kernel.lines(cancel_call("a")).last().unwrap(), "> call model 1/2");
    let lines = kernel.lines(calls_of(1, 2, &["b look"]));
    assert_eq!(lines.last().unwrap(), "> run b");
    assert_eq!(kernel.lines(done("b")).last().unwrap(), "run 1 finished: TurnLimit { limit: 3 }");
}
