//! Plans: proposed by the model, decided about by a person.

use tau_core::config::PermissionMode;
use tau_core::event::PlanAnswer;
use tau_runtime::kernel::{Effect, Input, decide};

use super::support::{Kernel, call_id, calls_of, with_people};

fn decides(answer: PlanAnswer) -> Input {
    Input::PlanAnswer { call_id: call_id("a"), answer }
}

#[test]
fn the_plan_in_force_is_the_one_that_a_person_let_pass() {
    let edit = PlanAnswer::Edit { plan: "1. Ask".to_owned() };
    let reject = PlanAnswer::Reject { message: "Too bold".to_owned() };
    let table = [
        (PlanAnswer::Approve, Some("1. Look"), "call a succeeded: The user approves the plan. Carry it out."),
        (edit, Some("1. Ask"), "call a succeeded: The user changed the plan. Carry this one out:\n\n1. Ask"),
        (reject, None, "call a denied by person: The user rejects the plan. They said: Too bold"),
        (
            PlanAnswer::NobodyToAsk,
            None,
            "call a denied by nobody: Not decided: nobody is there to decide about a plan. Change nothing; say what you would do.",
        ),
    ];
    for (answer, plan, told) in table {
        let mut kernel = Kernel::calling(with_people(), &[r#"a propose {"plan":"1. Look"}"#, "b free"]);
        let lines = kernel.lines(decides(answer.clone()));
        assert_eq!(lines[1], told);
        assert_eq!(lines[2], "> run b", "what changes things waits for the decision");
        assert_eq!(kernel.state.plan(), plan, "{answer:?}");
    }
}

#[test]
fn a_rejected_plan_leaves_the_one_before_in_force() {
    let mut kernel = Kernel::calling(with_people(), &[r#"a propose {"plan":"1. Look"}"#]);
    kernel.give(decides(PlanAnswer::Approve)).unwrap();
    kernel.give(super::support::calls_of(1, 2, &[r#"b propose {"plan":"2. Leap"}"#])).unwrap();
    let reject = PlanAnswer::Reject { message: String::new() };
    kernel.give(Input::PlanAnswer { call_id: call_id("b"), answer: reject }).unwrap();
    assert_eq!(kernel.state.plan(), Some("1. Look"));
}

#[test]
fn a_plan_of_nothing_is_none() {
    let mut kernel = Kernel::asking(with_people());
    let lines = kernel.lines(super::support::calls_of(1, 1, &[r#"a propose {"plan":""}"#]));
    assert_eq!(lines[2], "call a failed: There is no plan: give it as text in `plan`.");
}

#[test]
fn of_two_plans_proposed_at_once_the_approved_one_is_in_force() {
    let calls = [r#"a propose {"plan":"1. Look"}"#, r#"b propose {"plan":"2. Leap"}"#];
    let mut kernel = Kernel::calling(with_people(), &calls);
    kernel.give(decides(PlanAnswer::Approve)).unwrap();
    let reject = PlanAnswer::Reject { message: String::new() };
    kernel.give(Input::PlanAnswer { call_id: call_id("b"), answer: reject }).unwrap();
    assert_eq!(kernel.state.plan(), Some("1. Look"));
}

/// The journal ends between the answer and the result of its call, so that the call goes on waiting.
#[test]
fn a_plan_whose_answer_was_torn_is_decided_by_the_answer_after() {
    let approve = || PlanAnswer::Approve;
    let edit = || PlanAnswer::Edit { plan: "1. Ask".to_owned() };
    let reject = || PlanAnswer::Reject { message: String::new() };
    let table = [
        (approve(), reject(), None),
        (edit(), reject(), None),
        (edit(), approve(), Some("1. Look")),
        (reject(), approve(), Some("1. Look")),
    ];
    for (torn, answer, plan) in table {
        let mut kernel = Kernel::calling(with_people(), &[r#"a propose {"plan":"1. Look"}"#]);
        let decision = decide(&kernel.state, decides(torn.clone())).unwrap();
        kernel.state.apply(&decision.events[0]);
        kernel.give(Input::Resume).unwrap();
        assert_eq!(kernel.state.plan(), None, "{torn:?} is not in force");
        kernel.give(decides(answer.clone())).unwrap();
        assert_eq!(kernel.state.plan(), plan, "{torn:?}, then {answer:?}");
    }
}

#[test]
fn a_session_that_plans_changes_nothing_until_a_person_approves() {
    let mut config = with_people();
    config.permissions.mode = Some(PermissionMode::Plan);
    config.permissions.allow.push("change".to_owned());
    let mut kernel = Kernel::asking(config);
    let lines = kernel.lines(calls_of(1, 1, &["x change", r#"a propose {"plan":"1. Look"}"#]));
    assert!(lines.iter().any(|line| line.starts_with("call x denied by rule")), "{lines:?}");
    let lines = kernel.lines(decides(PlanAnswer::Approve));
    assert_eq!(lines.last().unwrap(), "> call model 1/2");
    let decision = kernel.lines(calls_of(1, 2, &["y change", r#"t task {"prompt":"Do it"}"#]));
    assert!(decision.iter().any(|line| line == "> run y"), "{decision:?}");
}

#[test]
fn a_subagent_plans_while_the_session_does() {
    let mut config = with_people();
    config.permissions.mode = Some(PermissionMode::Plan);
    let mut kernel = Kernel::asking(config);
    let decision = kernel.give(calls_of(1, 1, &[r#"t task {"prompt":"Look"}"#])).unwrap();
    let modes: Vec<_> = decision
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::StartSubagent { config, .. } => Some(config.permissions.mode),
            _ => None,
        })
        .collect();
    assert_eq!(modes, [Some(PermissionMode::Plan)]);
}
