//! Skills in use: what a run may do because of them, and what no compaction loses.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tau_core::event::{
    EventBody, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, SessionConfig, SkillProfile,
    ToolKind, ToolOutcome, ToolSpec,
};
use tau_core::{ContentBlock, EffectClass, HumanDuration, ToolDefinition, ToolResult, ToolResultBlock};
use tau_runtime::kernel::{Input, State};

use super::support::{Kernel, call_id, calls_of, config, prompt, run_id, text};

/// The same session with a tool that gives skills; `mend` lets `change` run.
fn with_skills() -> SessionConfig {
    let mut config = config();
    let definition = ToolDefinition::new("skill", "", json!({"type": "object"}));
    config.tools.push(ToolSpec::new(definition, EffectClass::Pure).with_kind(ToolKind::Skill));
    config.skills.insert("mend".to_owned(), SkillProfile::new(["change"]));
    config.skills.insert("sneak".to_owned(), SkillProfile::new(["banned", "wary"]));
    config
}

fn ended(id: &str, outcome: ToolOutcome, said: &str) -> Input {
    let result = ToolResult::success(call_id(id), [ToolResultBlock::text(said)]);
    Input::ToolFinished { outcome, result, elapsed: HumanDuration::from(Duration::ZERO) }
}

/// A session whose model used a skill.
fn using(skill: &str, outcome: ToolOutcome) -> Kernel {
    let mut kernel = Kernel::asking(with_skills());
    kernel.give(calls_of(1, 1, &[&format!(r#"s skill {{"name":"{skill}"}}"#)])).unwrap();
    kernel.give(ended("s", outcome, "How to")).unwrap();
    kernel
}

fn in_use(state: &State) -> Vec<(&str, &str)> {
    state.skills_in_use().collect()
}

/// What happens with a call of a tool in the next turn.
fn next(kernel: &mut Kernel, run: u128, turn: u32, tool: &str) -> String {
    kernel.lines(calls_of(run, turn, &[&format!("x{turn} {tool}")])).swap_remove(2)
}

#[test]
fn what_a_skill_allows_runs_unasked_until_the_run_ends() {
    let mut kernel = using("mend", ToolOutcome::Succeeded);
    assert_eq!(in_use(&kernel.state), [("mend", "How to")]);
    assert_eq!(next(&mut kernel, 1, 2, "change"), "> run x2");
    kernel.give(ended("x2", ToolOutcome::Succeeded, "")).unwrap();
    kernel.give(text(1, 3, "Done")).unwrap();
    kernel.give(prompt(2, "Again")).unwrap();
    assert!(next(&mut kernel, 2, 1, "change").starts_with("call x1 asked about"), "it was for one run");
    assert_eq!(in_use(&kernel.state), [("mend", "How to")], "what it says stays");
}

#[test]
fn a_skill_that_was_not_given_allows_nothing() {
    let mut failed = using("mend", ToolOutcome::Failed);
    assert!(next(&mut failed, 1, 2, "change").starts_with("call x2 asked about"));
    assert_eq!(in_use(&failed.state), []);
    let mut unknown = using("unheard of", ToolOutcome::Succeeded);
    assert!(next(&mut unknown, 1, 2, "change").starts_with("call x2 asked about"));
}

#[test]
fn what_rules_deny_or_ask_no_skill_allows() {
    let mut kernel = using("sneak", ToolOutcome::Succeeded);
    assert!(next(&mut kernel, 1, 2, "banned").starts_with("call x2 denied by rule"));
    let mut kernel = using("sneak", ToolOutcome::Succeeded);
    assert!(next(&mut kernel, 1, 2, "wary").starts_with("call x2 asked about"));
}

#[test]
fn hooks_may_put_a_skill_in_the_place_of_a_prompt() {
    let mut kernel = Kernel::new(with_skills());
    kernel.give(Input::SetHooks { points: [HookPoint::BeforePrompt].into() }).unwrap();
    kernel.give(prompt(1, "/mend it")).unwrap();
    assert_eq!(in_use(&kernel.state), [], "hooks are asked");
    let content = vec![ContentBlock::text("How to mend it")];
    let change = HookChange::Prompt { content, skill: Some("mend".to_owned()) };
    let (point, about) = (HookPoint::BeforePrompt, HookSubject::Run { run: run_id(1) });
    let decision = Box::new(HookDecision::default().with_change(change));
    kernel.give(Input::HooksDecided { point, about, decision }).unwrap();
    assert_eq!(in_use(&kernel.state), [("mend", "How to mend it")]);
    assert_eq!(kernel.state.history().messages()[0].text(), "How to mend it");
    assert_eq!(next(&mut kernel, 1, 1, "change"), "> run x1");
}

#[test]
fn a_subagent_may_do_what_the_skill_of_its_run_allows() {
    let mut config = with_skills();
    config
        .tools
        .extend(super::support::with_people().tools.into_iter().filter(|t| t.kind == ToolKind::Subagent));
    let mut kernel = Kernel::asking(config);
    kernel.give(calls_of(1, 1, &[r#"s skill {"name":"mend"}"#])).unwrap();
    kernel.give(ended("s", ToolOutcome::Succeeded, "How to")).unwrap();
    let decision = kernel.give(calls_of(1, 2, &[r#"t task {"prompt":"Mend"}"#])).unwrap();
    let allowed = decision.effects.iter().find_map(|effect| match effect {
        tau_runtime::kernel::Effect::StartSubagent { config, .. } => Some(config.permissions.allow.clone()),
        _ => None,
    });
    assert_eq!(allowed.unwrap(), ["free", "change"]);
}

#[test]
fn what_hooks_keep_from_the_model_is_not_kept_for_later() {
    let decided = |decision: HookDecision| {
        let mut kernel = Kernel::new(with_skills());
        kernel.give(Input::SetHooks { points: [HookPoint::AfterTool].into() }).unwrap();
        kernel.give(prompt(1, "Hi")).unwrap();
        kernel.give(calls_of(1, 1, &[r#"s skill {"name":"mend"}"#])).unwrap();
        kernel.give(ended("s", ToolOutcome::Succeeded, "A secret")).unwrap();
        let (point, about) = (HookPoint::AfterTool, HookSubject::Call { call_id: call_id("s") });
        kernel.give(Input::HooksDecided { point, about, decision: Box::new(decision) }).unwrap();
        let change = next(&mut kernel, 1, 2, "change");
        (in_use(&kernel.state).into_iter().map(|(_, text)| text.to_owned()).collect::<Vec<_>>(), change)
    };
    let content = vec![ToolResultBlock::text("Withheld")];
    let changed = HookDecision::default().with_change(HookChange::Result { content, is_error: false });
    assert_eq!(decided(changed), (vec!["Withheld".to_owned()], "> run x2".to_owned()));
    let (texts, change) = decided(HookDecision::new(HookVerdict::Deny, "No"));
    assert_eq!(texts, Vec::<String>::new());
    assert!(change.starts_with("call x2 asked about"), "{change}");
}

proptest! {
    /// However many skills are used and however long they are, what is kept is bounded, the newest use of each is what
    /// counts, and the latest is always there.
    #[test]
    fn what_is_kept_is_bounded(uses in proptest::collection::vec((0_u8..12, 0_usize..60_000), 1..20)) {
        let mut state = State::default();
        state.apply(&EventBody::SessionCreated(Box::new(with_skills())));
        for (number, (name, length)) in uses.iter().enumerate() {
            let run = run_id(number as u128);
            let content = vec![ContentBlock::text("é".repeat(*length / 2))];
            let change = HookChange::Prompt { content, skill: Some(format!("s{name}")) };
            let (point, about) = (HookPoint::BeforePrompt, HookSubject::Run { run });
            let decision = Box::new(HookDecision::default().with_change(change));
            state.apply(&EventBody::HooksDecided { point, about, decision });
            state.apply(&EventBody::RunStarted { run });
        }
        let kept = in_use(&state);
        let names: std::collections::BTreeSet<_> = kept.iter().map(|(name, _)| *name).collect();
        prop_assert_eq!(names.len(), kept.len());
        prop_assert!(kept.iter().all(|(_, text)| text.len() <= 20_100));
        prop_assert!(kept.iter().map(|(_, text)| text.len()).sum::<usize>() <= 100_000);
        let last = format!("s{}", uses.last().unwrap().0);
        prop_assert_eq!(kept.last().map(|(name, _)| *name), Some(last.as_str()));
    }
}
