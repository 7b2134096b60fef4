//! Whose environment a session gets.

use std::time::Duration;

use tau_proto::runtime::v1::{CallFailureKind, Hello, SessionSelector, environment_operation::Operation};
use tau_runtime::Journals;
use tau_runtime::attach::{Attachments, AttachmentsOptions, ProvideError};
use tau_tools::environment::{CommandSpec, Environment, EnvironmentErrorKind, GlobQuery, WorkspacePath};

use super::played::{answer, open, operation};
use super::provider::hello;
use crate::attach::support::{Extension, in_time, session};

fn at(priority: i32, hello: Hello) -> Hello {
    let mut hello = hello;
    hello.roles[0].priority = priority;
    hello
}

#[tokio::test(start_paused = true)]
async fn the_one_with_the_highest_priority_that_is_for_the_session() {
    let hub = Attachments::default();
    assert_eq!(hub.environment_for(&session()), None);
    let (_low, _) = Extension::attach(&hub, at(-1, hello("a"))).await;
    assert_eq!(hub.environment_for(&session()).as_deref(), Some("a"));
    let (_second, _) = Extension::attach(&hub, hello("c")).await;
    let (_first, _) = Extension::attach(&hub, hello("b")).await;
    assert_eq!(hub.environment_for(&session()).as_deref(), Some("b"));
    let mut coders = at(5, hello("d"));
    let agents = vec!["coder".to_owned()];
    coders.roles[0].selector = SessionSelector { agents, ..Default::default() }.into();
    let (_coders, _) = Extension::attach(&hub, coders).await;
    assert_eq!(hub.environment_for(&session()).as_deref(), Some("b"));
    assert_eq!(hub.environment_for(&session().with_agent("coder")).as_deref(), Some("d"));
    // One that is not for the session is not there for it, though it be named.
    let error = hub.open_environment(&session(), "d").await.unwrap_err();
    assert!(matches!(error, ProvideError::NotAttached(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_attached_is_an_error_at_once() {
    let hub = Attachments::default();
    let start = tokio::time::Instant::now();
    let error = hub.open_environment(&session(), "box").await.unwrap_err();
    assert_eq!(error.to_string(), "no extension `box` is attached that gives this session an environment");
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn it_is_opened_for_the_session_and_told_whose_calls_are_its() {
    let hub = Attachments::default();
    let (mut extension, _) = Extension::attach(&hub, hello("box")).await;
    let metadata = [("team".to_owned(), "a".to_owned())].into();
    let session = session().with_metadata(metadata);
    let opening = tokio::spawn({
        let (hub, session) = (hub.clone(), session.clone());
        async move { hub.open_environment(&session, "box").await }
    });
    let call = extension.call().await;
    assert_eq!((call.session_id, call.epoch), (session.id().to_string(), 3));
    let (call, asked) = {
        let asked = operation(&call.call);
        (call.call_id, asked)
    };
    let Operation::Open(asked) = asked else { panic!("{asked:?}") };
    assert_eq!(asked.metadata.get("team").map(String::as_str), Some("a"));
    extension.say(open(&call, "/box")).await;
    let environment = in_time(opening).await.unwrap().unwrap();
    assert_eq!((environment.root().to_str(), environment.system()), (Some("/box"), "linux"));
}

#[tokio::test(start_paused = true)]
async fn what_it_cannot_do_is_not_asked() {
    let hub = Attachments::default();
    let mut poor = hello("box");
    let Some(tau_proto::runtime::v1::extension_role::Role::Environment(role)) = &mut poor.roles[0].role
    else {
        panic!("another role")
    };
    role.capabilities.clear();
    let (mut extension, environment) = super::played::opened(&hub, poor).await;
    let path = WorkspacePath::root().join("a");
    for error in [
        environment.write(&path, b"").await.unwrap_err(),
        environment.glob(&GlobQuery::new("*")).await.unwrap_err(),
        environment.run(&CommandSpec::new("true"), &|_| {}).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), EnvironmentErrorKind::Unsupported, "{error}");
    }
    extension.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_open_it_says_why() {
    let mut options = AttachmentsOptions::default();
    options.heartbeat_interval = Duration::from_secs(60);
    let hub = Attachments::new(Journals::default(), options);
    let (mut extension, _) = Extension::attach(&hub, hello("box")).await;
    let opening = tokio::spawn({
        let hub = hub.clone();
        async move { hub.open_environment(&session(), "box").await }
    });
    let call = extension.call().await;
    extension.fail(&call, CallFailureKind::Unavailable, "no room").await;
    let error = in_time(opening).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("no room"), "{error}");
    // One that never answers is given up.
    let opening = tokio::spawn({
        let hub = hub.clone();
        async move { hub.open_environment(&session(), "box").await }
    });
    extension.settled().await;
    let call = extension.call().await;
    let error = in_time(opening).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("it took too long"), "{error}");
    // Late, it does nothing.
    extension.next().await;
    extension.say(answer(&call.call_id, tau_proto::runtime::v1::OperationDone::default())).await;
    assert_eq!(extension.settled().await, [call.call_id]);
}
