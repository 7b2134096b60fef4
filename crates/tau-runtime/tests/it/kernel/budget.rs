//! What a run may spend.

use tau_core::Money;
use tau_core::Prices;
use tau_core::config::Budget;
use tau_core::event::SessionConfig;

use super::support::{Kernel, calls_of, config, done, failure, prompt, text, with_usage};

fn with_budget(change: impl FnOnce(&mut Budget)) -> SessionConfig {
    let mut config = config();
    change(&mut config.budget);
    config
}

/// Runs turns that call one tool each until the run ends, and gives how often the model was asked and the end.
fn spend(kernel: &mut Kernel, run: u128, tokens: (u64, u64)) -> (u32, String) {
    for turn in 1..200 {
        let id = format!("r{run}c{turn}");
        let reply = calls_of(run, turn, &[&format!("{id} look")]);
        let mut lines = kernel.lines(with_usage(reply, tokens.0, tokens.1));
        if kernel.state.active_run().is_some() {
            lines.extend(kernel.lines(done(&id)));
        }
        if let Some(end) = lines.iter().find(|line| line.contains("finished")) {
            assert!(!lines.iter().any(|line| line.contains("model requested")), "nothing follows the end");
            return (turn, end.clone());
        }
    }
    panic!("no limit held");
}

#[test]
fn a_run_has_its_turns_and_not_one_more() {
    for limit in [1, 2, 7] {
        let mut kernel = Kernel::asking(with_budget(|budget| budget.max_turns = Some(limit)));
        let end = format!("run 1 finished: TurnLimit {{ limit: {limit} }}");
        assert_eq!(spend(&mut kernel, 1, (1, 1)), (limit, end));
        assert!(kernel.state.history().is_ready(), "it can go on");
    }
}

#[test]
fn without_a_limit_a_run_has_a_hundred_turns() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(spend(&mut kernel, 1, (1, 1)).0, 100);
}

#[test]
fn a_last_turn_may_end_well() {
    let mut kernel = Kernel::asking(with_budget(|budget| budget.max_turns = Some(1)));
    assert_eq!(kernel.lines(text(1, 1, "done"))[1], "run 1 finished: Completed");
}

#[test]
fn a_turn_asked_for_again_is_one_turn() {
    let mut kernel = Kernel::asking(with_budget(|budget| budget.max_turns = Some(1)));
    let lines = kernel.lines(failure(1, 1, tau_core::event::ModelFailureKind::Interrupted));
    assert_eq!(lines.last().unwrap(), "> call model 1/1");
}

#[test]
fn tokens_and_money_end_the_run_before_the_next_request() {
    // 10 in and 5 out each turn.
    for (limit, turns) in [(1, 1), (15, 1), (16, 2), (30, 2), (31, 3)] {
        let mut kernel = Kernel::asking(with_budget(|budget| budget.max_tokens = Some(limit)));
        let end = "run 1 finished: BudgetExceeded { limit: Tokens }".to_owned();
        assert_eq!(spend(&mut kernel, 1, (10, 5)), (turns, end), "{limit} tokens");
    }
    // A dollar for a million in, two for a million out: 20 millionths each turn.
    for (micros, turns) in [(1, 1), (20, 1), (21, 2), (40, 2), (41, 3)] {
        let mut config = with_budget(|budget| budget.max_cost = Some(Money::from_nanos(micros * 1_000)));
        config.prices = Some(Prices::new("1".parse().unwrap(), "2".parse().unwrap()));
        let mut kernel = Kernel::asking(config);
        let end = "run 1 finished: BudgetExceeded { limit: Cost }".to_owned();
        assert_eq!(spend(&mut kernel, 1, (10, 5)), (turns, end), "{micros} millionths");
    }
}

#[test]
fn money_without_prices_does_not_bind() {
    let mut kernel = Kernel::asking(with_budget(|budget| budget.max_cost = Some(Money::from_nanos(1))));
    assert_eq!(spend(&mut kernel, 1, (1_000_000, 1_000_000)).0, 100);
}

#[test]
fn calls_over_the_limit_do_not_run() {
    let mut kernel = Kernel::asking(with_budget(|budget| budget.max_tool_calls = Some(2)));
    let lines = kernel.lines(calls_of(1, 1, &["a look", "b look"]));
    assert_eq!(lines[lines.len() - 2..], ["> run a", "> run b"], "as many as the limit");
    kernel.give(done("a")).unwrap();
    kernel.give(done("b")).unwrap();
    let refused =
        |id: &str| format!("call {id} denied by rule: Not run: the budget of tool calls is used up.");
    let end = "run 1 finished: BudgetExceeded { limit: ToolCalls }".to_owned();
    let mut other = kernel.clone();
    let lines = other.lines(calls_of(1, 2, &["c look"]));
    assert_eq!(lines[2..], [refused("c"), end.clone()], "one over the limit");
    let lines = kernel.lines(calls_of(1, 2, &["c look", "d change"]));
    assert_eq!(
        lines[..3],
        [
            "turn 2 replied: c look | d change",
            "call c requested: Pure look",
            "call d requested: AtMostOnce change"
        ]
    );
    assert_eq!(lines[3..], [refused("c"), refused("d"), end]);
    assert!(kernel.state.history().is_ready());
}

#[test]
fn every_run_has_a_budget_of_its_own() {
    let mut kernel = Kernel::asking(with_budget(|budget| {
        budget.max_tool_calls = Some(2);
        budget.max_tokens = Some(30);
    }));
    assert_eq!(spend(&mut kernel, 1, (10, 5)).0, 2);
    kernel.give(prompt(2, "again")).unwrap();
    assert_eq!(spend(&mut kernel, 2, (10, 5)).0, 2);
}

#[test]
fn a_budget_of_nothing_asks_nothing() {
    for config in [
        with_budget(|budget| budget.max_turns = Some(0)),
        with_budget(|budget| budget.max_tokens = Some(0)),
        with_budget(|budget| budget.max_cost = Some(Money::ZERO)),
    ] {
        let mut kernel = Kernel::new(config);
        let lines = kernel.lines(prompt(1, "Hi"));
        assert_eq!(lines[..2], ["prompt 1: Hi", "run 1 started"]);
        assert!(lines[2].starts_with("run 1 finished: "), "{lines:?}");
        assert_eq!(lines.len(), 3);
    }
}
