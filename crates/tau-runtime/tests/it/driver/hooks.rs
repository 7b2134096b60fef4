//! Hooks in memory, at work: what they let, change, add and answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tau_core::config::PermissionMode;
use tau_core::event::{EventBody, HookChange, HookDecision, HookPoint, HookVerdict, PermissionAnswer, Seq};
use tau_core::{ContentBlock, EffectClass, ToolArguments, ToolCallId, ToolResultBlock};
use tau_runtime::hooks::{FailurePolicy, HookAsk, HookFailure, HookList, HookSpec};
use tau_runtime::{SessionOptions, loop_tools};
use tau_tools::ToolOutput;

use super::support::{Running, change, look, tool};

pub(super) type Decided = Result<HookDecision, HookFailure>;

/// One hook at a point.
pub(super) fn hook(
    point: HookPoint,
    decide: impl Fn(&HookAsk) -> Decided + Send + Sync + 'static,
) -> HookList {
    HookList::default().with(HookSpec::new("test", point), decide)
}

pub(super) fn of(hooks: HookList) -> impl FnOnce(&mut SessionOptions) {
    move |options| options.hooks = Some(Arc::new(hooks))
}

pub(super) fn says(verdict: HookVerdict, words: &str) -> Decided {
    Ok(HookDecision::new(verdict, words))
}

fn context(words: &str) -> Decided {
    Ok(HookDecision::default().with_context([ContentBlock::text(words)]))
}

#[tokio::test(start_paused = true)]
async fn a_denied_call_does_not_run_and_the_model_reads_why() {
    let hooks = hook(HookPoint::BeforeTool, |ask| {
        assert_eq!(ask.call.as_ref().unwrap().name, "change");
        assert_eq!(ask.effect, EffectClass::AtMostOnce);
        says(HookVerdict::Deny, "Not on a Friday.")
    });
    let tool = tool("change", EffectClass::AtMostOnce, |_| async { panic!("it must not run") });
    let mut session = Running::with([tool], of(hooks));
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "change", "{}")]);
    let exchange = session.model.asked().await;
    let words = "tool: Not run: a hook does not allow this call. It said: Not on a Friday.";
    assert_eq!(exchange.messages().pop().unwrap(), words);
    exchange.text("All right.");
    let lines = session.until("run_finished").await;
    assert!(lines.iter().any(|line| line.starts_with("tool_finished a Denied { reason: Hook }")));
}

