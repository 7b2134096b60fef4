//! Hooks that extensions decide.

use std::time::Duration;

use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    AskHook, Call, CallCancelReason, CallFailureKind, CallResult, ContentBlock, Detach, ExtensionRole, Hello,
    Hook, HookDecision, HookFailurePolicy, HookPoint, HookVerdict, HooksRole, SessionSelector, SubagentScope,
    attach_response, call, content_block, hook_decision,
};
use tau_runtime::attach::{AttachErrorKind, Attachments, Caller, SessionTraits, Violation};

use super::support::{Extension, hello};
use crate::driver::support::{Running, look};

pub(crate) fn spec(name: &str, point: HookPoint) -> Hook {
    Hook {
        name: name.into(),
        point: point.into(),
        on_failure: HookFailurePolicy::Continue.into(),
        ..Default::default()
    }
}

pub(crate) fn guard(name: &str, point: HookPoint) -> Hook {
    Hook { on_failure: HookFailurePolicy::Block.into(), ..spec(name, point) }
}

pub(crate) fn deciding(client: &str, hooks: Vec<Hook>) -> Hello {
    let role =
        ExtensionRole { role: Some(HooksRole { hooks, ..Default::default() }.into()), ..Default::default() };
    Hello { roles: vec![role], ..hello(client, vec![]) }
}

/// A session of which extensions decide.
fn session(hub: &Attachments) -> Running {
    let id = tau_core::SessionId::generate();
    let hooks = hub.hooks_for(&SessionTraits::new(id));
    Running::with([look()], |options| {
        options.durability.session = Some(id);
        options.hooks = Some(hooks);
    })
}

fn asked(call: &Call) -> &AskHook {
    match &call.call {
        Some(call::Call::AskHook(ask)) => ask,
        other => panic!("no hook but {other:?}"),
    }
}

fn text(words: &str) -> ContentBlock {
    ContentBlock { block: Some(content_block::Block::Text(words.into())), ..Default::default() }
}

fn says(verdict: HookVerdict, message: &str) -> HookDecision {
    HookDecision { verdict: verdict.into(), message: message.into(), ..Default::default() }
}

impl Extension {
    /// Falls silent: no end of the stream says that it left.
    async fn vanish(self) {
        self.attachment.abort();
        let _ = self.attachment.await;
    }

    pub(crate) async fn decide(&mut self, call: &Call, decision: HookDecision) {
        let result = Some(decision.into());
        self.say(CallResult { call_id: call.call_id.clone(), result, ..Default::default() }).await;
    }

    /// The next question, whatever is settled before it.
    pub(crate) async fn question(&mut self) -> Call {
        loop {
            match self.next().await {
                attach_response::Message::Call(call) => return call,
                attach_response::Message::CallsSettled(_) => {}
                other => panic!("no call but {other:?}"),
            }
        }
    }
}

/// What the model reads of the call that it makes.
async fn result(session: &mut Running) -> String {
    session.model.asked().await.messages().pop().unwrap()
}

