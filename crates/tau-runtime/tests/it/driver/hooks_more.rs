//! Hooks in memory: what is only told, what is stopped, and what is asked again.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tau_core::config::PermissionMode;
use tau_core::event::{
    CancelScope, CompactionPolicy, CompactionStrategy, Event, HookDecision, HookPoint, HookVerdict, Seq,
};
use tau_core::{ContentBlock, EffectClass};
use tau_runtime::hooks::{Hook, HookAsk, HookList, HookSpec};
use tau_runtime::{Past, Session};
use tau_tools::ToolOutput;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use super::hooks::{Decided, hook, of, says};
use super::model::Model;
use super::support::{Running, change, in_time, look, options, show, tool};

#[tokio::test(start_paused = true)]
async fn hooks_are_told_and_nobody_waits() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let at = |point| {
        let told = Arc::clone(&told);
        let tell = move |ask: &HookAsk| {
            let words = ask.content.iter().filter_map(ContentBlock::as_text).collect::<String>();
            told.lock().unwrap().push(format!("{:?} {words}", ask.point));
            // What it says does not count.
            says(HookVerdict::Deny, "No!")
        };
        (HookSpec::new(format!("{point:?}"), point), tell)
    };
    let points = [HookPoint::AfterModel, HookPoint::Notification, HookPoint::SessionStopped];
    let hooks = points.into_iter().fold(HookList::default(), |hooks, point| {
        let (spec, tell) = at(point);
        hooks.with(spec, tell)
    });
    let mut session = Running::with([change()], |options| {
        options.config.permissions.mode = Some(PermissionMode::Default);
        options.hooks = Some(Arc::new(hooks));
    });
    session.small_talk().await;
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "change", "{}")]);
    session.until("permission_requested a").await;
    session.handle.cancel(CancelScope::Session).await.unwrap();
    in_time(session.task).await.unwrap().unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(
        *told.lock().unwrap(),
        [
            "AfterModel Well.",
            "AfterModel ",
            "Notification `change` can change things and no rule allows it",
            "SessionStopped "
        ]
    );
}

/// A hook that begins, and goes on until it is dropped.
struct Hangs {
    begun: Arc<Notify>,
    dropped: Mutex<Option<oneshot::Sender<()>>>,
}

