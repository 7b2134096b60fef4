//! Runs over the interface.

use connectrpc::ErrorCode;
use tau_core::SessionId;
use tau_proto::runtime::v1 as pb;

use super::support::{Run, Served, prompt, reason, text};
use crate::driver::support::in_time;

/// The error of a run that is refused, be it told at once or as the first message.
async fn refused(served: &Served, request: pb::RunRequest) -> (ErrorCode, String) {
    let error = match served.run(request).await {
        Ok(mut run) => run.next().await.unwrap_err(),
        Err(error) => error,
    };
    (error.code, reason(&error))
}

#[tokio::test(start_paused = true)]
async fn a_run_from_the_prompt_to_the_result() {
    let mut served = Served::new();
    let session = served.create().await;
    let mut run = served.run(prompt(session, "Hi")).await.unwrap();
    let asked = served.process.model.asked().await;
    assert!(asked.messages().contains(&"user: Hi".to_owned()));
    asked.text("Hello.");
    assert_eq!(
        run.rest().await,
        [
            "accepted",
            "prompt_submitted",
            "run_started",
            "model_requested",
            "model_replied",
            "run_finished",
            "result Hello."
        ]
    );
    let told = served.get(session).await;
    assert_eq!(told.state, pb::SessionState::Idle);
    assert_eq!((told.prompt.as_str(), told.spent.turns), ("Hi", 1));
}

#[tokio::test(start_paused = true)]
async fn a_key_asked_for_again_follows_the_same_run_and_no_other_prompt_may_use_it() {
    let mut served = Served::new();
    let session = served.create().await;
    let request = |words: &str| pb::RunRequest { idempotency_key: "k".to_owned(), ..prompt(session, words) };
    let mut first = served.run(request("Hi")).await.unwrap();
    let mut second = served.run(request("Hi")).await.unwrap();
    served.process.model.asked().await.text("Hello.");
    let lines = first.rest().await;
    assert_eq!(second.rest().await, lines);
    assert!(served.process.model.is_left_alone());

    // After the run, too, and from where the caller was cut off.
    let again = pb::RunRequest { after_seq: 5, ..request("Hi") };
    let lines = served.run(again).await.unwrap().rest().await;
    assert_eq!(lines, ["accepted", "run_finished", "result Hello."]);
    let other = refused(&served, request("Something else")).await;
    assert_eq!(other, (ErrorCode::AlreadyExists, "idempotency_key_reused".to_owned()));
    assert!(served.process.model.is_left_alone());
}

#[tokio::test(start_paused = true)]
async fn a_run_outlives_its_stream_unless_it_was_told_not_to() {
    let mut served = Served::new();
    let session = served.create().await;
    let mut run: Run = served.run(prompt(session, "Hi")).await.unwrap();
    let asked = served.process.model.asked().await;
    run.next().await.unwrap();
    drop(run);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(served.get(session).await.state, pb::SessionState::Running);
    asked.text("Hello.");

    let request = pb::RunRequest { cancel_on_disconnect: true, ..prompt(session, "And?") };
    let mut run = served.run(request).await.unwrap();
    let _asked = served.process.model.asked().await;
    run.next().await.unwrap();
    drop(run);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(served.get(session).await.state, pb::SessionState::Idle);
}

/// The process is about to end then, and there is nobody left to cancel anything.
#[test]
fn a_stream_that_is_dropped_after_its_executor_does_no_harm() {
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let run = executor.block_on(async {
        let mut served = Served::new();
        let session = served.create().await;
        let request = pb::RunRequest { cancel_on_disconnect: true, ..prompt(session, "Hi") };
        let mut run = served.run(request).await.unwrap();
        let _asked = served.process.model.asked().await;
        run.next().await.unwrap();
        run
    });
    drop(executor);
    drop(run);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_run_says_why() {
    let served = Served::new();
    let session = served.create().await;
    let nobody = SessionId::from_u128(404);
    assert_eq!(
        refused(&served, prompt(nobody, "Hi")).await,
        (ErrorCode::NotFound, "session_not_found".to_owned())
    );
    let blank = prompt(session, "  ");
    assert_eq!(refused(&served, blank).await, (ErrorCode::InvalidArgument, "invalid_content".to_owned()));
    let nothing = pb::RunRequest { prompt: vec![], ..prompt(session, "") };
    assert_eq!(refused(&served, nothing).await, (ErrorCode::InvalidArgument, "invalid_request".to_owned()));
    let no_id = pb::RunRequest { session_id: "7".to_owned(), ..prompt(session, "Hi") };
    assert_eq!(refused(&served, no_id).await, (ErrorCode::InvalidArgument, "invalid_request".to_owned()));
    let stale = pb::RunRequest { expected_seq: Some(9), ..prompt(session, "Hi") };
    assert_eq!(refused(&served, stale).await, (ErrorCode::Aborted, "stale_seq".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn context_lands_with_the_next_request_and_what_waits_can_be_cancelled() {
    let mut served = Served::new();
    let session = served.create().await;
    let inject = pb::InjectContextRequest {
        session_id: session.to_string(),
        context: vec![pb::ContextEntry { name: "build.log".to_owned(), ..text("It is red.") }],
        ..Default::default()
    };
    let injected = in_time(served.sessions.inject_context(inject)).await.unwrap().into_owned();
    assert_eq!(injected.seq, 2);
    let _run = served.run(prompt(session, "Why?")).await.unwrap();
    let asked = served.process.model.asked().await;
    assert_eq!(asked.messages()[1..], ["user: build.log:\nIt is red.", "user: Why?"]);

    let mut queued = served.run(prompt(session, "Never")).await.unwrap();
    let Some(pb::run_response::Message::Accepted(accepted)) = queued.next().await.unwrap().unwrap().message
    else {
        panic!("not accepted")
    };
    assert_eq!(accepted.queued_behind, 1);
    let cancel = |run: &str| pb::CancelRequest {
        session_id: session.to_string(),
        target: Some(pb::cancel_request::Target::RunId(run.to_owned())),
        ..Default::default()
    };
    in_time(served.sessions.cancel(cancel(&accepted.run_id))).await.unwrap();
    assert_eq!(queued.rest().await.last().unwrap(), "result ");
    let again = in_time(served.sessions.cancel(cancel(&accepted.run_id))).await.unwrap_err();
    assert_eq!((again.code, reason(&again)), (ErrorCode::FailedPrecondition, "nothing_to_cancel".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_run_also_where_the_caller_has_its_end_or_it_was_taken_back() {
    let mut served = Served::new();
    let session = served.create().await;
    let request = |words: &str, after_seq| pb::RunRequest {
        idempotency_key: words.to_owned(),
        after_seq,
        ..prompt(session, words)
    };
    let mut run = served.run(request("Hi", 0)).await.unwrap();
    served.process.model.asked().await.text("Hello.");
    run.rest().await;
    assert_eq!(served.run(request("Hi", 6)).await.unwrap().rest().await, ["accepted", "result Hello."]);

    let mut back = served.run(request("And?", 0)).await.unwrap();
    let _asked = served.process.model.asked().await;
    let rewind = pb::RewindRequest {
        session_id: session.to_string(),
        target: Some(pb::rewind_request::Target::ToSeq(6)),
        ..Default::default()
    };
    in_time(served.sessions.rewind(rewind)).await.unwrap();
    assert_eq!(back.rest().await.last().unwrap(), "result ");
    assert_eq!(served.run(request("And?", 0)).await.unwrap().rest().await.last().unwrap(), "result ");
}
