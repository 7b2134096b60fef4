//! Where hooks are asked, and what their decisions lead to.

use tau_core::ContentBlock;
use tau_core::config::PermissionMode;
use tau_core::event::{
    CancelScope, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, PermissionAnswer,
    SessionConfig,
};
use tau_core::{ToolArguments, ToolResultBlock};
use tau_runtime::kernel::{Input, Rejection, State};

use super::support::{
    Kernel, answer, call_id, calls_of, cancel, config, done, prompt, run_id, text, with_mode, with_people,
};

use HookPoint::{
    AfterSubagent, AfterTool, BeforeModel, BeforePrompt, BeforeStop, BeforeSubagent, BeforeTool,
    Notification, PermissionRequested, SessionStarted,
};

fn hooked(config: SessionConfig, points: &[HookPoint]) -> Kernel {
    let mut kernel = Kernel::new(config);
    kernel.give(Input::SetHooks { points: points.iter().copied().collect() }).unwrap();
    kernel
}

/// A session whose model called these tools.
fn calling(config: SessionConfig, points: &[HookPoint], calls: &[&str]) -> (Kernel, Vec<String>) {
    let mut kernel = hooked(config, points);
    kernel.give(prompt(1, "Hi")).unwrap();
    let lines = kernel.lines(calls_of(1, 1, calls));
    (kernel, lines)
}

fn decided(point: HookPoint, about: HookSubject, decision: HookDecision) -> Input {
    Input::HooksDecided { point, about, decision: Box::new(decision) }
}

fn of_call(point: HookPoint, id: &str, decision: HookDecision) -> Input {
    decided(point, HookSubject::Call { call_id: call_id(id) }, decision)
}

fn says(verdict: HookVerdict) -> HookDecision {
    HookDecision::new(verdict, "words")
}

fn arguments(raw: &str) -> HookDecision {
    let arguments = ToolArguments::parse(raw);
    HookDecision::default().with_change(HookChange::Arguments { arguments })
}

const NOTHING: fn() -> HookDecision = HookDecision::default;

#[test]
fn without_hooks_nothing_is_different() {
    let mut kernel = Kernel::new(config());
    assert!(kernel.lines(Input::SetHooks { points: [].into() }).is_empty());
    assert_eq!(
        kernel.lines(prompt(1, "Hi")),
        ["prompt 1: Hi", "run 1 started", "model requested 1/1", "> call model 1/1"]
    );
}

#[test]
fn a_call_runs_once_hooks_let_it() {
    let (mut kernel, lines) = calling(config(), &[BeforeTool], &["a free", "b look"]);
    assert_eq!(
        lines[1..],
        [
            "call a requested: Idempotent free",
            "call b requested: Pure look",
            "> ask BeforeTool of a",
            "> ask BeforeTool of b"
        ]
    );
    assert_eq!(
        kernel.lines(of_call(BeforeTool, "b", NOTHING())),
        ["BeforeTool of b: Continue", "> run b"],
        "what changes nothing is not held"
    );
    assert_eq!(kernel.rejects(of_call(BeforeTool, "b", NOTHING())), Rejection::Stale);
    assert_eq!(kernel.lines(of_call(BeforeTool, "a", NOTHING())), ["BeforeTool of a: Continue", "> run a"]);
}

#[test]
fn a_call_holds_later_ones_while_hooks_are_asked_about_it() {
    let (mut kernel, _) = calling(config(), &[BeforeTool], &["a free", "b free"]);
    assert_eq!(kernel.lines(of_call(BeforeTool, "b", NOTHING())), ["BeforeTool of b: Continue"]);
    assert_eq!(
        kernel.lines(of_call(BeforeTool, "a", NOTHING())),
        ["BeforeTool of a: Continue", "> run a", "> run b"]
    );
}

#[test]
fn a_denial_is_a_result() {
    let (mut kernel, _) = calling(config(), &[BeforeTool], &["a look"]);
    assert_eq!(
        kernel.lines(of_call(BeforeTool, "a", says(HookVerdict::Deny))),
        [
            "BeforeTool of a: Deny",
            "call a denied by hook: Not run: a hook does not allow this call. It said: words",
            "model requested 1/2",
            "> call model 1/2"
        ]
    );
}