impl Hook for Hangs {
    fn ask<'a>(&'a self, _ask: &'a HookAsk) -> BoxFuture<'a, Decided> {
        struct Guard(Option<oneshot::Sender<()>>);
        impl Drop for Guard {
            fn drop(&mut self) {
                let _ = self.0.take().map(|dropped| dropped.send(()));
            }
        }
        let guard = Guard(self.dropped.lock().unwrap().take());
        self.begun.notify_one();
        Box::pin(async move {
            let _guard = guard;
            std::future::pending().await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_what_hooks_do() {
    for point in
        [HookPoint::BeforePrompt, HookPoint::BeforeModel, HookPoint::BeforeTool, HookPoint::AfterTool]
    {
        let (sender, dropped) = oneshot::channel();
        let begun = Arc::new(Notify::new());
        let hangs = Hangs { begun: Arc::clone(&begun), dropped: Mutex::new(Some(sender)) };
        let hooks = HookList::default().with_hook(HookSpec::new("hangs", point), Arc::new(hangs));
        let mut session = Running::with([look()], of(hooks));
        session.prompt("Work").await;
        if matches!(point, HookPoint::BeforeTool | HookPoint::AfterTool) {
            session.model.asked().await.call(&[("a", "look", "{}")]);
        }
        in_time(begun.notified()).await;
        session.handle.cancel(CancelScope::Run).await.unwrap();
        in_time(dropped).await.unwrap();
        session.until("run_finished Cancelled").await;
    }
}

fn journal(session: &Running) -> Vec<Event> {
    session.handle.events(Seq::default()).iter().map(|event| (**event).clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_not_decided_about_is_asked_about_again() {
    let (sender, _dropped) = oneshot::channel();
    let begun = Arc::new(Notify::new());
    let hangs = Hangs { begun: Arc::clone(&begun), dropped: Mutex::new(Some(sender)) };
    let spec = HookSpec::new("guard", HookPoint::BeforeTool);
    let mut first = Running::with(
        [tool("change", EffectClass::AtMostOnce, |_| async { panic!("it runs undecided") })],
        of(HookList::default().with_hook(spec, Arc::new(hangs))),
    );
    first.prompt("Work").await;
    first.model.asked().await.call(&[("a", "change", "{}")]);
    in_time(begun.notified()).await;
    let stored = journal(&first);
    drop(first);

    let runs = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&runs);
    let tool = tool("change", EffectClass::AtMostOnce, move |_| {
        *counted.lock().unwrap() += 1;
        async { ToolOutput::text("changed") }
    });
    let mut model = Model::new();
    let mut options = options(&model, [tool]);
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    options.hooks = Some(Arc::new(hook(HookPoint::BeforeTool, move |_| {
        *count.lock().unwrap() += 1;
        Ok(HookDecision::default())
    })));
    let seq = Seq(stored.len() as u64);
    let (session, handle) = Session::resume(options, Past::of(stored).unwrap()).unwrap();
    tokio::spawn(session.run(CancellationToken::new()));
    let exchange = model.asked().await;
    assert_eq!(exchange.messages().pop().unwrap(), "tool: changed");
    exchange.text("Done.");
    let mut updates = handle.subscribe(seq);
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.starts_with("run_finished")) {
        lines.push(show(&in_time(updates.next()).await.unwrap()));
    }
    assert_eq!(lines[..2], ["session_resumed", "hooks_decided"]);
    assert_eq!((*asked.lock().unwrap(), *runs.lock().unwrap()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_taken_up_without_its_hooks_goes_on() {
    let (sender, _dropped) = oneshot::channel();
    let begun = Arc::new(Notify::new());
    let hangs = Hangs { begun: Arc::clone(&begun), dropped: Mutex::new(Some(sender)) };
    let spec = HookSpec::new("slow", HookPoint::BeforePrompt);
    let first = Running::with([], of(HookList::default().with_hook(spec, Arc::new(hangs))));
    first.prompt("Work").await;
    in_time(begun.notified()).await;
    let stored = journal(&first);
    drop(first);
    let mut model = Model::new();
    let (session, _handle) = Session::resume(options(&model, []), Past::of(stored).unwrap()).unwrap();
    tokio::spawn(session.run(CancellationToken::new()));
    assert_eq!(model.asked().await.messages()[1..], ["user: Work"]);
}

#[tokio::test(start_paused = true)]
async fn a_shorter_history_keeps_what_hooks_want_kept() {
    let keep = |words: &'static str| {
        move |_: &HookAsk| Ok(HookDecision::default().with_context([ContentBlock::text(words)]))
    };
    let hooks = HookList::default()
        .with(HookSpec::new("before", HookPoint::BeforeCompaction), keep("The door is red."))
        .with(HookSpec::new("after", HookPoint::AfterCompaction), keep("Read the rules again."));
    let mut session = Running::with([look()], |options| {
        options.config.compaction = Some(CompactionPolicy::new(100, 60, CompactionStrategy::Truncation));
        options.hooks = Some(Arc::new(hooks));
    });
    session.small_talk().await;
    session.prompt("More").await;
    let exchange = session.model.asked().await;
    let messages = exchange.messages();
    assert!(messages[1].contains("What must not be lost:\nThe door is red."), "{messages:?}");
    assert_eq!(messages.last().unwrap(), "user: Read the rules again.");
    exchange.text("Done.");
    session.until("run_finished Completed").await;
}

/// The same journal, byte for byte, with a port that has no hooks as without one.
#[tokio::test(start_paused = true)]
async fn without_hooks_a_session_is_the_same() {
    let mut kinds = Vec::new();
    for hooks in [None, Some(HookList::default())] {
        let mut session = Running::with([look()], |options| {
            options.hooks = hooks.map(|hooks| Arc::new(hooks) as _);
        });
        session.prompt("Look").await;
        session.model.asked().await.call(&[("a", "look", "{}")]);
        session.small_talk().await;
        let events = session.handle.events(Seq::default());
        kinds.push(events.iter().map(|event| event.body.kind()).collect::<Vec<_>>());
    }
    assert_eq!(kinds[0], kinds[1]);
    assert!(!kinds[0].iter().any(|kind| kind.starts_with("hooks")), "{kinds:?}");
}
