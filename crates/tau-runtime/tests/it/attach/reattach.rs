//! Extensions that break off, and come back or not.

use std::time::Duration;

use tau_proto::runtime::v1::{CallFailureKind, EffectClass as WireEffect, Hello};
use tau_runtime::attach::{AttachErrorKind, Attachments};

use super::support::{Extension, Running, hello, names, offer, session};

fn resuming(token: &str) -> Hello {
    Hello { resume_token: token.into(), ..hello("a", vec![offer("work")]) }
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_over_the_next_attachment() {
    let hub = Attachments::default();
    let (mut extension, welcome) = Extension::attach(&hub, resuming("")).await;
    let tools = hub.tools_for(&session());
    let running: Vec<Running> = (0..3).map(|number| Running::start(&tools[0], number)).collect();
    let calls = [extension.call().await, extension.call().await, extension.call().await];
    extension.tell(&calls[2], 1, "one").await;
    extension.next().await;
    // One ends just when the connection breaks.
    extension.crash().await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(names(&hub, &session()), ["work"], "it is expected back");
    let (mut extension, again) = Extension::attach(&hub, resuming(&welcome.resume_token)).await;
    assert!(again.is_resumed);
    assert_eq!(again.open_call_ids, ["key-0", "key-1", "key-2"]);
    for (known, number) in calls.iter().zip(0..) {
        let call = extension.call().await;
        assert_eq!((&call.call_id, call.only_if_held), (&known.call_id, false));
        assert_eq!(call.progress_received, u64::from(number == 2));
    }
    extension.tell(&calls[2], 2, "two").await;
    for call in &calls {
        extension.finish(call, &call.call_id).await;
    }
    let told = running[2].told.clone();
    for (running, number) in running.into_iter().zip(0..) {
        assert_eq!(running.output(&hub).await, tau_tools::ToolOutput::text(format!("key-{number}")));
    }
    assert_eq!(*told.lock().unwrap(), ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_does_not_come_back_costs_an_error() {
    let hub = Attachments::default();
    let (mut extension, _) = Extension::attach(&hub, resuming("")).await;
    let tools = hub.tools_for(&session());
    let running = Running::start(&tools[0], 1);
    extension.call().await;
    let start = tokio::time::Instant::now();
    extension.crash().await;
    assert_eq!(
        running.error(&hub).await,
        "`work` was lost: the extension that ran it went away and did not come back within 10s. It may have \
         done all of its work, a part or none; look before you call it again."
    );
    assert_eq!(start.elapsed().as_secs(), 10);
    // It is forgotten with all that it knew.
    let (mut extension, welcome) = Extension::attach(&hub, resuming("")).await;
    assert_eq!(welcome.open_call_ids, Vec::<String>::new());
    extension.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_has_forgotten_is_asked_what_it_holds() {
    let hub = Attachments::default();
    let mut look = offer("look");
    look.effect = WireEffect::Pure.into();
    let offers = vec![offer("work"), look];
    let (mut extension, welcome) = Extension::attach(&hub, hello("a", offers.clone())).await;
    let tools = hub.tools_for(&session());
    let work = Running::start(&tools[0], 1);
    let look = Running::start(&tools[1], 2);
    extension.call().await;
    extension.call().await;
    extension.crash().await;
    // Anew, or with a token that is not its own.
    for token in ["", "x"] {
        let hello = Hello { resume_token: token.into(), ..hello("a", offers.clone()) };
        let (mut extension, again) = Extension::attach(&hub, hello).await;
        assert!(!again.is_resumed);
        assert_ne!(again.resume_token, welcome.resume_token);
        let calls = [extension.call().await, extension.call().await];
        assert_eq!(
            calls.map(|call| (call.call_id, call.only_if_held)),
            [("key-1".to_owned(), true), ("key-2".to_owned(), false)]
        );
        extension.crash().await;
    }
    let (mut extension, _) = Extension::attach(&hub, hello("a", offers)).await;
    let (asked, again) = (extension.call().await, extension.call().await);
    extension.fail(&asked, CallFailureKind::NotHeld, "").await;
    extension.finish(&again, "seen").await;
    assert!(work.error(&hub).await.starts_with("`work` has an unknown outcome"));
    assert!(!look.output(&hub).await.is_error);
}

#[tokio::test(start_paused = true)]
async fn the_newer_of_two_attachments_goes_on() {
    let hub = Attachments::default();
    let (mut first, welcome) = Extension::attach(&hub, resuming("")).await;
    let tools = hub.tools_for(&session());
    let running = Running::start(&tools[0], 1);
    let call = first.call().await;
    let (mut second, _) = Extension::attach(&hub, resuming(&welcome.resume_token)).await;
    assert_eq!(first.failed().await, AttachErrorKind::Replaced);
    assert_eq!(second.call().await, call);
    second.finish(&call, "done").await;
    assert!(!running.output(&hub).await.is_error);
}

#[tokio::test(start_paused = true)]
async fn what_was_cancelled_meanwhile_is_not_asked_again() {
    let hub = Attachments::default();
    let (mut extension, welcome) = Extension::attach(&hub, resuming("")).await;
    let tools = hub.tools_for(&session());
    let [first, second, third] = [1, 2, 3].map(|number| Running::start(&tools[0], number));
    for _ in 0..3 {
        extension.call().await;
    }
    first.task.abort();
    extension.next().await;
    extension.crash().await;
    second.task.abort();
    let (mut extension, again) = Extension::attach(&hub, resuming(&welcome.resume_token)).await;
    assert_eq!(again.open_call_ids, ["key-3"]);
    let call = extension.call().await;
    extension.finish(&call, "done").await;
    assert!(!third.output(&hub).await.is_error);
}
