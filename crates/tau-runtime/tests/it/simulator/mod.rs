//! The kernel under random inputs: anything may come at any time, and what must hold is checked after each step.
//!
//! The world around the kernel is simulated: requests and tools that were started stay on until an operation
//! ends them, in any order, and those that were stopped may still send their late answer.

mod audit;
mod resume;
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tau_core::config::{Budget, PermissionMode};
use tau_core::event::{ModelFailureKind, PermissionAnswer, SessionConfig};

use crate::kernel::support::with_mode;
use world::World;

/// One thing that happens in the world. An index picks one of the things there are.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Prompt,
    PromptAgain(Index),
    PromptOfNothing,
    Inject,
    Reply { job: Pick, calls: Vec<CallSpec>, tokens: (u64, u64) },
    Fail { job: Pick, kind: ModelFailureKind },
    ReplyToNobody { run: u128, turn: u32 },
    Finish { job: Pick, succeeds: bool },
    FinishUnknown,
    Answer { call: Pick, answer: PermissionAnswer },
    CancelRun,
    CancelCall(Pick),
    CancelSession,
}

/// One of those that are open, or, as late and double answers do, one of all that ever were.
#[derive(Debug, Clone)]
pub(crate) struct Pick {
    pub(crate) index: Index,
    pub(crate) any: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct CallSpec {
    pub(crate) id: &'static str,
    pub(crate) tool: &'static str,
}

fn pick() -> impl Strategy<Value = Pick> {
    (any::<Index>(), proptest::bool::weighted(0.2)).prop_map(|(index, any)| Pick { index, any })
}

fn call() -> impl Strategy<Value = CallSpec> {
    let id = prop::sample::select(vec!["", "a", "b", "c", "call_0", "call_1", "a_t1_2", "call_t2_1"]);
    let tool = prop::sample::select(vec!["look", "change", "free", "wary", "banned", "nonsense"]);
    (id, tool).prop_map(|(id, tool)| CallSpec { id, tool })
}

fn failure_kind() -> impl Strategy<Value = ModelFailureKind> {
    use ModelFailureKind as Kind;
    prop_oneof![
        3 => Just(Kind::Interrupted),
        1 => prop::sample::select(vec![
            Kind::Unreachable, Kind::Unauthorized, Kind::NotFound, Kind::InvalidRequest, Kind::RateLimited,
            Kind::Server, Kind::Timeout, Kind::Protocol, Kind::Replay,
        ]),
    ]
}

fn permission_answer() -> impl Strategy<Value = PermissionAnswer> {
    prop::sample::select(vec![
        PermissionAnswer::Allow,
        PermissionAnswer::AllowAlways,
        PermissionAnswer::Deny { message: String::new() },
        PermissionAnswer::Deny { message: "no".to_owned() },
        PermissionAnswer::NobodyToAsk,
    ])
}

fn operation() -> impl Strategy<Value = Operation> {
    let calls = proptest::collection::vec(call(), 0..5);
    let tokens = (0..20_u64, 0..10_u64);
    prop_oneof![
        6 => Just(Operation::Prompt),
        1 => any::<Index>().prop_map(Operation::PromptAgain),
        1 => Just(Operation::PromptOfNothing),
        2 => Just(Operation::Inject),
        14 => (pick(), calls, tokens).prop_map(|(job, calls, tokens)| Operation::Reply { job, calls, tokens }),
        4 => (pick(), failure_kind()).prop_map(|(job, kind)| Operation::Fail { job, kind }),
        1 => (0..4_u128, 0..4_u32).prop_map(|(run, turn)| Operation::ReplyToNobody { run, turn }),
        20 => (pick(), any::<bool>()).prop_map(|(job, succeeds)| Operation::Finish { job, succeeds }),
        1 => Just(Operation::FinishUnknown),
        12 => (pick(), permission_answer()).prop_map(|(call, answer)| Operation::Answer { call, answer }),
        2 => Just(Operation::CancelRun),
        2 => pick().prop_map(Operation::CancelCall),
        1 => proptest::bool::weighted(0.1).prop_map(|ends| {
            if ends { Operation::CancelSession } else { Operation::Inject }
        }),
    ]
}

fn config() -> impl Strategy<Value = SessionConfig> {
    let mode =
        prop::sample::select(vec![PermissionMode::Default, PermissionMode::DontAsk, PermissionMode::Bypass]);
    let turns = proptest::option::of(0..5_u32);
    let tokens = proptest::option::weighted(0.3, 0..120_u64);
    let calls = proptest::option::weighted(0.3, 0..7_u32);
    (mode, turns, tokens, calls).prop_map(|(mode, max_turns, max_tokens, max_tool_calls)| {
        let mut config = with_mode(mode);
        let mut budget = Budget::default();
        (budget.max_turns, budget.max_tokens, budget.max_tool_calls) =
            (max_turns, max_tokens, max_tool_calls);
        config.budget = budget;
        config
    })
}

fn story() -> impl Strategy<Value = (SessionConfig, Vec<Operation>)> {
    (config(), proptest::collection::vec(operation(), 0..70))
}

fn simulate(config: SessionConfig, operations: Vec<Operation>) -> World {
    let mut world = World::new(config);
    for operation in operations {
        world.perform(operation);
    }
    world.drain();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_keeps_its_promises((config, operations) in story()) {
        simulate(config, operations);
    }

    #[test]
    fn every_prefix_of_a_journal_is_a_session((config, operations) in story(), cut in any::<Index>()) {
        simulate(config, operations).assert_prefix(cut);
    }

    #[test]
    fn every_prefix_of_a_journal_can_be_taken_up((config, operations) in story(), cut in any::<Index>()) {
        let world = simulate(config, operations);
        let journal = world.journal();
        resume::assert_goes_on(&journal[..cut.index(journal.len() + 1)]);
    }
}

/// The simulation proves nothing about what it never meets.
#[test]
fn the_simulation_goes_everywhere() {
    let mut runner = TestRunner::deterministic();
    let mut met = BTreeSet::new();
    for _ in 0..300 {
        let (config, operations) = story().new_tree(&mut runner).unwrap().current();
        met.extend(simulate(config, operations).met());
    }
    let expected = [
        "call asked about",
        "call cancelled",
        "call denied by nobody",
        "call denied by person",
        "call denied by rule",
        "call failed",
        "call succeeded",
        "run cancelled",
        "run completed",
        "run failed",
        "run out of calls",
        "run out of tokens",
        "run out of turns",
        "session closed",
        "turn asked again",
        "rejected: DuplicateRun",
        "rejected: InvalidContent",
        "rejected: NotOpen",
        "rejected: NotWaiting",
        "rejected: NothingToCancel",
        "rejected: Stale",
    ];
    let missing: Vec<_> = expected.into_iter().filter(|what| !met.contains(*what)).collect();
    assert!(missing.is_empty(), "never met: {missing:?}");
}
