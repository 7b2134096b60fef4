//! Which calls run, which are asked about, and what answers mean.

use serde_json::json;
use tau_core::config::PermissionMode;
use tau_core::event::{PermissionAnswer, ToolSpec};
use tau_core::{EffectClass, ToolDefinition};
use tau_runtime::kernel::Rejection;

use super::support::{Kernel, answer, call_id, calls_of, cancel_call, config, done, with_mode};

const BY_RULE: &str = "the permission rules ask before `wary`";
const BY_EFFECT: &str = "`change` can change things and no rule allows it";

fn judged(mode: PermissionMode, tool: &str) -> Vec<String> {
    let mut kernel = Kernel::asking(with_mode(mode));
    kernel.lines(calls_of(1, 1, &[&format!("a {tool}")])).split_off(2)
}

#[test]
fn calls_are_judged_by_mode_and_rules() {
    use PermissionMode::{Bypass, Default, DontAsk};
    let runs = || vec!["> run a".to_owned()];
    let asks = |reason: &str| vec![format!("call a asked about: {reason}")];
    let denied = |reason: &str| {
        vec![
            format!("call a denied by rule: Not run: {reason}. Do it another way."),
            "model requested 1/2".to_owned(),
            "> call model 1/2".to_owned(),
        ]
    };
    let table = [
        (Default, "look", runs()),
        (Default, "free", runs()),
        (Default, "change", asks(BY_EFFECT)),
        (Default, "wary", asks(BY_RULE)),
        (DontAsk, "look", runs()),
        (DontAsk, "free", runs()),
        (DontAsk, "change", denied(BY_EFFECT)),
        (DontAsk, "wary", denied(BY_RULE)),
        (Bypass, "look", runs()),
        (Bypass, "change", runs()),
        (Bypass, "wary", runs()),
    ];
    for (mode, tool, expected) in table {
        assert_eq!(judged(mode, tool), expected, "{mode:?} {tool}");
    }
    for mode in [Default, DontAsk, Bypass] {
        assert_eq!(judged(mode, "banned"), denied("the permission rules deny `banned`"), "{mode:?}");
        assert_eq!(judged(mode, "nonsense"), runs(), "a call of no tool does nothing ({mode:?})");
    }
}

#[test]
fn calls_that_may_run_do_not_wait_for_those_asked_about() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(
        kernel.lines(calls_of(1, 1, &["a change", "b look", "c banned"])),
        [
            "turn 1 replied: a change | b look | c banned",
            "call a requested: AtMostOnce change",
            "call b requested: Pure look",
            "call c requested: Pure banned",
            "call a asked about: `change` can change things and no rule allows it",
            "call c denied by rule: Not run: the permission rules deny `banned`. Do it another way.",
            "> run b"
        ]
    );
    assert_eq!(kernel.lines(done("b")), ["call b succeeded: ok"], "`a` has no result yet");
}

#[test]
fn allow_lets_one_call_run() {
    let mut kernel = Kernel::calling(config(), &["a change", "b change"]);
    assert_eq!(kernel.lines(answer("a", PermissionAnswer::Allow)), ["call a answered: Allow", "> run a"]);
    // It does not wait any more, and the other one still does.
    assert_eq!(
        kernel.give(answer("a", PermissionAnswer::Allow)).unwrap_err(),
        Rejection::NotWaiting(call_id("a"))
    );
    assert_eq!(kernel.lines(answer("b", PermissionAnswer::Allow)), ["call b answered: Allow", "> run b"]);
}

#[test]
fn allow_always_lets_the_tool_run_from_then_on() {
    let mut kernel = Kernel::calling(config(), &["a wary", "b change", "c change", "d wary"]);
    assert_eq!(
        kernel.lines(answer("d", PermissionAnswer::AllowAlways)),
        ["call d answered: AllowAlways", "call a answered: Allow", "> run a", "> run d"]
    );
    kernel.give(answer("b", PermissionAnswer::AllowAlways)).unwrap();
    for id in ["a", "b", "c", "d"] {
        kernel.give(done(id)).unwrap();
    }
    let lines = kernel.lines(calls_of(1, 2, &["e change", "f wary", "g banned"]));
    assert_eq!(lines[lines.len() - 2..], ["> run e", "> run f"]);
    assert!(lines.iter().any(|line| line.starts_with("call g denied by rule")), "no answer lifts a denial");
}

