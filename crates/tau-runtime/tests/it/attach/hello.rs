//! Who may attach, and what it is told.

use std::time::Duration;

use tau_proto::runtime::v1::{
    Ack, CallProgress, CallResult, Credit, Detach, EnvironmentRole, ExtensionRole, Hello, HooksRole,
    JournalCapability, JournalReply, JournalRole, ResponderRole, SessionSelector, ToolOffer, ToolsChanged,
    ToolsRole, attach_request, attach_response, extension_role,
};
use tau_runtime::Journals;
use tau_runtime::attach::{
    AttachEnd, AttachErrorKind, Attachments, AttachmentsOptions, Caller, RoleKind, Violation,
};

use super::support::{Extension, Running, hello, in_time, names, offer, session};

fn taking(role: impl Into<extension_role::Role>) -> Hello {
    let role = ExtensionRole { role: Some(role.into()), ..Default::default() };
    Hello { roles: vec![role], ..hello("a", vec![]) }
}

fn offering(tools: Vec<ToolOffer>) -> Hello {
    taking(ToolsRole { tools, ..Default::default() })
}

#[tokio::test(start_paused = true)]
async fn it_is_told_the_terms() {
    let mut options = AttachmentsOptions::default();
    options.result_retention = Duration::from_secs(77);
    let hub = Attachments::new(Journals::default(), options);
    let (_extension, welcome) = Extension::attach(&hub, hello("a", vec![])).await;
    assert_eq!((welcome.protocol_version, welcome.server_name.as_str()), (1, "tau-runtime"));
    assert_eq!((welcome.heartbeat_interval.seconds, welcome.result_retention.seconds), (10, 77));
    assert_eq!((welcome.is_resumed, welcome.progress_window), (false, 1 << 20));
    assert_eq!(welcome.resume_token.len(), 32);
    assert_ne!(welcome.attachment_id, welcome.resume_token);
    let (_other, other) = Extension::attach(&hub, hello("b", vec![])).await;
    assert_ne!(welcome.resume_token, other.resume_token);
    assert_ne!(welcome.attachment_id, other.attachment_id);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_served_or_not_allowed_is_refused() {
    let hub = Attachments::default();
    let journal = JournalRole::default();
    let tools = Caller::with_roles([RoleKind::Tools]);
    for (hello, caller, role) in [
        (taking(EnvironmentRole::default()), tools.clone(), RoleKind::Environment),
        (taking(HooksRole::default()), tools.clone(), RoleKind::Hooks),
        (taking(ResponderRole::default()), tools.clone(), RoleKind::Responder),
        (taking(journal), tools, RoleKind::Journal),
        (hello("a", vec![]), Caller::with_roles([RoleKind::Journal]), RoleKind::Tools),
    ] {
        let mut extension = Extension::connect(&hub, caller);
        extension.say(hello).await;
        assert_eq!(extension.failed().await, AttachErrorKind::RoleNotAllowed(role));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_interface_does_not_allow_ends_it() {
    let hub = Attachments::default();
    let mut schema = offer("a");
    schema.definition.get_or_insert_default().parameters_json = "[]".into();
    let mut late = offer("a");
    late.timeout = tau_proto::buffa_types::google::protobuf::Duration::default().into();
    let mut priority = hello("a", vec![]);
    priority.roles[0].priority = 1_001;
    let capabilities = vec![JournalCapability::Open.into()];
    let mut selective = taking(JournalRole { capabilities, ..Default::default() });
    let agents = vec!["coder".to_owned()];
    selective.roles[0].selector = SessionSelector { agents, ..Default::default() }.into();
    let mut selector = hello("a", vec![]);
    let ids = vec!["no id".to_owned()];
    selector.roles[0].selector = SessionSelector { session_ids: ids, ..Default::default() }.into();
    for (hello, violation) in [
        (offering(vec![offer("")]), Violation::Offer),
        (offering(vec![offer("a b")]), Violation::Offer),
        (offering(vec![offer("a"), offer("a")]), Violation::Offer),
        (offering(vec![ToolOffer::default()]), Violation::Offer),
        (offering(vec![schema]), Violation::Offer),
        (offering(vec![late]), Violation::Offer),
        (priority, Violation::Selector),
        (selector, Violation::Selector),
        (selective, Violation::SelectiveOperations),
    ] {
        let mut extension = Extension::connect(&hub, Caller::trusted());
        extension.say(hello).await;
        assert_eq!(extension.failed().await, AttachErrorKind::Protocol(violation));
    }
    let wrong = |call_id: &str| CallResult {
        call_id: call_id.into(),
        result: Some(JournalReply::default().into()),
        ..Default::default()
    };
    let piece = |number, text: &str| CallProgress {
        call_id: "key-1".into(),
        number,
        progress: (!text.is_empty())
            .then(|| tau_proto::runtime::v1::call_progress::Progress::Text(text.into())),
        ..Default::default()
    };
    let later: [(attach_request::Message, Violation); 9] = [
        (Ack::default().into(), Violation::OtherRole),
        (hello("a", vec![]).into(), Violation::HelloTwice),
        (Credit::default().into(), Violation::Credit),
        (CallResult { call_id: "key-1".into(), ..Default::default() }.into(), Violation::Result),
        (wrong("key-1").into(), Violation::Result),
        (piece(2, "x").into(), Violation::Progress),
        (piece(1, "").into(), Violation::Progress),
        (piece(1, &"x".repeat((1 << 20) + 1)).into(), Violation::ProgressWindow),
        (ToolsChanged { offered: vec![offer("a"); 2], ..Default::default() }.into(), Violation::Offer),
    ];
    for (message, violation) in later {
        let hub = Attachments::default();
        let (mut extension, _) = Extension::attach(&hub, hello("a", vec![offer("work")])).await;
        let tools = hub.tools_for(&session());
        let _running = Running::start(&tools[0], 1);
        extension.call().await;
        extension.say(message).await;
        assert_eq!(extension.failed().await, AttachErrorKind::Protocol(violation));
    }
}

#[tokio::test(start_paused = true)]
async fn tools_come_in_a_fixed_order_and_of_one_name_the_first() {
    let hub = Attachments::default();
    let at = |priority, mut hello: Hello| {
        hello.roles[0].priority = priority;
        hello
    };
    let (_low, _) = Extension::attach(&hub, at(-1, hello("a", vec![offer("x"), offer("low")]))).await;
    let (_second, _) = Extension::attach(&hub, hello("c", vec![offer("z"), offer("y")])).await;
    let mut first = offer("y");
    first.effect = tau_proto::runtime::v1::EffectClass::Pure.into();
    let (_first, _) = Extension::attach(&hub, hello("b", vec![first, offer("x")])).await;
    assert_eq!(names(&hub, &session()), ["y", "x", "z", "low"]);
    assert_eq!(hub.tools_for(&session())[0].effect(), tau_core::EffectClass::Pure);
    // And for other sessions than those it is for, nothing.
    let mut other = hello("d", vec![offer("more")]);
    let agents = vec!["coder".to_owned()];
    other.roles[0].selector = SessionSelector { agents, ..Default::default() }.into();
    let (_other, _) = Extension::attach(&hub, other).await;
    assert_eq!(names(&hub, &session()), ["y", "x", "z", "low"]);
    assert_eq!(names(&hub, &session().with_agent("coder")), ["y", "x", "z", "more", "low"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_to_leave_ends_its_calls_first() {
    let hub = Attachments::default();
    let (mut extension, _) = Extension::attach(&hub, hello("a", vec![offer("work")])).await;
    let tools = hub.tools_for(&session());
    let first = Running::start(&tools[0], 1);
    let call = extension.call().await;
    extension.say(Detach::default()).await;
    let second = Running::start(&tools[0], 2);
    extension.hears_nothing().await;
    extension.finish(&call, "done").await;
    assert!(!first.output(&hub).await.is_error);
    assert_eq!(extension.settled().await, ["key-1"]);
    assert!(matches!(extension.next().await, attach_response::Message::Detach(_)));
    extension.outgoing.close_channel();
    assert_eq!(in_time(extension.attachment).await.unwrap().unwrap(), AttachEnd::Detached);
    assert!(
        second.error(&hub).await.starts_with("`work` was not run: no extension that offers it was there")
    );
    assert_eq!(names(&hub, &session()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_ends_tells_so_and_lets_nobody_in() {
    let hub = Attachments::default();
    let (mut extension, _) = Extension::attach(&hub, hello("a", vec![offer("work")])).await;
    let tools = hub.tools_for(&session());
    let running = Running::start(&tools[0], 1);
    let call = extension.call().await;
    hub.drain(Duration::from_secs(60));
    let attach_response::Message::Detach(told) = extension.next().await else { panic!("not told") };
    assert_eq!(told.timeout.seconds, 60);
    let mut late = Extension::connect(&hub, Caller::trusted());
    late.say(hello("b", vec![])).await;
    assert_eq!(late.failed().await, AttachErrorKind::Draining);
    // What was begun goes on; then everything ends.
    hub.close();
    extension.finish(&call, "done").await;
    assert!(!running.output(&hub).await.is_error);
    assert_eq!(extension.settled().await, ["key-1"]);
    extension.outgoing.close_channel();
    assert_eq!(in_time(extension.attachment).await.unwrap().unwrap(), AttachEnd::Closed);
}