#[test]
fn hooks_and_rules_judge_together() {
    use HookVerdict::{Allow, Ask};
    let runs = "> run a";
    let asks = "call a asked about: A hook wants a person to be asked. It said: words";
    let table = [
        (PermissionMode::Default, "look", Ask, asks),
        (PermissionMode::Bypass, "change", Ask, asks),
        (PermissionMode::Default, "change", Allow, runs),
        (PermissionMode::Default, "wary", Allow, runs),
        (
            PermissionMode::DontAsk,
            "look",
            Ask,
            "call a denied by rule: Not run: a hook wants a person to be asked, and nobody may be. It said: words. Do \
             it another way.",
        ),
        (
            PermissionMode::Default,
            "banned",
            Allow,
            "call a denied by rule: Not run: the permission rules deny `banned`. Do it another way.",
        ),
        (
            PermissionMode::Default,
            "banned",
            Ask,
            "call a denied by rule: Not run: the permission rules deny `banned`. Do it another way.",
        ),
    ];
    for (mode, tool, verdict, expected) in table {
        let (mut kernel, _) = calling(with_mode(mode), &[BeforeTool], &[&format!("a {tool}")]);
        let lines = kernel.lines(of_call(BeforeTool, "a", says(verdict)));
        assert_eq!(lines[1], expected, "{mode:?} {tool} {verdict:?}");
    }
}