/// An edit that is asked about comes before the build that follows it, however long the answer takes.
#[test]
fn calls_that_change_things_keep_their_order() {
    let calls = ["a free", "b change", "c free", "d look", "e change", "f free"];
    let mut kernel = Kernel::asking(config());
    let lines = kernel.lines(calls_of(1, 1, &calls));
    assert_eq!(lines[lines.len() - 2..], ["> run a", "> run d"], "`c` and `f` are held");
    assert_eq!(kernel.rejects(done("c")), Rejection::Stale, "it has not run");
    assert_eq!(
        kernel.lines(answer("e", PermissionAnswer::Allow)),
        ["call e answered: Allow"],
        "`b` comes first"
    );
    assert_eq!(
        kernel.lines(answer("b", PermissionAnswer::Allow)),
        ["call b answered: Allow", "> run b", "> run c", "> run e", "> run f"]
    );
}

#[test]
fn a_refusal_or_a_cancel_releases_what_it_held() {
    let no = PermissionAnswer::Deny { message: String::new() };
    let mut refused = Kernel::calling(config(), &["a change", "b free"]);
    assert_eq!(refused.lines(answer("a", no)).last().unwrap(), "> run b");
    let mut cancelled = Kernel::calling(config(), &["a change", "b free"]);
    assert_eq!(cancelled.lines(cancel_call("a")).last().unwrap(), "> run b");
}

#[test]
fn refusals_are_results_the_model_reads() {
    let nobody = "Not run: `change` needs permission, and nobody is there to give it. \
                  Do what can be done without it.";
    let table = [
        (
            PermissionAnswer::Deny { message: String::new() },
            "denied by person: Not run: the user does not allow this call.".to_owned(),
        ),
        (
            PermissionAnswer::Deny { message: "Use the other file.".to_owned() },
            "denied by person: Not run: the user does not allow this call. They said: Use the other file."
                .to_owned(),
        ),
        (PermissionAnswer::NobodyToAsk, format!("denied by nobody: {nobody}")),
    ];
    for (refusal, line) in table {
        let mut kernel = Kernel::calling(config(), &["a change"]);
        assert_eq!(
            kernel.lines(answer("a", refusal.clone())),
            [
                format!("call a answered: {refusal:?}"),
                format!("call a {line}"),
                "model requested 1/2".to_owned(),
                "> call model 1/2".to_owned()
            ]
        );
        assert!(kernel.state.history().messages()[2].tool_results().all(|result| result.is_error));
    }
}

#[test]
fn an_answer_counts_once() {
    let mut kernel = Kernel::calling(config(), &["a change", "b look"]);
    let not_waiting = |id: &str| Rejection::NotWaiting(super::support::call_id(id));
    assert_eq!(kernel.rejects(answer("b", PermissionAnswer::Allow)), not_waiting("b"), "it runs already");
    assert_eq!(kernel.rejects(answer("z", PermissionAnswer::Allow)), not_waiting("z"));
    kernel.give(answer("a", PermissionAnswer::Allow)).unwrap();
    let deny = PermissionAnswer::Deny { message: String::new() };
    assert_eq!(kernel.rejects(answer("a", deny.clone())), not_waiting("a"));
    kernel.give(done("a")).unwrap();
    assert_eq!(kernel.rejects(answer("a", deny)), not_waiting("a"));
}

#[test]
fn a_tool_that_was_found_is_judged_as_itself() {
    let mut config = config();
    let call_tool = ToolDefinition::new(tau_tools::CALL_TOOL, "", json!({"type": "object"}));
    config.tools.push(ToolSpec::new(call_tool, EffectClass::AtMostOnce));
    config.permissions.allow.push(tau_tools::CALL_TOOL.to_owned());
    for (tool, expected) in [
        ("look", "> run a"),
        ("change", "call a asked about: `change` can change things and no rule allows it"),
        ("wary", "call a asked about: the permission rules ask before `wary`"),
        ("banned", "call a denied by rule: Not run: the permission rules deny `banned`. Do it another way."),
    ] {
        let mut kernel = Kernel::asking(config.clone());
        let call = format!(r#"a call_tool {{"tool": "{tool}", "arguments": {{}}}}"#);
        let lines = kernel.lines(calls_of(1, 1, &[&call]));
        assert!(lines[1].ends_with(tool), "{lines:?}");
        assert_eq!(lines[2], expected);
    }
}
