//! Kinds of subagents: how a session of one differs from the session that starts it.

use std::collections::{BTreeMap, BTreeSet};

use tau_core::config::PermissionMode;
use tau_core::event::{AgentProfile, CancelScope, HookPoint, ModelChoice, RunOutcome, SessionConfig};
use tau_runtime::kernel::{Decision, Effect, Input, SubagentReport};
use tau_runtime::loop_tools;

use super::support::{Kernel, calls_of, cancel, prompt, text, with_people};

const REVIEW: &str = r#"a task {"prompt":"Look around","agent":"reviewer"}"#;

fn with_agents(agents: impl IntoIterator<Item = (&'static str, AgentProfile)>) -> SessionConfig {
    let mut config = with_people();
    config.system = "You do anything.".to_owned();
    config.agents = agents.into_iter().map(|(name, profile)| (name.to_owned(), profile)).collect();
    config
}

fn reviewer(change: impl FnOnce(&mut AgentProfile)) -> (&'static str, AgentProfile) {
    let mut profile = AgentProfile::new("Reviews");
    change(&mut profile);
    ("reviewer", profile)
}

/// The configuration of the one subagent that a decision starts.
fn started(decision: &Decision) -> SessionConfig {
    let mut started = decision.effects.iter().filter_map(|effect| match effect {
        Effect::StartSubagent { config, .. } => Some((**config).clone()),
        _ => None,
    });
    started.next().expect("a subagent starts")
}

#[test]
fn a_kind_has_instructions_tools_a_model_and_turns_of_its_own() {
    let config = with_agents([reviewer(|profile| {
        profile.system = "You review.".to_owned();
        profile.tools = Some(["look", "free", "unheard of"].map(str::to_owned).into());
        profile.model = Some(ModelChoice::new("test/small"));
        profile.max_turns = Some(5);
    })]);
    let child = started(&Kernel::asking(config).give(calls_of(1, 1, &[REVIEW])).unwrap());
    let tools: BTreeSet<_> = child.tools.iter().map(|tool| tool.definition.name.as_str()).collect();
    assert_eq!((child.system.as_str(), child.model.as_str()), ("You review.", "test/small"));
    assert_eq!(tools, BTreeSet::from(["free", "look"]), "a tool that the session has not, it has not either");
    assert_eq!(child.budget.max_turns, Some(5));
    assert_eq!(child.agents, BTreeMap::new(), "it starts none");
}

#[test]
fn without_a_kind_a_subagent_is_as_the_session() {
    let config = with_agents([reviewer(|profile| profile.system = "You review.".to_owned())]);
    for call in [r#"a task {"prompt":"Look"}"#, r#"a task {"prompt":"Look","agent":"general-purpose"}"#] {
        let child = started(&Kernel::asking(config.clone()).give(calls_of(1, 1, &[call])).unwrap());
        assert_eq!((child.system.as_str(), child.model.as_str()), ("You do anything.", "test/m"), "{call}");
    }
}

#[test]
fn a_kind_that_is_not_there_is_told_with_those_that_are() {
    let mut kernel = Kernel::asking(with_agents([reviewer(|_| {})]));
    let lines = kernel.lines(calls_of(1, 1, &[r#"a task {"prompt":"Look","agent":"revewer"}"#]));
    assert_eq!(
        lines[2],
        "call a failed: There is no subagent `revewer`. There are: reviewer, general-purpose."
    );
}

#[test]
fn what_the_model_is_told_of_kinds_is_bounded() {
    let profile = |number: usize| (format!("{number:0>256}"), AgentProfile::new("Reviews. ".repeat(200)));
    let agents: BTreeMap<_, _> = (0..1_000).map(profile).collect();
    let told = loop_tools::task(&agents).definition.description;
    assert!(told.len() < 14_200, "{} bytes", told.len());
    assert!(told.ends_with(" more\n"), "{}", &told[told.len() - 300..]);
    let mut config = with_agents([]);
    config.agents = agents;
    let lines = Kernel::asking(config).lines(calls_of(1, 1, &[r#"a task {"prompt":"Look","agent":"x"}"#]));
    assert!(lines[2].len() < 2_100 && lines[2].ends_with(" and 994 more."), "{}", lines[2]);
}

#[test]
fn no_kind_may_do_more_than_the_session() {
    use PermissionMode::{AcceptEdits, Bypass, Default, DontAsk, Plan};
    let all = [Default, AcceptEdits, Plan, DontAsk, Bypass];
    let rows = [
        (Default, [Default, Default, Plan, DontAsk, Default]),
        (AcceptEdits, [Default, AcceptEdits, Plan, DontAsk, AcceptEdits]),
        (Plan, [Plan, Plan, Plan, Plan, Plan]),
        (DontAsk, [DontAsk, DontAsk, DontAsk, DontAsk, DontAsk]),
        (Bypass, [Default, AcceptEdits, Plan, DontAsk, Bypass]),
    ];
    for (mode, expected) in rows {
        let modes = all.map(|wanted| {
            let mut config = with_agents([reviewer(|profile| profile.mode = Some(wanted))]);
            config.permissions.mode = Some(mode);
            let child = started(&Kernel::asking(config).give(calls_of(1, 1, &[REVIEW])).unwrap());
            child.permissions.mode.unwrap_or_default()
        });
        assert_eq!(modes, expected, "below {mode:?}");
    }
}

#[test]
fn a_run_starts_so_many_subagents_and_no_more() {
    let mut config = with_people();
    config.subagent_limit = 2;
    let calls: Vec<String> = (0..3).map(|n| format!(r#"c{n} task {{"prompt":"Look"}}"#)).collect();
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    let mut kernel = Kernel::asking(config);
    let lines = kernel.lines(calls_of(1, 1, &calls));
    let refused =
        "call c2 denied by rule: Not run: 2 subagents are all that one run may start. Do the work yourself.";
    assert_eq!(lines.iter().filter(|line| line.contains("subagent of")).count(), 4, "{lines:?}");
    assert!(lines.iter().any(|line| line == refused), "{lines:?}");
}

#[test]
fn the_model_is_told_of_the_kinds_within_bounds() {
    let none = loop_tools::task(&BTreeMap::new());
    assert!(none.definition.parameters["properties"].get("agent").is_none());
    let profile = |text: &str| AgentProfile::new(text);
    let agents = BTreeMap::from([
        ("reviewer".to_owned(), profile("Reviews\n a  change")),
        ("writer".to_owned(), profile(&"w".repeat(5_000))),
    ]);
    let text = loop_tools::task(&agents).definition.description.to_string();
    assert!(text.contains("\n- reviewer: Reviews a change\n- writer: www"), "{text}");
    let many = (0..100).map(|n| (format!("agent-{n:03}"), profile(&"x".repeat(1_000)))).collect();
    let text = loop_tools::task(&many).definition.description.to_string();
    assert!(text.len() < 14_000 && text.contains("agent-099"), "{} {text}", text.len());
}

const AWAY: &str = r#"a task {"prompt":"Look around","background":true}"#;

fn report(kernel: &Kernel) -> Input {
    let child = kernel.state.subagents().next().expect("a subagent is at work");
    Input::SubagentFinished(Box::new(SubagentReport::new(child, RunOutcome::Completed, "I saw it")))
}

#[test]
fn a_subagent_in_the_background_keeps_the_run_and_not_the_model() {
    let mut kernel = Kernel::asking(with_people());
    let lines = kernel.lines(calls_of(1, 1, &[AWAY]));
    assert_eq!(
        lines[2..],
        [
            "subagent of a started",
            "call a succeeded: The subagent works in the background. Go on with what does not need it; its report comes by itself.",
            "model requested 1/2",
            "> start subagent of a: Look around",
            "> call model 1/2"
        ]
    );
    assert_eq!(kernel.lines(text(1, 2, "I wait")), ["turn 2 replied: I wait"], "the run waits for it");
    let lines = kernel.lines(report(&kernel));
    assert_eq!(
        lines[1..],
        ["subagent finished: Completed, 0 turns, 0 tokens", "model requested 1/3", "> call model 1/3"]
    );
    let last = kernel.state.history().messages().last().unwrap().text();
    assert_eq!(last, "The subagent of the call a has ended. It reports:\n\nI saw it");
    assert_eq!(kernel.lines(text(1, 3, "Done")).last().unwrap(), "run 1 finished: Completed");
}

#[test]
fn what_is_reported_while_the_model_speaks_is_read_before_its_last_word() {
    let mut kernel = Kernel::asking(with_people());
    kernel.give(calls_of(1, 1, &[AWAY])).unwrap();
    let lines = kernel.lines(report(&kernel));
    assert_eq!(lines.len(), 2, "nothing is asked while the model is: {lines:?}");
    assert_eq!(kernel.lines(text(1, 2, "Done"))[1..], ["model requested 1/3", "> call model 1/3"]);
    assert_eq!(kernel.lines(text(1, 3, "Done")).last().unwrap(), "run 1 finished: Completed");
}

#[test]
fn a_run_that_ends_takes_its_subagents_in_the_background_along() {
    let mut kernel = Kernel::asking(with_people());
    kernel.give(calls_of(1, 1, &[AWAY])).unwrap();
    let lines = kernel.lines(cancel(CancelScope::Run));
    assert_eq!(lines.last().unwrap(), "> stop subagent");
    let lines = kernel.lines(report(&kernel));
    assert_eq!(
        lines,
        ["subagent finished: Completed, 0 turns, 0 tokens"],
        "it says what it spent, and no more"
    );
}

#[test]
fn a_subagent_in_the_background_goes_on_after_a_crash() {
    let mut kernel = Kernel::asking(with_people());
    kernel.give(calls_of(1, 1, &[AWAY])).unwrap();
    kernel.give(text(1, 2, "I wait")).unwrap();
    let lines = kernel.lines(Input::Resume);
    assert_eq!(lines.last().unwrap(), "> start subagent of a: Look around", "{lines:?}");
    let lines = kernel.lines(report(&kernel));
    assert_eq!(lines.last().unwrap(), "> call model 1/3");
}

#[test]
fn what_hooks_look_at_is_waited_for() {
    let mut kernel = Kernel::new(with_people());
    kernel.give(Input::SetHooks { points: [HookPoint::AfterSubagent].into() }).unwrap();
    kernel.give(prompt(1, "Hi")).unwrap();
    let lines = kernel.lines(calls_of(1, 1, &[AWAY]));
    assert_eq!(lines[2..], ["subagent of a started", "> start subagent of a: Look around"]);
}
