//! Extensions that answer for people.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_agent::Agent;
use tau_core::config::PermissionMode;
use tau_core::event::{EventBody, EventHash, PermissionAnswer, Seq, ToolOutcome};
use tau_core::{ContentBlock, SessionId, ToolCallId};
use tau_proto::runtime::v1::{
    self as pb, Answer, Call, CallCancelReason, CallResult, ExtensionRole, Hello, Pass, PermissionDecision,
    PersonAnswer, RequestKind, ResponderRole, SessionSelector, attach_response, call,
    pending_request::Request as Question,
};
use tau_runtime::attach::Attachments;
use tau_runtime::runtime::{
    AgentSummary, Beginning, DurabilityChoice, FactoryError, LiveSession, NewSession, OldSession, Revival,
    Runtime, RuntimeOptions, SessionFactory,
};
use tau_runtime::{Handle, OpenedSession, Past, SessionOptions, loop_tools};

use super::support::{Extension, in_time};
use crate::driver::model::Model;
use crate::driver::support::{change, options_of};

/// Sessions that ask about everything they change.
#[derive(Debug)]
struct Careful(Agent);

impl SessionFactory for Careful {
    fn create<'a>(&'a self, request: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        let mut options = options_of(self.0.clone(), [change()]);
        options.config.permissions.mode = Some(PermissionMode::Default);
        options.config.tools =
            vec![loop_tools::ask_user(), loop_tools::propose_plan(), loop_tools::task(&BTreeMap::new())];
        options.config.subagent_depth = 1;
        options.config.metadata.extend(request.overrides.metadata.clone());
        async move { Ok(options) }.boxed()
    }

    fn resume<'a>(&'a self, _: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        self.create_again()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        Vec::new()
    }
}

impl Careful {
    fn create_again(&self) -> BoxFuture<'_, Result<SessionOptions, FactoryError>> {
        async move { self.create(&NewSession::new(SessionId::generate())).await }.boxed()
    }
}

struct World {
    hub: Attachments,
    model: Model,
    runtime: Runtime,
    live: LiveSession,
}

impl World {
    async fn new() -> Self {
        let model = Model::new();
        let options = RuntimeOptions::new(std::sync::Arc::new(Careful(model.agent.clone())));
        let hub = options.attachments.clone();
        let runtime = Runtime::new(options);
        let mut request = NewSession::new(SessionId::from_u128(5));
        request.overrides.metadata.insert("team".to_owned(), "a".to_owned());
        let created = runtime.create(request, Beginning::Nothing, DurabilityChoice::default()).await;
        Self { hub, model, runtime, live: created.unwrap() }
    }

    /// Lets the session go, and takes it up again from what it left.
    async fn restart(&mut self) {
        let past = Past::of(self.live.handle().events(Seq::default())).unwrap();
        self.live.release();
        in_time(self.live.ended()).await.unwrap();
        let journal = OpenedSession::new(9).with_past(past, EventHash::ZERO);
        self.live = in_time(self.runtime.adopt(journal, Revival::default())).await.unwrap();
    }

    /// Lets the model call tools, and waits until one of them waits for a person.
    async fn asks(&mut self, calls: &[(&str, &str, &str)]) {
        self.live.handle().prompt([ContentBlock::text("Work")]).await.unwrap();
        self.model.asked().await.call(calls);
        until(self.live.handle(), |handle| !handle.overview().pending.is_empty()).await;
    }
}

