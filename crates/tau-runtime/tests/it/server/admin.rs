//! What operators ask.

use tau_proto::runtime::v1 as pb;

use super::support::{Served, prompt};
use crate::attach::environment::provider::hello;
use crate::attach::hooks::{deciding, guard};
use crate::attach::support::Extension;
use crate::driver::support::in_time;

async fn validated(served: &Served, environment: Option<&str>) -> pb::ValidateConfigResponse {
    let provider = environment.map(|id| pb::environment_config::Environment::Provider(id.to_owned()));
    let environment =
        provider.map(|one| pb::EnvironmentConfig { environment: Some(one), ..Default::default() });
    let config = pb::SessionConfig { environment: environment.into(), ..Default::default() };
    let request = pb::ValidateConfigRequest {
        config: Some(pb::validate_config_request::Config::from(config)),
        ..Default::default()
    };
    in_time(served.admin.validate_config(request)).await.unwrap().into_owned()
}

/// The environment of an extension is not opened to see whether a session could be made.
#[tokio::test(start_paused = true)]
async fn a_provider_is_looked_for_and_not_asked() {
    let served = Served::new();
    let none = validated(&served, None).await;
    assert!(none.problems.is_empty() && none.resolved.is_set(), "{none:?}");
    let missing = validated(&served, Some("box")).await;
    let paths: Vec<&str> = missing.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["config.environment"]);
    assert_eq!(missing.problems[0].kind, pb::ConfigProblemKind::UnknownName);
    assert!(!missing.resolved.is_set());

    let hub = served.process.runtime.attachments().clone();
    let (mut extension, _) = Extension::attach(&hub, hello("box")).await;
    for environment in [Some("box"), None] {
        let there = validated(&served, environment).await;
        assert!(there.problems.is_empty() && !there.resolved.is_set(), "{there:?}");
    }
    extension.hears_nothing().await;
}

/// A session is asked for something, and the hook that guards it fails.
#[tokio::test(start_paused = true)]
async fn hooks_that_fail_are_told_of() {
    let mut served = Served::new();
    let hub = served.process.runtime.attachments().clone();
    // The second would block too, but there is nothing to deny any more where it is asked.
    let hooks =
        vec![guard("no-looking", pb::HookPoint::BeforeTool), guard("told", pb::HookPoint::AfterModel)];
    let (mut extension, _) = Extension::attach(&hub, deciding("watcher", hooks)).await;
    let diagnose = async || {
        let request = pb::GetDiagnosticsRequest::default();
        in_time(served.admin.get_diagnostics(request)).await.unwrap().into_owned()
    };
    assert!(diagnose().await.hooks.is_empty());
    let session = served.create().await;
    let _run = served.run(prompt(session, "Look")).await.unwrap();
    served.process.model.asked().await.call(&[("a", "look", "{}")]);
    for _ in 0..2 {
        let call = extension.question().await;
        let Some(pb::call::Call::AskHook(ask)) = &call.call else { panic!("{call:?}") };
        assert!(["no-looking", "told"].contains(&ask.hook.as_str()), "{ask:?}");
        extension.fail(&call, pb::CallFailureKind::Internal, "out of order").await;
    }
    let _after = served.process.model.asked().await;
    let told = diagnose().await;
    let hooks: Vec<_> = told
        .hooks
        .iter()
        .map(|hook| (hook.name.as_str(), hook.asked, hook.failed, hook.denied, hook.is_failing))
        .collect();
    assert_eq!(hooks, [("no-looking", 1, 1, 1, true), ("told", 1, 1, 0, true)]);
    let failing = &told.hooks[0];
    assert_eq!(
        (failing.client_id.as_str(), failing.on_failure),
        ("watcher", pb::HookFailurePolicy::Block.into())
    );
    assert_eq!(failing.last_failure, "it failed: CALL_FAILURE_KIND_INTERNAL out of order");
    assert!(failing.last_failed.is_set());
    let findings: Vec<_> =
        told.findings.iter().map(|one| (one.severity, one.check.as_str(), one.message.as_str())).collect();
    let message = |hook: &str, denied: u32| {
        format!(
            "the hook {hook} failed 1 of 1 times, which counted as a denial {denied} times; the last time it failed: \
             CALL_FAILURE_KIND_INTERNAL out of order"
        )
    };
    let [guards, tells] = [
        message("`no-looking` of `watcher` at BeforeTool", 1),
        message("`told` of `watcher` at AfterModel", 0),
    ];
    let expected =
        [(pb::Severity::Bad.into(), "hook", &*guards), (pb::Severity::Note.into(), "hook", &*tells)];
    assert_eq!(findings, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_is_counted() {
    let mut served = Served::new();
    let session = served.create().await;
    let subscribe =
        pb::SubscribeRequest { selector: Some(pb::SessionSelector::default()).into(), ..Default::default() };
    let subscription = served.subscribe(subscribe).await.unwrap();
    let run = served.run(prompt(session, "Hi")).await.unwrap();
    let _asked = served.process.model.asked().await;
    let status = async || {
        let request = pb::GetDiagnosticsRequest::default();
        let told = in_time(served.admin.get_diagnostics(request)).await.unwrap().into_owned();
        told.process.into_option().unwrap()
    };
    let on = pb::ProcessStatus { sessions: 1, runs: 1, subscriptions: 2, events: 4, ..Default::default() };
    assert_eq!(status().await, on);
    drop((subscription, run));
    assert_eq!(status().await, pb::ProcessStatus { subscriptions: 0, ..on });
}