#[tokio::test(start_paused = true)]
async fn what_one_hook_changes_the_next_is_asked_about_and_the_tool_is_given() {
    let given = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&given);
    let tool = tool("change", EffectClass::AtMostOnce, move |arguments| {
        heard.lock().unwrap().push(arguments.to_string());
        async { ToolOutput::text("changed") }
    });
    let append = |word: &'static str| {
        move |ask: &HookAsk| {
            let mut value = ask.call.as_ref().unwrap().arguments.value().unwrap();
            let said = value["path"].as_str().unwrap().to_owned();
            value["path"] = format!("{said}{word}").into();
            let arguments = ToolArguments::parse(value.to_string());
            Ok(HookDecision::default().with_change(HookChange::Arguments { arguments }))
        }
    };
    let at = |name: &str| HookSpec::new(name, HookPoint::BeforeTool);
    let hooks = HookList::default()
        .with(at("second"), append("/second"))
        .with(at("first").with_priority(1), append("/first"))
        .with(at("other").for_tools(["look"]), |_| panic!("it is for another tool"));
    let mut session = Running::with([tool], of(hooks));
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "change", r#"{"path":"x"}"#)]);
    session.model.asked().await.text("Done.");
    session.until("run_finished").await;
    assert_eq!(*given.lock().unwrap(), [r#"{"path":"x/first/second"}"#]);
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_where_a_hook_wants_it_and_not_where_one_allows() {
    let hooks = hook(HookPoint::BeforeTool, |ask| match ask.call.as_ref().unwrap().name.as_str() {
        "look" => says(HookVerdict::Ask, "Really?"),
        _ => says(HookVerdict::Allow, ""),
    });
    let mut session = Running::with([look(), change()], |options| {
        options.config.permissions.mode = Some(PermissionMode::Default);
        options.hooks = Some(Arc::new(hooks));
    });
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "look", "{}"), ("b", "change", "{}")]);
    session.until("tool_finished b Succeeded").await;
    session.handle.answer_permission(ToolCallId::new("a"), PermissionAnswer::Allow).await.unwrap();
    session.until("tool_finished a Succeeded").await;
    let events = session.handle.events(Seq::default());
    let reasons: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::PermissionRequested { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["A hook wants a person to be asked. It said: Really?"]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_answers_for_a_person() {
    let hooks = hook(HookPoint::PermissionRequested, |_| says(HookVerdict::Allow, ""));
    let mut session = Running::with([change()], |options| {
        options.config.permissions.mode = Some(PermissionMode::Default);
        options.hooks = Some(Arc::new(hooks));
    });
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "change", "{}")]);
    let lines = session.until("tool_finished a Succeeded").await;
    assert!(!lines.iter().any(|line| line.starts_with("permission_requested")), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_changed_added_to_and_denied() {
    let hooks = hook(HookPoint::BeforePrompt, |ask| {
        let text = ask.content[0].as_text().unwrap();
        if text.contains("secret") {
            return says(HookVerdict::Deny, "No secrets.");
        }
        let content = vec![ContentBlock::text(text.to_uppercase())];
        let decision = HookDecision::default().with_change(HookChange::Prompt { content, skill: None });
        Ok(decision.with_context([ContentBlock::text("It rains.")]))
    });
    let mut session = Running::with([], of(hooks));
    session.prompt("the secret").await;
    let lines = session.until("run_finished").await;
    assert_eq!(
        lines[2..],
        ["prompt_submitted", "hooks_decided", "run_finished Denied { message: \"No secrets.\" }"]
    );
    assert!(session.model.is_left_alone());
    session.prompt("hi").await;
    let exchange = session.model.asked().await;
    assert_eq!(exchange.messages(), ["system: Be brief.", "user: It rains.", "user: HI"]);
    exchange.text("Well.");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn the_first_request_holds_what_hooks_said_of_the_start() {
    let hooks = hook(HookPoint::SessionStarted, |_| context("It rains."));
    let mut session = Running::with([], of(hooks));
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    assert_eq!(exchange.messages()[1..], ["user: It rains.", "user: Hi"]);
    exchange.text("Well.");
    session.until("run_finished Completed").await;
    session.small_talk().await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_takes_words_out_of_a_result() {
    let hooks = hook(HookPoint::AfterTool, |ask| {
        let result = ask.result.as_ref().unwrap();
        assert_eq!((result.text().as_str(), result.is_error), ("seen", false));
        let content = vec![ToolResultBlock::text("[removed]")];
        Ok(HookDecision::default()
            .with_change(HookChange::Result { content, is_error: false })
            .with_context([ContentBlock::text("Something was removed.")]))
    });
    let mut session = Running::with([look()], of(hooks));
    session.prompt("Look").await;
    session.model.asked().await.call(&[("a", "look", "{}"), ("b", "look", "{}")]);
    let exchange = session.model.asked().await;
    assert_eq!(
        exchange.messages()[3..],
        [
            "tool: [removed]",
            "tool: [removed]",
            r#"user: [{"text":"Something was removed.","type":"text"},{"text":"Something was removed.","type":"text"}]"#
        ]
    );
    exchange.text("Done.");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_denied_until_nothing_is_left() {
    let hooks = hook(HookPoint::BeforeStop, |ask| match ask.content.last().and_then(ContentBlock::as_text) {
        Some("Tested.") => Ok(HookDecision::default()),
        _ => says(HookVerdict::Deny, "Run the tests."),
    });
    let mut session = Running::with([], of(hooks));
    session.prompt("Work").await;
    session.model.asked().await.text("Done.");
    let exchange = session.model.asked().await;
    let left = "user: There is more to do before you stop. It said: Run the tests.";
    assert_eq!(exchange.messages().pop().unwrap(), left);
    exchange.text("Tested.");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_counts_as_its_policy_says() {
    type Fails = fn(&HookAsk) -> Decided;
    let fails: [(Fails, &str); 4] = [
        (|_| Err(HookFailure::Failed("no disk".to_owned())), "it failed: no disk"),
        (|_| panic!("a bug"), "it crashed"),
        (
            |_| {
                context("words").map(|decision| {
                    decision.with_context([ContentBlock::ToolResult(tau_core::ToolResult::error(
                        ToolCallId::new("x"),
                        "?",
                    ))])
                })
            },
            "it decided what is not possible there: context that is not text or pictures",
        ),
        (
            |_| {
                let arguments = ToolArguments::parse("[1]");
                Ok(HookDecision::default().with_change(HookChange::Arguments { arguments }))
            },
            "it decided what is not possible there: arguments that are no JSON object",
        ),
    ];
    for (fail, why) in fails {
        for policy in [FailurePolicy::Continue, FailurePolicy::Block] {
            let spec = HookSpec::new("guard", HookPoint::BeforeTool).with_failure(policy);
            let mut session = Running::with([look()], of(HookList::default().with(spec, fail)));
            session.prompt("Look").await;
            session.model.asked().await.call(&[("a", "look", "{}")]);
            let result = session.model.asked().await.messages().pop().unwrap();
            let blocked = format!(
                "tool: Not run: a hook does not allow this call. It said: The hook `guard` guards this, and {why}."
            );
            let expected = if policy == FailurePolicy::Block { blocked } else { "tool: seen".to_owned() };
            assert_eq!(result, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_ends_the_asking_and_beats_whatever_came_before() {
    let at = |name: &str, priority| HookSpec::new(name, HookPoint::BeforeTool).with_priority(priority);
    let hooks = HookList::default()
        .with(at("allows", 3), |_| says(HookVerdict::Allow, "Sure."))
        .with(at("asks", 2), |_| says(HookVerdict::Ask, "Hm."))
        .with(at("denies", 1), |_| says(HookVerdict::Deny, "Never."))
        .with(at("last", 0), |_| panic!("nobody asks it"));
    let mut session = Running::with([look()], of(hooks));
    session.prompt("Look").await;
    session.model.asked().await.call(&[("a", "look", "{}")]);
    let result = session.model.asked().await.messages().pop().unwrap();
    assert_eq!(result, "tool: Not run: a hook does not allow this call. It said: Never.");
}

#[tokio::test(start_paused = true)]
async fn hooks_decide_within_subagents_too() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&seen);
    let before = move |ask: &HookAsk| {
        heard.lock().unwrap().push((ask.session, ask.call.as_ref().unwrap().name.clone()));
        says(HookVerdict::Continue, "")
    };
    let prompt = |ask: &HookAsk| {
        assert_eq!(ask.content, [ContentBlock::text("Look")]);
        let content = vec![ContentBlock::text("Look well")];
        Ok(HookDecision::default().with_change(HookChange::Prompt { content, skill: None }))
    };
    let hooks = HookList::default()
        .with(HookSpec::new("before", HookPoint::BeforeTool), before)
        .with(HookSpec::new("prompt", HookPoint::BeforeSubagent), prompt)
        .with(HookSpec::new("after", HookPoint::AfterSubagent), |_| context("Trust it."));
    let mut session = Running::with([look()], |options| {
        options.config.tools = vec![loop_tools::task(&BTreeMap::new())];
        options.hooks = Some(Arc::new(hooks));
    });
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "task", r#"{"prompt":"Look"}"#)]);
    let exchange = session.model.asked().await;
    assert_eq!(exchange.messages()[1], "user: Look well");
    exchange.call(&[("x", "look", "{}")]);
    session.model.asked().await.text("All is well.");
    let exchange = session.model.asked().await;
    assert_eq!(exchange.messages()[3..], ["tool: All is well.", "user: Trust it."]);
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen[0], (session.handle.session_id(), "task".to_owned()));
    assert_eq!(seen[1].1, "look");
    assert_ne!(seen[1].0, session.handle.session_id(), "the session of the subagent");
}

#[tokio::test(start_paused = true)]
async fn a_slow_hook_meets_its_limit() {
    struct Slow;
    impl tau_runtime::hooks::Hook for Slow {
        fn ask<'a>(&'a self, _ask: &'a HookAsk) -> futures::future::BoxFuture<'a, Decided> {
            Box::pin(std::future::pending())
        }
    }
    let spec = HookSpec::new("slow", HookPoint::BeforeTool)
        .with_failure(FailurePolicy::Block)
        .with_timeout(Duration::from_secs(5));
    let hooks = HookList::default().with_hook(spec, Arc::new(Slow));
    let mut session = Running::with([look()], of(hooks));
    session.prompt("Look").await;
    session.model.asked().await.call(&[("a", "look", "{}")]);
    let began = tokio::time::Instant::now();
    let result = session.model.asked().await.messages().pop().unwrap();
    assert!(result.ends_with("The hook `slow` guards this, and it took too long."), "{result}");
    assert_eq!(began.elapsed().as_secs(), 5);
}
