//! What a compaction takes and what it leaves.

use std::sync::Arc;

use tau_session::estimate_tokens;

use crate::support::{Fold, announced, asked, compacted, finished, inject, prompt, reply, started};

/// Two runs. Origins of the messages: Hi 2, calls 4, results 6, done 8, More 10, sure 12.
fn two_runs() -> Fold {
    Fold::of([
        prompt(1, "Hi"),
        started(1),
        asked(1, 1),
        reply("", &["a"], Some((10, 5))),
        announced("a"),
        finished("a", "seen"),
        asked(1, 2),
        reply("done", &[], Some((20, 5))),
        prompt(2, "More"),
        started(2),
        asked(2, 1),
        reply("sure", &[], Some((30, 5))),
    ])
}

#[test]
fn what_came_after_stays_the_same_messages() {
    let mut fold = two_runs();
    let before = fold.history.messages().to_vec();
    fold.feed([compacted(8, &["They said hi."])]);
    assert_eq!(fold.shown(), ["user: They said hi.", "user: More", "assistant: sure"]);
    assert!(Arc::ptr_eq(&fold.history.messages()[1], &before[4]), "kept, not copied");
    assert!(Arc::ptr_eq(&fold.history.messages()[2], &before[5]));
}

#[test]
fn messages_go_on_after_it() {
    let mut fold = two_runs();
    fold.feed([compacted(8, &["Summary"]), prompt(3, "Next"), started(3)]);
    assert_eq!(fold.shown(), ["user: Summary", "user: More", "assistant: sure", "user: Next"]);
}

#[test]
fn a_second_compaction_takes_the_first() {
    let mut fold = two_runs();
    fold.feed([compacted(8, &["First", "and more"]), compacted(10, &["Second"])]);
    assert_eq!(fold.shown(), ["user: Second", "assistant: sure"]);
    fold.feed([compacted(13, &["All"])]);
    assert_eq!(fold.shown(), ["user: All"]);
}

#[test]
fn an_earlier_place_leaves_what_an_earlier_compaction_wrote() {
    let mut fold = two_runs();
    fold.feed([compacted(8, &["Summary"])]);
    let before = fold.shown();
    fold.feed([compacted(7, &[])]);
    assert_eq!(fold.shown(), before, "the summary stands at event 8");
}

#[test]
fn waiting_content_outlives_it() {
    let mut fold = two_runs();
    fold.feed([inject("remember"), prompt(3, "Next"), compacted(12, &["Summary"]), started(3)]);
    assert_eq!(fold.shown(), ["user: Summary", "user: remember", "user: Next"]);
}

#[test]
fn a_cut_between_calls_and_results_is_none() {
    for through in [4, 5] {
        let mut fold = two_runs();
        let before = fold.history.clone();
        fold.feed([compacted(through, &["torn"])]);
        assert_eq!(fold.history, before, "through {through}");
    }
}

#[test]
fn calls_that_wait_for_results_keep_their_reply() {
    let mut fold =
        Fold::of([prompt(1, "Hi"), started(1), asked(1, 1), reply("", &["a"], None), announced("a")]);
    let before = fold.history.clone();
    fold.feed([compacted(5, &["torn"])]);
    assert_eq!(fold.history, before);
    fold.feed([compacted(2, &["Summary"]), finished("a", "seen")]);
    assert_eq!(fold.shown(), ["user: Summary", "assistant: call a", "tool: a=seen"]);
}

#[test]
fn tokens_are_estimated_until_the_provider_counts_again() {
    let mut fold = two_runs();
    assert_eq!(fold.history.context_tokens(), 35);
    fold.feed([compacted(8, &["Summary"])]);
    let estimate: u64 = fold.history.messages().iter().map(|message| estimate_tokens(message)).sum();
    assert_eq!(fold.history.context_tokens(), estimate);
    assert_eq!(fold.history.usage().total(), 75, "what was spent stays spent");
    fold.feed([asked(2, 2), reply("ok", &[], Some((12, 3)))]);
    assert_eq!(fold.history.context_tokens(), 15);
}