#[test]
fn changed_arguments_are_judged_shown_and_run() {
    let (mut kernel, _) = calling(config(), &[BeforeTool], &["a change {\"n\":1}"]);
    let lines = kernel.lines(of_call(BeforeTool, "a", arguments(r#"{"n":2}"#)));
    assert_eq!(
        lines[1],
        "call a asked about: `change` can change things and no rule allows it A hook changed its arguments to: \
         {\"n\":2}"
    );
    let decision = kernel.give(answer("a", PermissionAnswer::Allow)).unwrap();
    let tau_runtime::kernel::Effect::RunTool { call, .. } = &decision.effects[0] else { panic!("it runs") };
    assert_eq!(call.arguments.raw(), r#"{"n":2}"#);
    let said = kernel.state.history().messages()[1].tool_calls().next().unwrap().arguments.raw().to_owned();
    assert_eq!(said, r#"{"n":1}"#, "what the model said stays");
}

#[test]
fn hooks_may_answer_for_a_person() {
    let (mut kernel, lines) = calling(config(), &[PermissionRequested, Notification], &["a change"]);
    assert_eq!(lines[2..], ["call a waits at PermissionRequested", "> ask PermissionRequested of a"]);
    assert_eq!(
        kernel.rejects(answer("a", PermissionAnswer::Allow)),
        Rejection::NotWaiting(call_id("a")),
        "nobody was asked yet"
    );
    let mut asked = kernel.clone();
    assert_eq!(
        asked.lines(of_call(PermissionRequested, "a", NOTHING())),
        ["call a asked about: `change` can change things and no rule allows it", "> tell Notification of 9"]
    );
    let mut denied = kernel.clone();
    assert_eq!(
        denied.lines(of_call(PermissionRequested, "a", says(HookVerdict::Deny)))[1],
        "call a denied by hook: Not run: a hook does not allow this call. It said: words"
    );
    assert_eq!(
        kernel.lines(of_call(PermissionRequested, "a", says(HookVerdict::Allow))),
        ["PermissionRequested of a: Allow", "> run a"]
    );
}

#[test]
fn a_prompt_that_is_denied_never_reaches_the_model() {
    let mut kernel = hooked(config(), &[BeforePrompt]);
    assert_eq!(kernel.lines(prompt(1, "Hi")), ["prompt 1: Hi", "> ask BeforePrompt of run 1"]);
    assert_eq!(kernel.lines(prompt(2, "Ho")), ["prompt 2: Ho"], "it waits for the one before it");
    let about = |run| HookSubject::Run { run: run_id(run) };
    assert_eq!(
        kernel.lines(decided(BeforePrompt, about(1), says(HookVerdict::Deny))),
        [
            "BeforePrompt of run 1: Deny",
            "run 1 finished: Denied { message: \"words\" }",
            "> ask BeforePrompt of run 2"
        ]
    );
    let content = vec![ContentBlock::text("Hello")];
    let changed = HookDecision::default()
        .with_change(HookChange::Prompt { content, skill: None })
        .with_context([ContentBlock::text("It rains.")]);
    assert_eq!(
        kernel.lines(decided(BeforePrompt, about(2), changed)),
        [
            "BeforePrompt of run 2: Continue, changed",
            "run 2 started",
            "model requested 2/1",
            "> call model 2/1"
        ]
    );
    let said: Vec<String> = kernel.state.history().messages().iter().map(|message| message.text()).collect();
    assert_eq!(said, ["It rains.", "Hello"]);
}

#[test]
fn a_run_that_hooks_have_not_let_begin_is_cancelled_like_one_that_is_on() {
    let mut kernel = hooked(config(), &[BeforePrompt]);
    kernel.give(prompt(1, "Hi")).unwrap();
    kernel.give(prompt(2, "Ho")).unwrap();
    assert_eq!(
        kernel.lines(cancel(CancelScope::Run)),
        ["cancel Run", "run 1 finished: Cancelled", "> stop hooks of run 1", "> ask BeforePrompt of run 2"]
    );
}

#[test]
fn the_first_run_waits_for_what_hooks_say_of_the_start() {
    let mut kernel = Kernel::new(config());
    assert_eq!(
        kernel.lines(Input::SetHooks { points: [SessionStarted].into() }),
        ["hooks set", "> ask SessionStarted of session"]
    );
    assert_eq!(kernel.lines(prompt(1, "Hi")), ["prompt 1: Hi"]);
    let context = HookDecision::default().with_context([ContentBlock::text("It rains.")]);
    assert_eq!(
        kernel.lines(decided(SessionStarted, HookSubject::Session, context)),
        ["SessionStarted of session: Continue", "run 1 started", "model requested 1/1", "> call model 1/1"]
    );
    assert_eq!(kernel.state.history().messages()[0].text(), "It rains.");
    assert_eq!(kernel.rejects(decided(SessionStarted, HookSubject::Session, NOTHING())), Rejection::Stale);
}

#[test]
fn a_turn_may_be_denied_and_a_stop_may_be() {
    let turn = |turn| HookSubject::Turn { run: run_id(1), turn };
    let mut kernel = hooked(config(), &[BeforeModel, BeforeStop]);
    assert_eq!(kernel.lines(prompt(1, "Hi"))[1..], ["run 1 started", "> ask BeforeModel of 1/1"]);
    assert_eq!(
        kernel.lines(decided(BeforeModel, turn(1), NOTHING())),
        ["model requested 1/1", "> call model 1/1"],
        "what changes nothing is no event"
    );
    assert_eq!(kernel.rejects(decided(BeforeModel, turn(1), NOTHING())), Rejection::Stale);
    assert_eq!(kernel.lines(text(1, 1, "Done")), ["turn 1 replied: Done", "> ask BeforeStop of 1/1"]);
    assert_eq!(
        kernel.lines(decided(BeforeStop, turn(1), says(HookVerdict::Deny))),
        ["BeforeStop of 1/1: Deny", "> ask BeforeModel of 1/2"]
    );
    kernel.give(decided(BeforeModel, turn(2), NOTHING())).unwrap();
    assert_eq!(
        kernel.state.history().messages().last().unwrap().text(),
        "There is more to do before you stop. It said: words"
    );
    kernel.give(text(1, 2, "Done")).unwrap();
    assert_eq!(kernel.lines(decided(BeforeStop, turn(2), NOTHING())), ["run 1 finished: Completed"]);

    kernel.give(prompt(2, "More")).unwrap();
    let about = HookSubject::Turn { run: run_id(2), turn: 1 };
    assert_eq!(
        kernel.lines(decided(BeforeModel, about, says(HookVerdict::Deny))),
        ["BeforeModel of 2/1: Deny", "run 2 finished: Denied { message: \"words\" }"]
    );
}

#[test]
fn a_stop_is_denied_within_the_budget() {
    let mut config = config();
    config.budget.max_turns = Some(1);
    let mut kernel = hooked(config, &[BeforeStop]);
    kernel.give(prompt(1, "Hi")).unwrap();
    kernel.give(text(1, 1, "Done")).unwrap();
    let turn = HookSubject::Turn { run: run_id(1), turn: 1 };
    assert_eq!(
        kernel.lines(decided(BeforeStop, turn, says(HookVerdict::Deny))),
        ["BeforeStop of 1/1: Deny", "run 1 finished: TurnLimit { limit: 1 }"]
    );
}

fn replaced() -> HookDecision {
    let content = vec![ToolResultBlock::text("[removed]")];
    HookDecision::default().with_change(HookChange::Result { content, is_error: false })
}

fn results(kernel: &Kernel) -> Vec<String> {
    let last = kernel.state.history().messages().last().unwrap();
    last.tool_results().map(|result| result.text()).collect()
}

#[test]
fn the_model_reads_a_result_once_hooks_have() {
    let (mut kernel, _) = calling(config(), &[AfterTool], &["a look", "b look", "c banned"]);
    assert_eq!(kernel.lines(done("b")), ["call b succeeded: ok", "> ask AfterTool of b"]);
    assert_eq!(kernel.lines(of_call(AfterTool, "b", replaced())), ["AfterTool of b: Continue, changed"]);
    assert_eq!(kernel.lines(done("a")), ["call a succeeded: ok", "> ask AfterTool of a"]);
    assert_eq!(
        kernel.lines(of_call(AfterTool, "a", says(HookVerdict::Deny))),
        ["AfterTool of a: Deny, changed", "model requested 1/2", "> call model 1/2"]
    );
    assert_eq!(
        results(&kernel),
        [
            "Withheld: a hook does not let this result be read. It said: words",
            "[removed]",
            "Not run: the permission rules deny `banned`. Do it another way."
        ]
    );
}

#[test]
fn a_result_that_hooks_have_not_seen_is_withheld_when_the_run_is_cancelled() {
    let (mut kernel, _) = calling(config(), &[AfterTool], &["a look"]);
    kernel.give(done("a")).unwrap();
    let lines = kernel.lines(cancel(CancelScope::Run));
    assert_eq!(
        lines,
        [
            "cancel Run",
            "AfterTool of a: Deny, changed",
            "run 1 finished: Cancelled",
            "> stop hooks of run 1",
            "> stop model"
        ]
    );
    assert!(results(&kernel)[0].starts_with("Withheld:"), "{:?}", results(&kernel));
    assert_eq!(kernel.rejects(of_call(AfterTool, "a", replaced())), Rejection::Stale);
}

#[test]
fn a_subagent_is_asked_about_twice_and_begins_with_the_changed_prompt() {
    let mut config = with_people();
    config.subagent_depth = 1;
    config.permissions.allow.push("task".to_owned());
    let points = [BeforeTool, BeforeSubagent, AfterSubagent];
    let (mut kernel, lines) = calling(config, &points, &["a task {\"prompt\":\"Look\"}"]);
    assert_eq!(lines[2..], ["> ask BeforeTool of a"]);
    assert_eq!(
        kernel.lines(of_call(BeforeTool, "a", NOTHING())),
        ["BeforeTool of a: Continue", "> ask BeforeSubagent of a"]
    );
    let content = vec![ContentBlock::text("Look well")];
    let changed = HookDecision::default().with_change(HookChange::Prompt { content, skill: None });
    assert_eq!(
        kernel.lines(of_call(BeforeSubagent, "a", changed)),
        [
            "BeforeSubagent of a: Continue, changed",
            "subagent of a started",
            "> start subagent of a: Look well"
        ]
    );
    let child = kernel.state.subagents().next().unwrap();
    let report =
        tau_runtime::kernel::SubagentReport::new(child, tau_core::event::RunOutcome::Completed, "Seen");
    let lines = kernel.lines(Input::SubagentFinished(Box::new(report)));
    assert_eq!(lines[2..], ["> ask AfterSubagent of a"]);
    assert_eq!(
        kernel.lines(of_call(AfterSubagent, "a", NOTHING())),
        ["AfterSubagent of a: Continue", "model requested 1/2", "> call model 1/2"]
    );
}

/// Of every prefix of a journal with hooks: it is folded to what can be taken up, what was not decided is asked about
/// again, and nothing runs that is not decided.
#[test]
fn what_is_not_decided_is_asked_about_again() {
    let mut events = Vec::new();
    let mut state = State::default();
    let points = [SessionStarted, BeforePrompt, BeforeTool, AfterTool];
    let inputs = [
        Input::Create(Box::new(config())),
        Input::SetHooks { points: points.into() },
        prompt(1, "Hi"),
        decided(SessionStarted, HookSubject::Session, NOTHING()),
        decided(BeforePrompt, HookSubject::Run { run: run_id(1) }, NOTHING()),
        calls_of(1, 1, &["a free"]),
        of_call(BeforeTool, "a", arguments("{\"n\":2}")),
        done("a"),
    ];
    for input in inputs {
        let decision = tau_runtime::kernel::decide(&state, input).unwrap();
        decision.events.iter().for_each(|event| state.apply(event));
        events.extend(decision.events);
    }
    let kinds: Vec<&str> = events.iter().map(|event| event.kind()).collect();
    assert_eq!(
        kinds,
        [
            "session_created",
            "hooks_set",
            "prompt_submitted",
            "hooks_decided",
            "run_started",
            "model_requested",
            "model_replied",
            "tool_requested",
            "hooks_decided",
            "tool_finished",
        ]
    );
    let resumed = |kept: usize| {
        let mut kernel = Kernel { state: State::fold(&events[..kept]) };
        kernel.lines(Input::Resume).into_iter().filter(|line| line.starts_with('>')).collect::<Vec<_>>()
    };
    let started = "> ask SessionStarted of session";
    assert_eq!(resumed(2), [started]);
    assert_eq!(resumed(3), [started], "the prompt waits for that");
    assert_eq!(resumed(4), [started], "of the new writer's start");
    assert_eq!(resumed(5), [started, "> call model 1/1"]);
    assert_eq!(resumed(6), [started, "> call model 1/1"]);
    assert_eq!(resumed(7), [started, "> ask BeforeTool of a"]);
    assert_eq!(resumed(8), [started, "> ask BeforeTool of a"]);
    assert_eq!(resumed(9), [started, "> run a"]);
    assert_eq!(resumed(10), [started, "> ask AfterTool of a"]);
}
