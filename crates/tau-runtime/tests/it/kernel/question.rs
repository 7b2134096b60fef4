//! Questions to a person, and what answers mean.

use tau_core::event::{PermissionAnswer, QuestionAnswer};
use tau_runtime::kernel::{Input, Rejection};

use super::support::{Kernel, answer, call_id, calls_of, cancel_call, run_id, with_people};

fn says(id: &str, text: &str) -> Input {
    Input::QuestionAnswer { call_id: call_id(id), answer: QuestionAnswer::Answer { text: text.to_owned() } }
}

#[test]
fn a_question_waits_for_its_answer() {
    let mut kernel = Kernel::asking(with_people());
    assert_eq!(
        kernel.lines(calls_of(1, 1, &[r#"a ask {"question":"Which?","choices":["red","blue"]}"#])),
        ["turn 1 replied: a ask", "call a requested: Pure ask", "call a asks: Which? [\"red\", \"blue\"]",]
    );
    assert_eq!(
        kernel.lines(says("a", "blue")),
        [
            "call a answered: Answer { text: \"blue\" }",
            "call a succeeded: blue",
            "model requested 1/2",
            "> call model 1/2",
        ]
    );
}

#[test]
fn with_nobody_there_the_model_decides() {
    let mut kernel = Kernel::calling(with_people(), &[r#"a ask {"question":"Which?"}"#]);
    let nobody = Input::QuestionAnswer { call_id: call_id("a"), answer: QuestionAnswer::NobodyToAsk };
    assert_eq!(
        kernel.lines(nobody)[1],
        "call a denied by nobody: Not answered: nobody is there to ask. Decide yourself, and say what you assumed."
    );
}

#[test]
fn what_is_no_question_is_told_to_the_model() {
    let table = [
        ("{}", "There is no question: give it as text in `question`."),
        (r#"{"question":" "}"#, "There is no question: give it as text in `question`."),
        (
            r#"{"question":"Which?","choices":"red"}"#,
            "`choices` must be a list of texts, or be left out for a free answer.",
        ),
        (
            r#"{"question":"Which?","choices":[1]}"#,
            "`choices` must be a list of texts, or be left out for a free answer.",
        ),
    ];
    for (arguments, told) in table {
        let mut kernel = Kernel::asking(with_people());
        let lines = kernel.lines(calls_of(1, 1, &[&format!("a ask {arguments}")]));
        assert_eq!(lines[2], format!("call a failed: {told}"), "{arguments}");
        assert_eq!(lines.last().unwrap(), "> call model 1/2");
    }
}

#[test]
fn an_answer_to_a_question_that_no_longer_waits_changes_nothing() {
    let mut kernel = Kernel::calling(with_people(), &[r#"a ask {"question":"Which?"}"#, "b change"]);
    let not_waiting = |id| Rejection::NotWaiting(call_id(id));
    assert_eq!(kernel.rejects(says("b", "yes")), not_waiting("b"), "it waits for permission");
    assert_eq!(kernel.rejects(answer("a", PermissionAnswer::Allow)), not_waiting("a"), "it waits for words");
    kernel.give(says("a", "blue")).unwrap();
    assert_eq!(kernel.rejects(says("a", "red")), not_waiting("a"));
    kernel.give(cancel_call("b")).unwrap();
    kernel.give(super::support::text(1, 2, "Done")).unwrap();
    assert_eq!(kernel.rejects(says("a", "red")), Rejection::Stale);
}

#[test]
fn calls_that_change_things_wait_for_the_answer_before_them() {
    let mut kernel = Kernel::calling(with_people(), &[r#"a ask {"question":"Sure?"}"#, "b free", "c look"]);
    let stale = kernel.rejects(super::support::done("b"));
    assert_eq!(stale, Rejection::Stale, "it has not run");
    let lines = kernel.lines(says("a", "yes"));
    assert_eq!(lines.last().unwrap(), "> run b");
}

#[test]
fn a_question_outlives_a_crash() {
    let mut kernel = Kernel::calling(with_people(), &[r#"a ask {"question":"Which?"}"#]);
    assert_eq!(kernel.lines(Input::Resume), ["resumed"]);
    kernel.give(says("a", "blue")).unwrap();
    assert_eq!(kernel.state.active_run(), Some(run_id(1)));
}