async fn until(handle: &Handle, is_so: impl Fn(&Handle) -> bool) {
    in_time(async {
        while !is_so(handle) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// How each call ended, and how it was answered.
fn ends(handle: &Handle) -> Vec<String> {
    let events = handle.events(Seq::default());
    let line = |body: &EventBody| match body {
        EventBody::ToolFinished { result, outcome, .. } => Some(format!("{} {outcome:?}", result.call_id)),
        EventBody::PermissionAnswered { call_id, answer } => Some(format!("{call_id} {answer:?}")),
        _ => None,
    };
    events.iter().filter_map(|event| line(&event.body)).collect()
}

fn hello(client: &str) -> Hello {
    let role = ResponderRole::default();
    Hello {
        protocol_version: 1,
        client_name: "test".into(),
        client_id: client.into(),
        roles: vec![ExtensionRole { role: Some(role.into()), ..Default::default() }],
        call_credit: 10,
        ..Default::default()
    }
}

fn asked(call: &Call) -> (&pb::PendingRequest, String) {
    let Some(call::Call::AskPerson(ask)) = &call.call else { panic!("not asked: {call:?}") };
    let request = ask.request.as_option().unwrap();
    (request, request.call.as_option().unwrap().call_id.clone())
}

fn result(call: &Call, answer: impl Into<pb::person_answer::Result>) -> CallResult {
    let answer = PersonAnswer { result: Some(answer.into()), ..Default::default() };
    CallResult { call_id: call.call_id.clone(), result: Some(answer.into()), ..Default::default() }
}

fn decide(decision: PermissionDecision) -> Answer {
    let answer = pb::PermissionAnswer { decision: decision.into(), ..Default::default() };
    Answer { answer: Some(answer.into()), ..Default::default() }
}

async fn cancelled(extension: &mut Extension) -> (String, Option<CallCancelReason>) {
    match extension.next().await {
        attach_response::Message::CallCancel(cancel) => (cancel.call_id, cancel.reason.as_known()),
        other => panic!("not cancelled but {other:?}"),
    }
}

const CHANGE: (&str, &str, &str) = ("a", "change", "{}");

#[tokio::test(start_paused = true)]
async fn all_are_asked_and_the_first_answer_counts() {
    let mut world = World::new().await;
    let (mut first, _) = Extension::attach(&world.hub, hello("one")).await;
    world.asks(&[CHANGE]).await;
    // Whoever comes later is asked what waits already.
    let (mut second, _) = Extension::attach(&world.hub, hello("two")).await;
    let (one, two) = (first.call().await, second.call().await);
    assert_eq!(one.session_id, world.live.id().to_string());
    let (request, id) = asked(&one);
    assert!(matches!(&request.request, Some(Question::Permission(_))), "{request:?}");
    assert_eq!((id.as_str(), asked(&two).1.as_str()), ("a", "a"));
    let Some(call::Call::AskPerson(ask)) = &one.call else { panic!() };
    assert_eq!(ask.metadata.get("team").map(String::as_str), Some("a"));

    second.say(result(&two, decide(PermissionDecision::Allow))).await;
    assert_eq!(cancelled(&mut first).await, (one.call_id.clone(), Some(CallCancelReason::Answered)));
    // Its answer comes too late, and does nothing.
    first.say(result(&one, decide(PermissionDecision::Deny))).await;
    world.model.asked().await.text("Done");
    until(world.live.handle(), |handle| handle.overview().run.is_none()).await;
    assert_eq!(ends(world.live.handle()), ["a Allow", "a Succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_client_counts_as_well() {
    let mut world = World::new().await;
    let (mut first, _) = Extension::attach(&world.hub, hello("one")).await;
    world.asks(&[CHANGE]).await;
    let one = first.call().await;
    let answer = PermissionAnswer::Deny { message: String::new() };
    world.live.handle().answer_permission(ToolCallId::new("a"), answer).await.unwrap();
    assert_eq!(cancelled(&mut first).await, (one.call_id, Some(CallCancelReason::Answered)));
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_is_not_asked_any_more() {
    let mut world = World::new().await;
    let (mut first, _) = Extension::attach(&world.hub, hello("one")).await;
    world.asks(&[CHANGE]).await;
    let one = first.call().await;
    world.live.handle().cancel(tau_core::event::CancelScope::Run).await.unwrap();
    assert_eq!(cancelled(&mut first).await, (one.call_id.clone(), Some(CallCancelReason::Cancelled)));
    first.fail(&one, pb::CallFailureKind::Cancelled, "").await;
    first.settled().await;
    world.asks(&[("b", "change", "{}")]).await;
    let two = first.call().await;
    world.live.release();
    in_time(world.live.ended()).await.unwrap();
    assert_eq!(cancelled(&mut first).await, (two.call_id, Some(CallCancelReason::SessionStopped)));
}

#[tokio::test(start_paused = true)]
async fn where_everybody_passes_there_was_nobody_to_ask() {
    let mut world = World::new().await;
    let (mut first, _) = Extension::attach(&world.hub, hello("one")).await;
    let (mut second, _) = Extension::attach(&world.hub, hello("two")).await;
    world.asks(&[CHANGE, ("b", "ask_user", r#"{"question":"Which?"}"#)]).await;
    // One passes, and one answers what was not asked, which is no answer.
    for call in [first.call().await, first.call().await] {
        first.say(result(&call, Pass::default())).await;
    }
    for call in [second.call().await, second.call().await] {
        let wrong = pb::PlanAnswer { decision: pb::PlanDecision::Approve.into(), ..Default::default() };
        second.say(result(&call, Answer { answer: Some(wrong.into()), ..Default::default() })).await;
    }
    world.model.asked().await.text("Done");
    until(world.live.handle(), |handle| handle.overview().run.is_none()).await;
    let nobody = ToolOutcome::Denied { reason: tau_core::event::DenialReason::NobodyToAsk };
    let ends = ends(world.live.handle());
    for expected in [format!("a {nobody:?}"), format!("b {nobody:?}"), "a NobodyToAsk".to_owned()] {
        assert!(ends.contains(&expected), "{expected} is not in {ends:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_attached_leaves_it_to_clients() {
    let mut world = World::new().await;
    world.asks(&[CHANGE]).await;
    // One that does not answer this is nobody to ask.
    let mut other = hello("plans");
    let kinds = vec![RequestKind::Plan.into()];
    other.roles[0].role = Some(ResponderRole { kinds, ..Default::default() }.into());
    let (mut plans, _) = Extension::attach(&world.hub, other).await;
    let mut other = hello("others");
    let metadata = [("team".to_owned(), "b".to_owned())].into_iter().collect();
    other.roles[0].selector = SessionSelector { metadata, ..Default::default() }.into();
    let (mut others, _) = Extension::attach(&world.hub, other).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    plans.hears_nothing().await;
    others.hears_nothing().await;
    assert_eq!(world.live.handle().overview().pending.len(), 1);
    world.live.handle().answer_permission(ToolCallId::new("a"), PermissionAnswer::Allow).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_is_lost_is_asked_again_when_it_comes_back() {
    let mut world = World::new().await;
    let (mut first, welcome) = Extension::attach(&world.hub, hello("one")).await;
    world.asks(&[CHANGE]).await;
    let one = first.call().await;
    first.crash().await;
    let again = Hello { resume_token: welcome.resume_token, ..hello("one") };
    let (mut first, _) = Extension::attach(&world.hub, again).await;
    assert_eq!(first.call().await, one);
    first.crash().await;
    // Even long after it was given up; the question is the same, so that it need not be shown again.
    tokio::time::sleep(Duration::from_secs(25)).await;
    let (mut first, _) = Extension::attach(&world.hub, hello("one")).await;
    let sent = first.call().await;
    assert_eq!(sent, one);
    first.say(result(&one, decide(PermissionDecision::Allow))).await;
    world.model.asked().await.text("Done");
    until(world.live.handle(), |handle| handle.overview().run.is_none()).await;
    assert_eq!(ends(world.live.handle()), ["a Allow", "a Succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn what_subagents_ask_is_asked_too() {
    let mut world = World::new().await;
    let mut tops = hello("tops");
    let subagents = pb::SubagentScope::Excluded.into();
    tops.roles[0].selector = SessionSelector { subagents, ..Default::default() }.into();
    let (mut tops, _) = Extension::attach(&world.hub, tops).await;
    let (mut all, _) = Extension::attach(&world.hub, hello("all")).await;
    world.live.handle().prompt([ContentBlock::text("Work")]).await.unwrap();
    world.model.asked().await.call(&[("t", "task", r#"{"description":"part","prompt":"Change it"}"#)]);
    world.model.asked().await.call(&[CHANGE]);
    let call = all.call().await;
    assert_ne!(call.session_id, world.live.id().to_string());
    assert_eq!(asked(&call).1, "a");
    tops.hears_nothing().await;
    all.say(result(&call, decide(PermissionDecision::Allow))).await;
    world.model.asked().await.text("Changed");
    world.model.asked().await.text("Done");
    until(world.live.handle(), |handle| handle.overview().run.is_none()).await;
    assert_eq!(ends(world.live.handle()), ["t Succeeded"]);
}

/// One that still stops the same keeps nobody else from being asked, and is asked when it is done.
#[tokio::test(start_paused = true)]
async fn one_that_is_still_stopping_is_asked_later_and_others_at_once() {
    let mut world = World::new().await;
    let (mut slow, _) = Extension::attach(&world.hub, hello("one")).await;
    let (mut quick, _) = Extension::attach(&world.hub, hello("two")).await;
    world.asks(&[CHANGE]).await;
    let (one, two) = (slow.call().await, quick.call().await);
    world.restart().await;
    let stopped = Some(CallCancelReason::SessionStopped);
    assert_eq!(cancelled(&mut slow).await, (one.call_id.clone(), stopped));
    assert_eq!(cancelled(&mut quick).await, (two.call_id.clone(), stopped));
    quick.fail(&two, pb::CallFailureKind::Cancelled, "").await;
    quick.settled().await;

    assert_eq!(quick.call().await.call_id, two.call_id);
    slow.hears_nothing().await;
    quick.say(result(&two, Pass::default())).await;
    slow.fail(&one, pb::CallFailureKind::Cancelled, "").await;
    slow.settled().await;
    assert_eq!(slow.call().await.call_id, one.call_id);
}
