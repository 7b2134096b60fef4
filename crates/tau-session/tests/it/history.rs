//! Where messages land, and what does not become one.

use std::sync::Arc;

use tau_core::ToolCallId;
use tau_core::event::{EventBody, ModelFailure, ModelFailureKind};

use crate::support::{Fold, announced, asked, finished, inject, prompt, reply, started};

/// A run whose model called tools that have not answered.
fn calling(calls: &[&str]) -> Fold {
    let mut fold = Fold::of([prompt(1, "Hi"), started(1), asked(1, 1), reply("On it", calls, None)]);
    fold.feed(calls.iter().map(|id| announced(id)));
    fold
}

#[test]
fn a_prompt_waits_for_its_run() {
    let mut fold = Fold::of([prompt(1, "first"), prompt(2, "second")]);
    assert_eq!(fold.shown(), Vec::<String>::new());
    fold.feed([started(1)]);
    assert_eq!(fold.shown(), ["user: first"]);
    fold.feed([asked(1, 1), reply("done", &[], None), started(2)]);
    assert_eq!(fold.shown(), ["user: first", "assistant: done", "user: second"]);
}

#[test]
fn a_run_without_a_prompt_adds_nothing() {
    assert_eq!(Fold::of([started(7)]).shown(), Vec::<String>::new());
    let twice = Fold::of([prompt(1, "once"), started(1), started(1)]);
    assert_eq!(twice.shown(), ["user: once"]);
}

#[test]
fn results_stand_in_call_order_whatever_order_they_come_in() {
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        let mut fold = calling(&["a", "b", "c"]);
        for (position, id) in order.into_iter().enumerate() {
            assert!(!fold.history.is_ready());
            assert_eq!(fold.history.messages().len(), 2, "no result shows before all are in");
            assert_eq!(fold.history.open_calls().count(), 3 - position);
            fold.feed([finished(id, &format!("result {id}"))]);
        }
        assert!(fold.history.is_ready());
        assert_eq!(fold.shown()[2], "tool: a=result a | b=result b | c=result c", "order {order:?}");
        assert_eq!(fold.history.messages().len(), 3);
    }
}

#[test]
fn open_calls_are_told_in_call_order() {
    let mut fold = calling(&["z", "y", "x"]);
    fold.feed([finished("y", "")]);
    let open: Vec<&str> = fold.history.open_calls().map(|id| id.as_str()).collect();
    assert_eq!(open, ["z", "x"]);
}

#[test]
fn late_double_and_unknown_results_are_ignored() {
    let mut fold = calling(&["a", "b"]);
    fold.feed([finished("a", "first")]);
    let before = fold.history.clone();
    fold.feed([finished("a", "double"), finished("stranger", "who?")]);
    assert_eq!(fold.history, before);

    fold.feed([finished("b", "last")]);
    let before = fold.history.clone();
    fold.feed([finished("a", "late"), finished("b", "late")]);
    assert_eq!(fold.history, before);
    assert_eq!(fold.shown()[2], "tool: a=first | b=last");
}

#[test]
fn a_call_announced_twice_waits_for_one_result() {
    let mut fold = calling(&["a"]);
    fold.feed([announced("a"), finished("a", "once")]);
    assert!(fold.history.is_ready());
    assert_eq!(fold.shown()[2], "tool: a=once");
}

#[test]
fn calls_are_known_for_the_whole_session() {
    let mut fold = calling(&["a"]);
    fold.feed([finished("a", ""), asked(1, 2), reply("done", &[], None)]);
    assert!(fold.history.has_call(&ToolCallId::new("a")));
    assert!(!fold.history.has_call(&ToolCallId::new("b")));
}

#[test]
fn injected_context_lands_with_the_next_request() {
    let mut fold = calling(&["a"]);
    fold.feed([inject("one"), finished("a", "ok"), inject("two")]);
    assert_eq!(fold.shown(), ["user: Hi", "assistant: On it | call a", "tool: a=ok"]);
    fold.feed([asked(1, 2)]);
    assert_eq!(fold.shown()[3], "user: one | two");
    fold.feed([inject("three"), reply("done", &[], None)]);
    assert_eq!(fold.shown()[4..], ["assistant: done"], "never between a request and its reply");
}

#[test]
fn injected_context_stands_before_the_prompt_of_the_next_run() {
    let fold = Fold::of([inject("know this"), prompt(1, "do that"), started(1), asked(1, 1)]);
    assert_eq!(fold.shown(), ["user: know this", "user: do that"]);
}

#[test]
fn context_of_nothing_is_no_message() {
    let nothing = EventBody::ContextInjected { content: Vec::new() };
    let fold = Fold::of([nothing, prompt(1, "Hi"), started(1), asked(1, 1)]);
    assert_eq!(fold.shown(), ["user: Hi"]);
}

#[test]
fn an_empty_reply_is_no_message() {
    let fold = Fold::of([prompt(1, "Hi"), started(1), asked(1, 1), reply("", &[], Some((5, 0)))]);
    assert_eq!(fold.shown(), ["user: Hi"]);
    assert_eq!(fold.history.usage().input, 5, "what it cost counts all the same");
}

#[test]
fn what_is_not_said_changes_nothing() {
    let mut fold = calling(&["a"]);
    let before = fold.history.clone();
    fold.feed([
        EventBody::SessionResumed,
        EventBody::ModelFailed {
            turn: 1,
            failure: ModelFailure::new(ModelFailureKind::Interrupted, "half an answer"),
        },
        EventBody::SessionClosed,
    ]);
    assert_eq!(fold.history, before);
}

#[test]
fn the_reply_is_kept_as_it_was_said() {
    let event = reply("words", &["a"], None);
    let EventBody::ModelReplied { response, .. } = &event else { panic!("a reply") };
    let said = response.content.clone();
    let fold = Fold::of([prompt(1, "Hi"), started(1), asked(1, 1), event]);
    assert_eq!(fold.history.messages()[1].content, said);
}

#[test]
fn a_copy_shares_its_messages() {
    let fold = calling(&["a"]);
    let copy = fold.history.clone();
    assert!(copy.messages().iter().zip(fold.history.messages()).all(|(a, b)| Arc::ptr_eq(a, b)));
}
