//! Replies and failures of the model.

use tau_core::event::{ModelFailure, ModelFailureKind, RunOutcome};
use tau_core::{ChatResponse, ContentBlock, FinishReason};
use tau_runtime::kernel::Rejection;

use super::support::{Kernel, calls_of, config, done, failure, inject, prompt, reply, text};

#[test]
fn a_reply_without_calls_ends_the_run() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(kernel.lines(text(1, 1, "Hello")), ["turn 1 replied: Hello", "run 1 finished: Completed"]);
}

#[test]
fn a_reply_of_nothing_ends_the_run() {
    let mut kernel = Kernel::asking(config());
    let nothing = reply(1, 1, ChatResponse::new([], FinishReason::Stop));
    assert_eq!(kernel.lines(nothing), ["turn 1 replied: ", "run 1 finished: Completed"]);
    assert_eq!(kernel.state.history().messages().len(), 1);
}

#[test]
fn all_calls_are_announced_before_any_runs() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(
        kernel.lines(calls_of(1, 1, &["a look", "b free"])),
        [
            "turn 1 replied: a look | b free",
            "call a requested: Pure look",
            "call b requested: Idempotent free",
            "> run a",
            "> run b"
        ]
    );
    assert!(!kernel.state.history().is_ready());
}

#[test]
fn words_beside_calls_are_kept() {
    let mut kernel = Kernel::asking(config());
    let response = match calls_of(1, 1, &["a look"]) {
        tau_runtime::kernel::Input::ModelReply { response, .. } => response.content[0].clone(),
        other => panic!("{other:?}"),
    };
    let mixed = ChatResponse::new([ContentBlock::text("Let me look"), response], FinishReason::ToolCalls);
    assert_eq!(
        kernel.lines(reply(1, 1, mixed)),
        ["turn 1 replied: Let me look | a look", "call a requested: Pure look", "> run a"]
    );
}

#[test]
fn answers_nobody_waits_for_are_stale() {
    let mut kernel = Kernel::asking(config());
    for (run, turn) in [(1, 0), (1, 2), (2, 1)] {
        assert_eq!(kernel.rejects(text(run, turn, "?")), Rejection::Stale);
        assert_eq!(kernel.rejects(failure(run, turn, ModelFailureKind::Server)), Rejection::Stale);
    }
    kernel.give(calls_of(1, 1, &["a look"])).unwrap();
    assert_eq!(kernel.rejects(text(1, 1, "twice")), Rejection::Stale, "the turn is answered");
    kernel.give(done("a")).unwrap();
    assert_eq!(kernel.rejects(text(1, 1, "late")), Rejection::Stale);
    kernel.give(text(1, 2, "done")).unwrap();
    assert_eq!(kernel.rejects(text(1, 2, "after the end")), Rejection::Stale);
}

#[test]
fn a_failure_ends_the_run_and_the_next_begins() {
    use ModelFailureKind as Kind;
    let kinds = [
        Kind::Unreachable,
        Kind::Unauthorized,
        Kind::NotFound,
        Kind::InvalidRequest,
        Kind::RateLimited,
        Kind::Server,
        Kind::Timeout,
        Kind::Protocol,
        Kind::Replay,
    ];
    for kind in kinds {
        let mut kernel = Kernel::asking(config());
        kernel.give(prompt(2, "next")).unwrap();
        let outcome = RunOutcome::Failed { failure: ModelFailure::new(kind, "no answer") };
        assert_eq!(
            kernel.lines(failure(1, 1, kind)),
            [
                format!("turn 1 failed: {kind:?}"),
                format!("run 1 finished: {outcome:?}"),
                "run 2 started".to_owned(),
                "model requested 2/1".to_owned(),
                "> call model 2/1".to_owned()
            ]
        );
    }
}

#[test]
fn an_answer_that_broke_off_is_asked_for_again_twice() {
    let mut kernel = Kernel::asking(config());
    let broken = || failure(1, 1, ModelFailureKind::Interrupted);
    let again = ["turn 1 failed: Interrupted", "model requested 1/1", "> call model 1/1"];
    assert_eq!(kernel.lines(broken()), again);
    assert_eq!(kernel.lines(broken()), again);
    let end = kernel.lines(broken());
    assert_eq!(end.len(), 2);
    assert!(end[1].starts_with("run 1 finished: Failed"), "{end:?}");
}

#[test]
fn every_turn_may_break_off() {
    let mut kernel = Kernel::asking(config());
    for turn in 1..=3 {
        for _ in 0..2 {
            let again = kernel.lines(failure(1, turn, ModelFailureKind::Interrupted));
            assert_eq!(again[1], format!("model requested 1/{turn}"));
        }
        kernel.give(calls_of(1, turn, &[&format!("c{turn} look")])).unwrap();
        kernel.give(done(&format!("c{turn}"))).unwrap();
    }
}

#[test]
fn context_lands_before_the_model_is_asked_again() {
    let mut kernel = Kernel::asking(config());
    kernel.give(inject("news")).unwrap();
    kernel.give(failure(1, 1, ModelFailureKind::Interrupted)).unwrap();
    assert_eq!(kernel.state.history().messages()[1].text(), "news");
}

fn called(kernel: &mut Kernel, turn: u32, calls: &[&str]) -> Vec<String> {
    let lines = kernel.lines(calls_of(1, turn, calls));
    lines.iter().filter_map(|line| line.strip_prefix("> run ")).map(str::to_owned).collect()
}

#[test]
fn calls_get_ids_of_their_own() {
    let mut kernel = Kernel::asking(config());
    let ids = called(&mut kernel, 1, &[" look", "x look", "x look", " look"]);
    assert_eq!(ids, ["call_t1_1", "x", "x_t1_3", "call_t1_4"]);
    let said: Vec<_> =
        kernel.state.history().messages()[1].tool_calls().map(|call| call.id.to_string()).collect();
    assert_eq!(said, ids, "the model reads the ids its results have");
    for id in ids {
        kernel.give(done(&id)).unwrap();
    }
    // Seen before in the session, even when two requests ago.
    let ids = called(&mut kernel, 2, &["x look", "y look"]);
    assert_eq!(ids, ["x_t2_1", "y"]);
    for id in ids {
        kernel.give(done(&id)).unwrap();
    }
    assert_eq!(called(&mut kernel, 3, &["x look"]), ["x_t3_1"]);
}

#[test]
fn a_new_id_is_not_one_that_is_taken() {
    let mut kernel = Kernel::asking(config());
    let ids = called(&mut kernel, 1, &["x_t1_3 look", "x look", "x look", "x_t1_3 look"]);
    assert_eq!(ids, ["x_t1_3", "x", "x_t1_3_1", "x_t1_3_t1_4"]);
}

#[test]
fn ids_of_an_earlier_run_are_taken_too() {
    let mut kernel = Kernel::calling(config(), &["call_0 look"]);
    kernel.give(done("call_0")).unwrap();
    kernel.give(text(1, 2, "done")).unwrap();
    kernel.give(prompt(2, "again")).unwrap();
    let lines = kernel.lines(calls_of(2, 1, &["call_0 look"]));
    assert_eq!(lines.last().unwrap(), "> run call_0_t1_1");
}
