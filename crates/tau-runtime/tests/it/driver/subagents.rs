//! Subagents: sessions of their own, at work, cancelled, and taken up again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::event::{CancelScope, Event, EventBody, EventHash, PermissionAnswer, Seq};
use tau_core::{EffectClass, SessionId, ToolCallId};
use tau_runtime::{
    OpenError, OpenedSession, Past, Session, SessionOpener, SessionOptions, Update, loop_tools,
};
use tau_tools::ToolExecutor;
use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::support::{Running, change, hang, in_time, look, options};

const TASK: &str = r#"{"prompt":"Look around"}"#;

fn with_task(tools: impl IntoIterator<Item = Arc<dyn ToolExecutor>>) -> Running {
    Running::with(tools, give_tasks)
}

fn give_tasks(options: &mut SessionOptions) {
    options.config.tools = vec![loop_tools::task(&BTreeMap::new()), loop_tools::ask_user()];
}

/// The session of the subagent that is announced next.
async fn child(session: &mut Running) -> SessionId {
    loop {
        if let Some(Update::Event(event)) = in_time(session.updates.next()).await
            && let EventBody::SubagentStarted { child, .. } = event.body
        {
            return child;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_subagent_works_and_reports() {
    let mut session = with_task([look()]);
    session.prompt("Work").await;
    let asked = session.model.asked().await;
    assert_eq!(asked.tools(), ["look", "task", "ask_user"]);
    asked.call(&[("a", "task", TASK)]);
    let child = child(&mut session).await;

    let asked = session.model.asked().await;
    assert_eq!(
        asked.messages(),
        ["system: Be brief.", "user: Look around"],
        "it begins without the conversation"
    );
    assert_eq!(asked.tools(), ["look"], "it starts no subagent and asks nobody");
    let handle = in_time(session.handle.subagent(child)).await.unwrap();
    asked.call(&[("x", "look", "{}")]);
    session.model.asked().await.text("All is well");

    assert_eq!(
        session.until("model_requested 2").await,
        ["tool_finished a Succeeded: All is well", "subagent_finished", "model_requested 2"]
    );
    assert!(session.handle.subagent(child).await.is_none(), "it is over");
    let EventBody::SessionCreated(config) = &handle.events(Seq::default())[0].body else { panic!() };
    assert_eq!(config.parent, Some(session.handle.session_id()));
    session.model.asked().await.text("Good");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn subagents_of_one_reply_work_side_by_side_and_answer_in_order() {
    let mut session = with_task([]);
    session.prompt("Work").await;
    let calls = [("a", "task", r#"{"prompt":"First"}"#), ("b", "task", r#"{"prompt":"Second"}"#)];
    session.model.asked().await.call(&calls);
    let (one, other) = (session.model.asked().await, session.model.asked().await);
    let (first, second) = if one.messages()[1] == "user: First" { (one, other) } else { (other, one) };
    second.text("2");
    session.until("tool_finished b").await;
    first.text("1");
    let asked = session.model.asked().await;
    assert_eq!(asked.messages()[3..], ["tool: 1", "tool: 2"]);
    asked.text("Done");
}

#[tokio::test(start_paused = true)]
async fn a_person_answers_for_a_subagent() {
    let mut session = Running::with([change()], |options| {
        options.config.permissions.mode = None;
        give_tasks(options);
    });
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "task", TASK)]);
    let child = child(&mut session).await;
    session.model.asked().await.call(&[("x", "change", "{}")]);
    let handle = in_time(session.handle.subagent(child)).await.unwrap();
    let mut updates = handle.subscribe(Seq::default());
    while let Some(update) = in_time(updates.next()).await {
        if matches!(&update, Update::Event(event) if event.body.kind() == "permission_requested") {
            handle.answer_permission(ToolCallId::new("x"), PermissionAnswer::Allow).await.unwrap();
            break;
        }
    }
    let asked = session.model.asked().await;
    assert_eq!(asked.messages().pop().unwrap(), "tool: changed");
    asked.text("Changed it");
    session.until("tool_finished a Succeeded: Changed it").await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_leaves_nothing_of_its_subagents() {
    for scope in [CancelScope::Run, CancelScope::ToolCall { call_id: ToolCallId::new("a") }] {
        let (hang, begun, dropped) = hang(EffectClass::AtMostOnce);
        let mut session = with_task([hang]);
        session.prompt("Work").await;
        session.model.asked().await.call(&[("a", "task", TASK)]);
        session.model.asked().await.call(&[("x", "hang", "{}")]);
        in_time(begun).await.unwrap();
        session.handle.cancel(scope.clone()).await.unwrap();
        in_time(dropped).await.unwrap();
        let lines = session.until("subagent_finished").await;
        assert!(lines.iter().any(|line| line.starts_with("tool_finished a Cancelled")), "{lines:?}");
        if scope != CancelScope::Run {
            session.model.asked().await.text("Then not");
            session.until("run_finished Completed").await;
        }
        session.small_talk().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_shuts_down_takes_its_subagents_along() {
    let (hang, begun, dropped) = hang(EffectClass::AtMostOnce);
    let mut session = with_task([hang]);
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "task", TASK)]);
    session.model.asked().await.call(&[("x", "hang", "{}")]);
    in_time(begun).await.unwrap();
    session.shutdown.cancel();
    in_time(dropped).await.unwrap();
    in_time(session.task).await.unwrap().unwrap();
}

/// Gives subagents the journal that they had.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<Event>>);

impl SessionOpener for Kept {
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, OpenError>> {
        let events = self.0.lock().unwrap().clone();
        assert!(events.iter().all(|event| event.header.session == session));
        async move { Ok(OpenedSession::new(2).with_past(Past::of(events).unwrap(), EventHash::ZERO)) }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_a_subagent_goes_on_where_it_was() {
    let (hang, begun, _dropped) = hang(EffectClass::AtMostOnce);
    let mut session = with_task([hang, look()]);
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "task", TASK)]);
    let child = child(&mut session).await;
    session.model.asked().await.call(&[("x", "look", "{}")]);
    session.model.asked().await.call(&[("y", "hang", "{}")]);
    in_time(begun).await.unwrap();
    let handle = in_time(session.handle.subagent(child)).await.unwrap();
    let kept: Vec<Event> = handle.events(Seq::default()).iter().map(|event| (**event).clone()).collect();
    let journal: Vec<Event> =
        session.handle.events(Seq::default()).iter().map(|event| (**event).clone()).collect();
    session.task.abort();

    let mut model = Model::new();
    let mut options = options(&model, [look()]);
    options.durability.opener = Some(Arc::new(Kept(Mutex::new(kept))));
    let (resumed, handle) = Session::resume(options, Past::of(journal).unwrap()).unwrap();
    let mut updates = handle.subscribe(Seq::default());
    let task = tokio::spawn(resumed.run(CancellationToken::new()));
    let asked = model.asked().await;
    let messages = asked.messages();
    assert_eq!(messages[..2], ["system: Be brief.", "user: Look around"], "{messages:?}");
    assert!(messages.last().unwrap().starts_with("tool: Outcome unknown"), "{messages:?}");
    asked.text("It may have hung");
    let asked = model.asked().await;
    assert_eq!(asked.messages().pop().unwrap(), "tool: It may have hung");
    asked.text("So be it");
    loop {
        let update = in_time(updates.next()).await.unwrap();
        if matches!(&update, Update::Event(event) if event.body.kind() == "run_finished") {
            break;
        }
    }
    task.abort();
}
