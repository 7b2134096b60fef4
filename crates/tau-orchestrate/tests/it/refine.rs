//! Drafts that are made, judged, and made again; work that is split and put together.

use std::num::NonZeroUsize;

use tau_orchestrate::workflow::{Delegate, DelegateError, Parallel, Refine, RefineErrorKind, Verdict};
use tokio_util::sync::CancellationToken;

use crate::support::{Oops, Recorder, block_on};

fn refine(rounds: usize) -> Refine {
    Refine::new("essay", NonZeroUsize::new(rounds).unwrap())
}

/// Adds what is asked for until there is enough.
async fn longer(draft: String, said: Option<&'static str>) -> Result<String, Oops> {
    Ok(format!("{draft}{}", said.unwrap_or("a")))
}

async fn judge(draft: String) -> Result<Verdict<&'static str>, Oops> {
    Ok(if draft.len() >= 3 { Verdict::Accepted } else { Verdict::Rejected("b") })
}

#[test]
fn a_draft_is_made_again_until_it_is_accepted() {
    let recorder = Recorder::default();
    let output =
        block_on(refine(5).with_observer(recorder.clone()).run(String::new(), longer, judge)).unwrap();
    assert_eq!((output.draft.as_str(), output.verdict, output.rounds), ("abb", Verdict::Accepted, 3));
    let lines = recorder.lines();
    assert_eq!(lines.first().unwrap(), "refine `essay`: workflow.started (0 of 5 completed)");
    assert_eq!(lines.last().unwrap(), "refine `essay`: workflow.completed (3 of 5 completed)");
}

#[test]
fn rounds_that_are_used_up_leave_the_last_draft() {
    let output = block_on(refine(2).run(String::new(), longer, judge)).unwrap();
    assert_eq!((output.draft.as_str(), output.verdict, output.rounds), ("ab", Verdict::Rejected("b"), 2));
}

#[test]
fn a_step_that_fails_hands_back_the_draft_before() {
    let recorder = Recorder::default();
    let judge =
        async |draft: String| if draft.len() < 2 { judge(draft).await } else { Err(Oops("no judge")) };
    let error =
        block_on(refine(9).with_observer(recorder.clone()).run(String::new(), longer, judge)).unwrap_err();
    assert_eq!(
        (error.kind(), error.round(), error.step_error()),
        (RefineErrorKind::StepFailed, 1, Some(&Oops("no judge")))
    );
    assert_eq!(error.to_string(), "refine `essay`: round 1 failed");
    assert_eq!(error.into_draft(), "a");
    assert_eq!(
        recorder.lines().last().unwrap(),
        "refine `essay`: workflow.failed 1 (1 of 9 completed, 1 failed): no judge"
    );
}

#[test]
fn cancelling_drops_the_running_step() {
    let token = CancellationToken::new();
    let (inner, recorder) = (token.clone(), Recorder::default());
    let cancel = move |_: String| {
        inner.cancel();
        std::future::pending::<Result<Verdict<&str>, Oops>>()
    };
    let run = refine(9).with_cancellation(token).with_observer(recorder.clone());
    let error = block_on(run.run(String::new(), longer, cancel)).unwrap_err();
    assert_eq!((error.kind(), error.round()), (RefineErrorKind::Cancelled, 0));
    assert_eq!(recorder.lines().last().unwrap(), "refine `essay`: workflow.cancelled (0 of 9 completed)");
}

#[test]
fn work_is_split_and_put_together_in_order() {
    let delegate = Delegate::new(Parallel::new("workers"));
    let split = async |text: String| Ok(text.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let work =
        |word: String| async move { if word == "bad" { Err(Oops("a bad word")) } else { Ok(word.len()) } };
    let gather =
        async |lengths: Vec<usize>| if lengths.len() > 3 { Err(Oops("too many")) } else { Ok(lengths) };
    let run = |text: &str| block_on(delegate.run(text.to_owned(), split, work, gather));
    assert_eq!(run("one three to").unwrap(), [3, 5, 2]);
    assert!(
        matches!(run("one bad word"), Err(DelegateError::Work(error)) if error.to_string().contains("workers"))
    );
    assert!(matches!(run("one too many words"), Err(DelegateError::Gather(Oops("too many")))));
    let no_plan = async |_: String| Err::<Vec<String>, _>(Oops("no plan"));
    let error = block_on(delegate.run(String::new(), no_plan, work, gather)).unwrap_err();
    assert!(matches!(error, DelegateError::Plan(Oops("no plan"))));
}