async fn look_once(session: &mut Running) {
    session.prompt("Look").await;
    session.model.asked().await.call(&[("a", "look", r#"{"n":1}"#)]);
}

#[tokio::test(start_paused = true)]
async fn an_extension_denies_a_call() {
    let hub = Attachments::default();
    let (mut extension, _) =
        Extension::attach(&hub, deciding("a", vec![spec("no-looking", HookPoint::BeforeTool)])).await;
    let mut session = session(&hub);
    look_once(&mut session).await;
    let call = extension.call().await;
    assert_eq!(call.session_id, session.handle.session_id().to_string());
    assert_eq!(call.timeout.seconds, 60);
    let ask = asked(&call);
    assert_eq!((ask.hook.as_str(), ask.point.as_known()), ("no-looking", Some(HookPoint::BeforeTool)));
    assert_eq!((ask.call.name.as_str(), ask.call.arguments_json.as_str()), ("look", r#"{"n":1}"#));
    extension.decide(&call, says(HookVerdict::Deny, "Close your eyes.")).await;
    let words = "tool: Not run: a hook does not allow this call. It said: Close your eyes.";
    assert_eq!(result(&mut session).await, words);
    assert_eq!(extension.settled().await, [call.call_id]);
}

#[tokio::test(start_paused = true)]
async fn extensions_are_asked_in_their_order_and_change_what_the_next_reads() {
    let hub = Attachments::default();
    let of = |client: &str, priority| {
        let mut hello = deciding(client, vec![spec(client, HookPoint::BeforePrompt)]);
        hello.roles[0].priority = priority;
        hello
    };
    let (mut third, _) = Extension::attach(&hub, of("c", 0)).await;
    let (mut first, _) = Extension::attach(&hub, of("z", 5)).await;
    let (mut second, _) = Extension::attach(&hub, of("b", 0)).await;
    let mut session = session(&hub);
    session.prompt("Hi").await;
    let mut said = "Hi".to_owned();
    for (extension, name) in [(&mut first, "z"), (&mut second, "b"), (&mut third, "c")] {
        let call = extension.call().await;
        assert_eq!(asked(&call).content, [text(&said)], "{name}");
        said = format!("{said} {name}");
        let prompt = tau_proto::runtime::v1::HookContent { content: vec![text(&said)], ..Default::default() };
        let decision = HookDecision {
            change: Some(prompt.into()),
            context: vec![text(&format!("From {name}."))],
            ..Default::default()
        };
        extension.decide(&call, decision).await;
    }
    let exchange = session.model.asked().await;
    assert_eq!(
        exchange.messages()[1..],
        [
            r#"user: [{"text":"From z.","type":"text"},{"text":"From b.","type":"text"},{"text":"From c.","type":"text"}]"#,
            "user: Hi z b c"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn arguments_are_changed_and_bad_ones_are_a_failure() {
    for (json, expected) in [
        (r#"{"n":2}"#, "tool: seen"),
        ("2", "it decided what is not possible there: arguments that are no JSON object."),
    ] {
        let hub = Attachments::default();
        let (mut extension, _) =
            Extension::attach(&hub, deciding("a", vec![guard("g", HookPoint::BeforeTool)])).await;
        let mut session = session(&hub);
        look_once(&mut session).await;
        let call = extension.call().await;
        let change = Some(hook_decision::Change::ArgumentsJson(json.into()));
        extension.decide(&call, HookDecision { change, ..Default::default() }).await;
        let read = result(&mut session).await;
        assert!(read.ends_with(expected), "{read}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_or_is_slow_counts_as_its_policy_says() {
    for (policy, expected) in [
        (HookFailurePolicy::Continue, "tool: seen"),
        (
            HookFailurePolicy::Block,
            "tool: Not run: a hook does not allow this call. It said: The hook `g` guards this",
        ),
    ] {
        for is_slow in [false, true] {
            let hub = Attachments::default();
            let hook = Hook {
                on_failure: policy.into(),
                timeout: WireDuration { seconds: 7, ..Default::default() }.into(),
                ..spec("g", HookPoint::BeforeTool)
            };
            let (mut extension, _) = Extension::attach(&hub, deciding("a", vec![hook])).await;
            let mut session = session(&hub);
            look_once(&mut session).await;
            let began = tokio::time::Instant::now();
            let call = extension.call().await;
            assert_eq!(call.timeout.seconds, 7);
            if !is_slow {
                extension.fail(&call, CallFailureKind::Internal, "out of memory").await;
            }
            let read = result(&mut session).await;
            assert!(read.starts_with(expected), "{read}");
            assert_eq!(began.elapsed().as_secs(), if is_slow { 7 } else { 0 });
            if is_slow {
                let attach_response::Message::CallCancel(cancel) = extension.next().await else {
                    panic!("it is not told to stop")
                };
                assert_eq!(cancel.reason.as_known(), Some(CallCancelReason::TimedOut));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_provider_is_waited_for_and_then_counts_as_its_policy_says() {
    let hello = |policy: HookFailurePolicy| {
        deciding("a", vec![Hook { on_failure: policy.into(), ..spec("g", HookPoint::BeforeTool) }])
    };
    for (policy, comes_back, expected) in [
        (HookFailurePolicy::Block, true, "tool: seen"),
        (HookFailurePolicy::Continue, false, "tool: seen"),
        (HookFailurePolicy::Block, false, "guards this, and it took too long."),
    ] {
        let hub = Attachments::default();
        let (mut extension, _) = Extension::attach(&hub, hello(policy)).await;
        let mut session = session(&hub);
        session.patience = Duration::from_secs(200);
        look_once(&mut session).await;
        let began = tokio::time::Instant::now();
        let lost = extension.call().await;
        extension.crash().await;
        if comes_back {
            // Later than the book itself waits for it.
            tokio::time::sleep(Duration::from_secs(25)).await;
            let (mut extension, _) = Extension::attach(&hub, hello(policy)).await;
            let call = extension.question().await;
            assert_eq!(call.call_id, lost.call_id, "the same question");
            extension.decide(&call, says(HookVerdict::Continue, "")).await;
            session.until("tool_finished a").await;
            assert_eq!(began.elapsed().as_secs(), 25);
        } else {
            session.until("tool_finished a").await;
            assert_eq!(began.elapsed().as_secs(), 60);
        }
        let read = result(&mut session).await;
        assert!(read.ends_with(expected), "{policy:?}: {read}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_is_lost_is_missed_until_it_is_back_or_has_left() {
    let hub = Attachments::default();
    let hooks = vec![guard("g", HookPoint::BeforeTool), spec("s", HookPoint::BeforePrompt)];
    let (extension, _) = Extension::attach(&hub, deciding("a", hooks.clone())).await;
    let traits = SessionTraits::new(tau_core::SessionId::from_u128(7));
    let port = hub.hooks_for(&traits);
    let points = || port.points().into_iter().map(|point| format!("{point:?}")).collect::<Vec<_>>();
    assert_eq!(points(), ["BeforePrompt", "BeforeTool"]);
    extension.vanish().await;
    assert_eq!(points(), ["BeforePrompt", "BeforeTool"], "it is expected back");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(points(), ["BeforeTool"]);
    // Others come and go.
    let (other, _) = Extension::attach(&hub, deciding("b", vec![spec("b", HookPoint::BeforeStop)])).await;
    assert_eq!(points(), ["BeforeTool", "BeforeStop"]);
    other.vanish().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (extension, _) = Extension::attach(&hub, deciding("a", hooks.clone())).await;
    assert_eq!(points(), ["BeforePrompt", "BeforeTool"]);
    // The end of a stream may be anything, also a connection that broke.
    extension.crash().await;
    assert_eq!(points(), ["BeforeTool"]);
    let (mut extension, _) = Extension::attach(&hub, deciding("a", hooks)).await;
    extension.say(Detach::default()).await;
    assert!(matches!(extension.next().await, attach_response::Message::Detach(_)));
    extension.crash().await;
    assert_eq!(points(), [""; 0], "it left in an orderly way");
}

#[tokio::test(start_paused = true)]
async fn a_selector_leaves_sessions_out() {
    let hub = Attachments::default();
    let mut hello = deciding("a", vec![spec("g", HookPoint::BeforeTool)]);
    let top = tau_core::SessionId::from_u128(7);
    hello.roles[0].selector = SessionSelector {
        session_ids: vec![top.to_string()],
        subagents: SubagentScope::Excluded.into(),
        ..Default::default()
    }
    .into();
    let (_extension, _) = Extension::attach(&hub, hello).await;
    let port = hub.hooks_for(&SessionTraits::new(top));
    assert_eq!(port.points().len(), 1);
    assert!(port.below(tau_core::SessionId::from_u128(8)).points().is_empty());
    assert!(hub.hooks_for(&SessionTraits::new(tau_core::SessionId::from_u128(9))).points().is_empty());
}

#[tokio::test(start_paused = true)]
async fn hooks_that_cannot_be_read_are_refused() {
    let hub = Attachments::default();
    let fine = || spec("a", HookPoint::BeforeTool);
    let seconds = |seconds| WireDuration { seconds, ..Default::default() }.into();
    for hooks in [
        vec![],
        vec![fine(), fine()],
        vec![Hook { name: String::new(), ..fine() }],
        vec![Hook { point: HookPoint::Unspecified.into(), ..fine() }],
        vec![Hook { on_failure: HookFailurePolicy::Unspecified.into(), ..fine() }],
        vec![Hook { tools: vec!["a b".into()], ..fine() }],
        vec![Hook { timeout: seconds(0), ..fine() }],
        vec![Hook { timeout: seconds(3_601), ..fine() }],
    ] {
        let mut extension = Extension::connect(&hub, Caller::trusted());
        extension.say(deciding("a", hooks)).await;
        assert_eq!(extension.failed().await, AttachErrorKind::Protocol(Violation::Hook));
    }
}

/// A reply of many calls asks about each at the same time, as far as there is credit; none is lost.
#[tokio::test(start_paused = true)]
async fn a_flood_of_questions_is_answered_one_by_one() {
    let hub = Attachments::default();
    let hooks = vec![spec("g", HookPoint::BeforeTool), spec("told", HookPoint::AfterModel)];
    let (mut extension, _) = Extension::attach(&hub, deciding("a", hooks)).await;
    let mut session = session(&hub);
    session.prompt("Look").await;
    let ids: Vec<String> = (0..300).map(|number| format!("c{number}")).collect();
    let calls: Vec<(&str, &str, &str)> = ids.iter().map(|id| (id.as_str(), "look", "{}")).collect();
    session.model.asked().await.call(&calls);
    let mut decided = 0;
    while decided < 300 {
        let call = extension.question().await;
        match asked(&call).point.as_known() {
            Some(HookPoint::BeforeTool) => {
                let verdict = if decided % 2 == 0 { HookVerdict::Continue } else { HookVerdict::Deny };
                extension.decide(&call, says(verdict, "")).await;
                decided += 1;
            }
            Some(HookPoint::AfterModel) => extension.decide(&call, HookDecision::default()).await,
            other => panic!("{other:?}"),
        }
    }
    let messages = session.model.asked().await.messages();
    let results = messages.iter().filter(|message| message.starts_with("tool:")).count();
    let denied = messages.iter().filter(|message| message.starts_with("tool: Not run")).count();
    assert_eq!((results, denied), (300, 150));
}

/// Cancelling the run tells the extension so.
#[tokio::test(start_paused = true)]
async fn a_cancelled_question_is_stopped() {
    let hub = Attachments::default();
    let (mut extension, _) =
        Extension::attach(&hub, deciding("a", vec![guard("g", HookPoint::BeforeTool)])).await;
    let mut session = session(&hub);
    look_once(&mut session).await;
    let call = extension.call().await;
    session.handle.cancel(tau_core::event::CancelScope::Run).await.unwrap();
    let attach_response::Message::CallCancel(cancel) = extension.next().await else {
        panic!("not cancelled")
    };
    assert_eq!((cancel.call_id, cancel.reason.as_known()), (call.call_id, Some(CallCancelReason::Cancelled)));
    session.until("run_finished Cancelled").await;
}
