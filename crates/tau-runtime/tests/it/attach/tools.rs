//! Tools that extensions run.

use std::time::Duration;

use tau_core::event::ToolSpec;
use tau_core::{EffectClass, ToolDefinition};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    CallCancelReason, CallFailureKind, CallReceived, Credit, EffectClass as WireEffect, Hello, ToolsChanged,
    attach_response, call,
};
use tau_runtime::attach::Attachments;

use super::support::{Extension, Running, a_moment, arguments, hello, offer, session};

#[tokio::test(start_paused = true)]
async fn a_call_is_carried_out_and_settled() {
    let hub = Attachments::default();
    let (mut extension, _) = Extension::attach(&hub, hello("a", vec![offer("work")])).await;
    let tools = hub.tools_for(&session());
    let running = Running::start_within(&tools[0], 1, Duration::from_secs(90));
    let call = extension.call().await;
    assert_eq!((call.call_id.as_str(), call.epoch, call.only_if_held), ("key-1", 3, false));
    assert_eq!(call.session_id, tau_core::SessionId::from_u128(7).to_string());
    assert_eq!(call.run_id, tau_core::RunId::from_u128(8).to_string());
    assert_eq!(call.timeout.seconds, 90);
    let Some(call::Call::RunTool(run)) = &call.call else { panic!("{call:?}") };
    assert_eq!((run.idempotency_key.as_str(), run.call.call_id.as_str()), ("key-1", "call_1"));
    assert_eq!((run.call.name.as_str(), arguments(&call).as_str()), ("work", r#"{"number":1}"#));
    extension.tell(&call, 1, "one ").await;
    extension.tell(&call, 2, "two").await;
    let mut received = 0;
    while received < 2 {
        let attach_response::Message::CallReceived(CallReceived { call_id, number, .. }) =
            extension.next().await
        else {
            panic!("not received")
        };
        assert_eq!(call_id, "key-1");
        received = number;
    }
    // What came before is ignored.
    extension.tell(&call, 1, "one ").await;
    assert!(matches!(extension.next().await, attach_response::Message::CallReceived(_)));
    extension.finish(&call, "done").await;
    let told = running.told.clone();
    assert_eq!(running.output(&hub).await, tau_tools::ToolOutput::text("done"));
    assert_eq!(*told.lock().unwrap(), ["one ", "two"]);
    assert_eq!(extension.settled().await, ["key-1"]);
    // A result that nobody waits for is settled too.
    extension.finish(&call, "again").await;
    assert_eq!(extension.settled().await, ["key-1"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_come_than_there_is_credit_for() {
    let hub = Attachments::default();
    let mut bound = offer("bound");
    bound.max_concurrent_calls = 1;
    let hello = Hello { call_credit: 0, ..hello("a", vec![offer("work"), bound]) };
    let (mut extension, _) = Extension::attach(&hub, hello).await;
    let tools = hub.tools_for(&session());
    let running: Vec<Running> = (0..6).map(|number| Running::start(&tools[0], number)).collect();
    extension.hears_nothing().await;
    extension.say(Credit { calls: 2, ..Default::default() }).await;
    let mut open = vec![extension.call().await, extension.call().await];
    extension.hears_nothing().await;
    for (number, running) in running.into_iter().enumerate() {
        let at = open.iter().position(|call| call.call_id == format!("key-{number}")).unwrap();
        let call = open.swap_remove(at);
        extension.finish(&call, "done").await;
        running.output(&hub).await;
        // What was settled, and the next; in whichever order.
        for _ in 0..if number < 4 { 2 } else { 1 } {
            match extension.next().await {
                attach_response::Message::Call(call) => open.push(call),
                attach_response::Message::CallsSettled(settled) => {
                    assert_eq!(settled.call_ids.join(" "), call.call_id)
                }
                other => panic!("{other:?}"),
            }
        }
    }
    // One tool takes a call at a time, whatever the credit.
    let _first = Running::start(&tools[1], 10);
    let _second = Running::start(&tools[1], 11);
    let _other = Running::start(&tools[0], 12);
    let calls = [extension.call().await, extension.call().await];
    assert_eq!(calls.map(|call| call.call_id), ["key-10", "key-12"]);
    extension.say(Credit { calls: 9, ..Default::default() }).await;
    extension.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_cancelled() {
    let hub = Attachments::default();
    let (mut extension, _) =
        Extension::attach(&hub, Hello { call_credit: 1, ..hello("a", vec![offer("work")]) }).await;
    let tools = hub.tools_for(&session());
    let running = Running::start(&tools[0], 1);
    let waiting = Running::start(&tools[0], 2);
    let last = Running::start(&tools[0], 3);
    let call = extension.call().await;
    running.task.abort();
    let cancelled = extension.next().await;
    let attach_response::Message::CallCancel(cancel) = cancelled else { panic!("{cancelled:?}") };
    assert_eq!(
        (cancel.call_id.as_str(), cancel.reason.as_known()),
        ("key-1", Some(CallCancelReason::Cancelled))
    );
    // What was not sent is not told of.
    waiting.task.abort();
    extension.hears_nothing().await;
    // It holds its credit to its end.
    extension.fail(&call, CallFailureKind::Cancelled, "").await;
    assert_eq!(extension.settled().await, ["key-1"]);
    let call = extension.call().await;
    assert_eq!(call.call_id, "key-3");
    extension.finish(&call, "done").await;
    assert!(!last.output(&hub).await.is_error);
}

#[tokio::test(start_paused = true)]
async fn a_call_takes_no_longer_than_it_may() {
    let hub = Attachments::default();
    let mut quick = offer("quick");
    quick.timeout = WireDuration { seconds: 5, ..Default::default() }.into();
    let (mut extension, _) = Extension::attach(&hub, hello("a", vec![quick])).await;
    let tools = hub.tools_for(&session());
    let arguments = serde_json::json!({});
    assert_eq!(tools[0].timeout(&arguments, Duration::from_secs(9)), Duration::from_secs(5));
    let running = Running::start(&tools[0], 1);
    let call = extension.call().await;
    assert_eq!(call.timeout.seconds, 5);
    let start = tokio::time::Instant::now();
    assert!(running.error(&hub).await.starts_with("`quick` was stopped: it took too long."));
    assert_eq!(start.elapsed().as_secs(), 5);
    let attach_response::Message::CallCancel(cancel) = extension.next().await else {
        panic!("not cancelled")
    };
    assert_eq!(cancel.reason.as_known(), Some(CallCancelReason::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_failure_tells_the_model_what_to_make_of_it() {
    let hub = Attachments::default();
    let mut look = offer("look");
    look.effect = WireEffect::Pure.into();
    let (mut extension, _) = Extension::attach(&hub, hello("a", vec![offer("work"), look])).await;
    let tools = hub.tools_for(&session());
    let mut texts = Vec::new();
    for (tool, kind, message) in [
        (0, CallFailureKind::NotHeld, ""),
        (0, CallFailureKind::Fenced, ""),
        (0, CallFailureKind::Unavailable, "the disk is full"),
        (0, CallFailureKind::Unsupported, ""),
        (0, CallFailureKind::Internal, "it crashed"),
        (1, CallFailureKind::Internal, "it crashed"),
    ] {
        let running = Running::start(&tools[tool], 1);
        let call = extension.call().await;
        extension.fail(&call, kind, message).await;
        texts.push(running.error(&hub).await);
        extension.settled().await;
    }
    let doubt = "It may have done all of its work, a part or none; look before you call it again.";
    assert_eq!(
        texts,
        [
            format!(
                "`work` has an unknown outcome: the extension was restarted and does not know the call. {doubt}"
            ),
            "`work` was not run: the session went on elsewhere. Nothing was done.".to_owned(),
            "`work` was not run: its extension cannot take it now (the disk is full). Nothing was done; try \
             again later."
                .to_owned(),
            "`work` was not run: its extension does not offer it any more. Nothing was done.".to_owned(),
            format!("`work` failed in its extension (it crashed). {doubt}"),
            "`look` failed in its extension (it crashed). It changes nothing, so it may be called again."
                .to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_of_an_older_session_is_run_by_whoever_offers_it() {
    let hub = Attachments::default();
    let definition = ToolDefinition::new("work", "As it was.", serde_json::json!({"type": "object"}));
    let tool = hub.tool(&session(), ToolSpec::new(definition, EffectClass::Idempotent));
    assert_eq!((&*tool.definition().description, tool.effect()), ("As it was.", EffectClass::Idempotent));
    let running = Running::start(&tool, 1);
    tokio::time::sleep(Duration::from_secs(9)).await;
    let (mut extension, _) = Extension::attach(&hub, hello("a", vec![])).await;
    extension.hears_nothing().await;
    extension.say(ToolsChanged { offered: vec![offer("work")], ..Default::default() }).await;
    let call = extension.call().await;
    extension.finish(&call, "done").await;
    assert!(!running.output(&hub).await.is_error);
    extension.settled().await;
    // Withdrawn, it is not there any more; what runs goes on.
    let running = Running::start(&tool, 2);
    let call = extension.call().await;
    extension.say(ToolsChanged { withdrawn: vec!["work".into()], ..Default::default() }).await;
    a_moment().await;
    let late = Running::start(&tool, 3);
    extension.finish(&call, "done").await;
    assert!(!running.output(&hub).await.is_error);
    assert_eq!(
        late.error(&hub).await,
        "`work` was not run: no extension that offers it was there within 10s. Nothing was done; go on without \
         it, or try again later."
    );
    assert!(hub.tools_for(&session()).is_empty());
}
