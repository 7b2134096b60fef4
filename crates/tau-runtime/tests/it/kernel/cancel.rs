//! Cancels, at every place where something is on.

use tau_core::RunId;
use tau_core::event::{CancelScope, PermissionAnswer};
use tau_runtime::kernel::{Input, Rejection};

use super::support::{Kernel, answer, cancel, cancel_call, config, done, prompt, text};

const RUNNING: &str =
    "Cancelled by the user. It was stopped on its way and may have done a part of its work.";
const WAITING: &str = "Cancelled by the user before it ran.";

#[test]
fn while_the_model_is_asked() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(
        kernel.lines(cancel(CancelScope::Run)),
        ["cancel Run", "run 1 finished: Cancelled", "> stop model"]
    );
    assert_eq!(kernel.rejects(text(1, 1, "late")), Rejection::Stale);
    assert_eq!(kernel.rejects(cancel(CancelScope::Run)), Rejection::NothingToCancel);
}

#[test]
fn while_tools_run_and_wait() {
    let mut kernel = Kernel::calling(config(), &["a look", "b change", "c free", "d wary"]);
    kernel.give(done("a")).unwrap();
    kernel.give(answer("d", PermissionAnswer::Allow)).unwrap();
    assert_eq!(
        kernel.lines(cancel(CancelScope::Run)),
        [
            "cancel Run".to_owned(),
            format!("call b cancelled: {WAITING}"),
            // It may run, but not before `b`, which nobody allowed yet.
            format!("call c cancelled: {WAITING}"),
            format!("call d cancelled: {RUNNING}"),
            "run 1 finished: Cancelled".to_owned(),
            "> stop d".to_owned()
        ]
    );
    assert!(kernel.state.history().is_ready(), "it can go on");
    assert_eq!(kernel.rejects(done("c")), Rejection::Stale);
    assert_eq!(kernel.rejects(answer("b", PermissionAnswer::Allow)), Rejection::Stale);
}

#[test]
fn the_next_prompt_starts() {
    let mut kernel = Kernel::asking(config());
    kernel.give(prompt(2, "next")).unwrap();
    assert_eq!(
        kernel.lines(cancel(CancelScope::Run)),
        [
            "cancel Run",
            "run 1 finished: Cancelled",
            "run 2 started",
            "model requested 2/1",
            "> stop model",
            "> call model 2/1"
        ]
    );
}

#[test]
fn a_run_that_waits() {
    let mut kernel = Kernel::asking(config());
    kernel.give(prompt(2, "never")).unwrap();
    kernel.give(prompt(3, "next")).unwrap();
    let scope = |run| CancelScope::QueuedRun { run: RunId::from_u128(run) };
    assert_eq!(
        kernel.lines(cancel(scope(2))),
        [format!("cancel {:?}", scope(2)), "run 2 finished: Cancelled".to_owned()]
    );
    assert_eq!(kernel.rejects(cancel(scope(2))), Rejection::NothingToCancel);
    assert_eq!(kernel.rejects(cancel(scope(1))), Rejection::NothingToCancel, "it is on");
    kernel.give(text(1, 1, "done")).unwrap();
    assert_eq!(kernel.state.active_run(), Some(RunId::from_u128(3)));
    let said: Vec<String> = kernel.state.history().messages().iter().map(|message| message.text()).collect();
    assert_eq!(said, ["Hi", "done", "next"]);
}

/// Whoever names a run means no other, whatever became of it meanwhile.
#[test]
fn a_run_by_its_id() {
    let mut kernel = Kernel::asking(config());
    kernel.give(prompt(2, "waits")).unwrap();
    kernel.give(prompt(3, "next")).unwrap();
    let cancel_run = |run| Input::CancelRun { run: RunId::from_u128(run) };
    let queued = CancelScope::QueuedRun { run: RunId::from_u128(2) };
    assert_eq!(
        kernel.lines(cancel_run(2)),
        [format!("cancel {queued:?}"), "run 2 finished: Cancelled".to_owned()]
    );
    assert_eq!(kernel.lines(cancel_run(1))[..2], ["cancel Run", "run 1 finished: Cancelled"]);
    assert_eq!(kernel.state.active_run(), Some(RunId::from_u128(3)));
    assert_eq!(kernel.rejects(cancel_run(1)), Rejection::NothingToCancel, "it is over");
    assert_eq!(kernel.state.active_run(), Some(RunId::from_u128(3)), "another is on in its place");
}

#[test]
fn one_call_of_several() {
    let mut kernel = Kernel::calling(config(), &["a free", "b change"]);
    let scope =
        |id: &str| format!("cancel {:?}", CancelScope::ToolCall { call_id: super::support::call_id(id) });
    assert_eq!(
        kernel.lines(cancel_call("a")),
        [scope("a"), format!("call a cancelled: {RUNNING}"), "> stop a".to_owned()]
    );
    assert_eq!(kernel.rejects(cancel_call("a")), Rejection::NothingToCancel);
    assert_eq!(
        kernel.lines(cancel_call("b")),
        [
            scope("b"),
            format!("call b cancelled: {WAITING}"),
            "model requested 1/2".to_owned(),
            "> call model 1/2".to_owned()
        ]
    );
    assert_eq!(kernel.rejects(done("a")), Rejection::Stale);
}

#[test]
fn a_call_that_is_not_open() {
    let mut kernel = Kernel::calling(config(), &["a look", "b look"]);
    kernel.give(done("a")).unwrap();
    for id in ["a", "z"] {
        assert_eq!(kernel.rejects(cancel_call(id)), Rejection::NothingToCancel);
    }
}

#[test]
fn nothing_is_on() {
    let mut kernel = Kernel::new(config());
    assert_eq!(kernel.rejects(cancel(CancelScope::Run)), Rejection::NothingToCancel);
    assert_eq!(kernel.rejects(cancel_call("a")), Rejection::NothingToCancel);
}

#[test]
fn the_session_with_everything_that_waits() {
    let mut kernel = Kernel::calling(config(), &["a free"]);
    kernel.give(prompt(2, "second")).unwrap();
    kernel.give(prompt(3, "third")).unwrap();
    assert_eq!(
        kernel.lines(cancel(CancelScope::Session)),
        [
            "cancel Session".to_owned(),
            format!("call a cancelled: {RUNNING}"),
            "run 1 finished: Cancelled".to_owned(),
            "run 2 started".to_owned(),
            "run 2 finished: Cancelled".to_owned(),
            "run 3 started".to_owned(),
            "run 3 finished: Cancelled".to_owned(),
            "closed".to_owned(),
            "> stop a".to_owned()
        ]
    );
    assert!(kernel.state.history().is_ready());
}
