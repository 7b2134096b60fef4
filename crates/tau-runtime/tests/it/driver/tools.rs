//! Tools at work: beside each other, alone, and in trouble.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tau_core::EffectClass;
use tau_core::config::PermissionMode;
use tau_testkit::chunk;
use tau_tools::{OutputBounds, ToolExecutor, ToolOutput};
use tokio::sync::Barrier;

use super::support::{Running, change, in_time, look, tool, tool_with_progress};

/// What calls did, in order.
type Diary = Arc<Mutex<Vec<String>>>;

/// A tool whose calls write into a diary when they begin and end, and take as long as they are told.
fn diarist(name: &str, effect: EffectClass, diary: &Diary) -> Arc<dyn ToolExecutor> {
    let diary = Arc::clone(diary);
    tool(name, effect, move |arguments: Value| {
        let diary = Arc::clone(&diary);
        async move {
            let (who, takes) = (arguments["who"].as_str().unwrap(), arguments["takes"].as_u64().unwrap());
            diary.lock().unwrap().push(format!("{who} begins"));
            tokio::time::sleep(Duration::from_millis(takes)).await;
            diary.lock().unwrap().push(format!("{who} ends"));
            ToolOutput::text("ok")
        }
    })
}

#[tokio::test(start_paused = true)]
async fn pure_calls_run_beside_each_other() {
    let barrier = Arc::new(Barrier::new(3));
    let meet = tool("meet", EffectClass::Pure, move |_| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            ToolOutput::text("met")
        }
    });
    let mut session = Running::new([meet]);
    session.prompt("Meet").await;
    session.model.asked().await.call(&[("a", "meet", "{}"), ("b", "meet", "{}"), ("c", "meet", "{}")]);
    let exchange = session.model.asked().await;
    assert_eq!(exchange.messages()[3..], ["tool: met", "tool: met", "tool: met"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_than_allowed_run_at_once() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (Arc::clone(&now), Arc::clone(&most));
    let count = tool("count", EffectClass::Pure, move |_| {
        let (now, most) = counts.clone();
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            ToolOutput::text("ok")
        }
    });
    let mut session = Running::with([count], |options| options.parallel_tools = 2);
    session.prompt("Count").await;
    let ids = ["a", "b", "c", "d", "e"];
    session.model.asked().await.call(&ids.map(|id| (id, "count", "{}")));
    session.model.asked().await;
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_that_change_things_run_alone_and_in_order() {
    let diary = Diary::default();
    let mut session = Running::new([
        diarist("see", EffectClass::Pure, &diary),
        diarist("set", EffectClass::AtMostOnce, &diary),
        diarist("put", EffectClass::Idempotent, &diary),
    ]);
    session.prompt("Work").await;
    // Those that come later would be done sooner.
    session.model.asked().await.call(&[
        ("a", "see", r#"{"who": "a", "takes": 60}"#),
        ("b", "see", r#"{"who": "b", "takes": 50}"#),
        ("c", "set", r#"{"who": "c", "takes": 40}"#),
        ("d", "put", r#"{"who": "d", "takes": 30}"#),
        ("e", "see", r#"{"who": "e", "takes": 20}"#),
        ("f", "see", r#"{"who": "f", "takes": 10}"#),
        ("g", "set", r#"{"who": "g", "takes": 1}"#),
    ]);
    session.model.asked().await;
    let expected = [
        "a begins", "b begins", "b ends", "a ends", "c begins", "c ends", "d begins", "d ends", "e begins",
        "f begins", "f ends", "e ends", "g begins", "g ends",
    ];
    assert_eq!(*diary.lock().unwrap(), expected);
}

/// Tasks begin in any order; a worker alone runs the one that was spawned last first. So calls queue up before they
/// are tasks. The counts of words lie around the polls that a task has before it must let others run.
#[test]
fn calls_keep_their_order_whatever_order_tasks_begin_in() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    for words in (0..2).chain(115..125) {
        let diary = Diary::default();
        let set = diarist("set", EffectClass::AtMostOnce, &diary);
        let played = runtime.spawn(async move {
            let mut session = Running::new([set]);
            session.prompt("Work").await;
            let exchange = session.model.asked().await;
            (0..words).for_each(|_| exchange.say("word "));
            let calls = ["a", "b", "c", "d"].map(|id| (id, format!(r#"{{"who": "{id}", "takes": 0}}"#)));
            for (index, (id, arguments)) in calls.iter().enumerate() {
                exchange.send(&chunk::tool_call(index, id, "set", arguments));
            }
            exchange.finish("tool_calls");
            session.model.asked().await;
        });
        runtime.block_on(played).unwrap();
        let begun: Vec<_> =
            diary.lock().unwrap().iter().filter(|line| line.ends_with("begins")).cloned().collect();
        assert_eq!(begun, ["a begins", "b begins", "c begins", "d begins"], "after {words} words");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_panics_is_a_call_that_failed() {
    let late = tool("late", EffectClass::Pure, |_| async { panic!("after it began") });
    let early = tool("early", EffectClass::Pure, |arguments: Value| {
        assert!(arguments["never"].is_string(), "before there is a future");
        async { ToolOutput::text("") }
    });
    let mut session = Running::new([late, early, look()]);
    session.prompt("Fall").await;
    session.model.asked().await.call(&[("a", "late", "{}"), ("b", "early", "{}"), ("c", "look", "{}")]);
    let exchange = session.model.asked().await;
    assert_eq!(
        exchange.messages()[3..],
        [
            "tool: `late` crashed; this is a fault in the tool, not in the call.",
            "tool: `early` crashed; this is a fault in the tool, not in the call.",
            "tool: seen"
        ]
    );
    let lines = session.until("model_requested 2").await;
    let failed =
        lines.iter().filter(|line| line.starts_with("tool_finished") && line.contains("Failed")).count();
    assert_eq!(failed, 2);
    exchange.text("Pity.");
    session.until("run_finished Completed").await;
    session.small_talk().await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_cannot_run_tell_the_model_why() {
    let mut session = Running::new([look(), change()]);
    session.prompt("Try").await;
    session.model.asked().await.call(&[
        ("a", "loook", "{}"),
        ("b", "look", "{\"half"),
        ("c", "change", "[1]"),
    ]);
    let messages = session.model.asked().await.messages();
    assert_eq!(messages[3], "tool: There is no tool `loook`; did you mean `look`?");
    assert!(messages[4].starts_with("tool: The arguments of `look` are not valid JSON"), "{}", messages[4]);
    assert!(
        messages[5].starts_with("tool: The arguments of `change` must be a JSON object"),
        "{}",
        messages[5]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_stopped() {
    let slow = tool("slow", EffectClass::AtMostOnce, |_| std::future::pending());
    let mut session = Running::with([slow], |options| options.tool_timeout = Duration::from_secs(90));
    session.prompt("Wait").await;
    session.model.asked().await.call(&[("a", "slow", "{}")]);
    let begun = tokio::time::Instant::now();
    session.patience = Duration::from_secs(3_600);
    let lines = session.until("tool_finished").await;
    assert_eq!(
        lines.last().unwrap(),
        "tool_finished a TimedOut: `slow` was stopped: it took longer than 1m30s."
    );
    assert!(begun.elapsed() >= Duration::from_secs(90), "not sooner");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_others_is_not_counted_as_running() {
    let diary = Diary::default();
    let set = diarist("set", EffectClass::AtMostOnce, &diary);
    let mut session = Running::with([set], |options| options.tool_timeout = Duration::from_millis(100));
    session.prompt("Work").await;
    session
        .model
        .asked()
        .await
        .call(&[("a", "set", r#"{"who": "a", "takes": 80}"#), ("b", "set", r#"{"who": "b", "takes": 80}"#)]);
    assert_eq!(session.model.asked().await.messages()[3..], ["tool: ok", "tool: ok"]);
}

#[tokio::test(start_paused = true)]
async fn output_comes_while_a_call_runs() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let inside = Arc::clone(&gate);
    let talk = tool_with_progress("talk", EffectClass::AtMostOnce, move |_, progress| {
        let gate = Arc::clone(&inside);
        async move {
            progress.report("one");
            gate.notified().await;
            progress.report("two");
            ToolOutput::text("spoken")
        }
    });
    let mut session = Running::new([talk]);
    session.prompt("Talk").await;
    session.model.asked().await.call(&[("a", "talk", "{}")]);
    session.until("~ output a one").await;
    gate.notify_one();
    assert_eq!(session.until("tool_finished").await, ["~ output a two", "tool_finished a Succeeded: spoken"]);
}

#[tokio::test(start_paused = true)]
async fn long_output_is_cut_before_it_is_kept() {
    let long = tool("long", EffectClass::Pure, |_| async { ToolOutput::text("x".repeat(10_000)) });
    let mut session = Running::with([long], |options| options.output_bounds = OutputBounds::new(20, 10));
    session.prompt("Print").await;
    session.model.asked().await.call(&[("a", "long", "{}")]);
    let messages = in_time(session.model.asked()).await.messages();
    assert!(messages[3].len() < 120 && messages[3].contains("bytes, 0 lines left out"), "{}", messages[3]);
}

/// What another agent calls a tool is judged by the rules of the tool that it is, and run with its arguments.
#[tokio::test(start_paused = true)]
async fn a_tool_called_by_another_agents_name() {
    for mode in [PermissionMode::Bypass, PermissionMode::DontAsk] {
        let diary = Diary::default();
        let heard = Arc::clone(&diary);
        let write = tool("write", EffectClass::AtMostOnce, move |arguments: Value| {
            heard.lock().unwrap().push(arguments.to_string());
            async { ToolOutput::text("written") }
        });
        let mut session = Running::with([write], |options| options.config.permissions.mode = Some(mode));
        session.prompt("Write").await;
        session.model.asked().await.call(&[("a", "Write", r#"{"file_path": "f", "content": ""}"#)]);
        let exchange = session.model.asked().await;
        let (said, ran) = (exchange.messages()[3].clone(), diary.lock().unwrap().clone());
        match mode {
            PermissionMode::Bypass => {
                assert_eq!(said, "tool: written");
                assert_eq!(ran, [r#"{"content":"","path":"f"}"#]);
            }
            _ => {
                assert!(said.contains("Not run: `write` can change things and no rule allows it"), "{said}");
                assert_eq!(ran, [""; 0]);
            }
        }
    }
}
