//! An extension that the test plays: it sees each message and answers as it likes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::channel::mpsc::{Receiver, Sender};
use futures::{FutureExt, SinkExt, StreamExt};
use serde_json::json;
use tau_core::{RunId, SessionId, ToolCallId};
use tau_proto::runtime::v1::{
    AttachRequest, AttachResponse, Call, CallFailure, CallFailureKind, CallProgress, CallResult,
    ExtensionRole, Hello, ToolDefinition, ToolOffer, ToolResultBlock, ToolReturn, ToolsRole, Welcome,
    attach_request, attach_response, call, call_progress, call_result, tool_result_block,
};
use tau_runtime::attach::{AttachEnd, AttachError, Attachments, Caller, SessionTraits, in_process};
use tau_tools::environment::MemoryEnvironment;
use tau_tools::{CallScope, Progress, ToolContext, ToolExecutor, ToolOutput};
use tokio::task::JoinHandle;

/// Longer than every time limit of a hub.
const PATIENCE: Duration = Duration::from_secs(100);

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it waits for ever")
}

/// Time for everything that can happen to happen; shorter than any limit.
pub(crate) async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

pub(crate) fn offer(name: &str) -> ToolOffer {
    let definition = ToolDefinition {
        name: name.into(),
        description: "A tool of the tests.".into(),
        parameters_json: r#"{"type":"object"}"#.into(),
        ..Default::default()
    };
    ToolOffer { definition: definition.into(), ..Default::default() }
}

/// Says hello as a provider of tools, with credit for ten calls.
pub(crate) fn hello(client: &str, tools: Vec<ToolOffer>) -> Hello {
    let role = ToolsRole { tools, ..Default::default() };
    Hello {
        protocol_version: 1,
        client_name: "test".into(),
        client_id: client.into(),
        roles: vec![ExtensionRole { role: Some(role.into()), ..Default::default() }],
        call_credit: 10,
        ..Default::default()
    }
}

/// The extension's end of an attachment.
pub(crate) struct Extension {
    pub(crate) incoming: Receiver<AttachResponse>,
    pub(crate) outgoing: Sender<AttachRequest>,
    pub(crate) attachment: JoinHandle<Result<AttachEnd, AttachError>>,
}

impl Extension {
    /// A connection over which nothing was said.
    pub(crate) fn connect(hub: &Attachments, caller: Caller) -> Self {
        let (runtime, extension) = in_process();
        let hub = hub.clone();
        let attachment =
            tokio::spawn(async move { hub.attach(runtime.incoming, runtime.outgoing, &caller).await });
        Self { incoming: extension.incoming, outgoing: extension.outgoing, attachment }
    }

    pub(crate) async fn attach(hub: &Attachments, hello: Hello) -> (Self, Welcome) {
        let mut extension = Self::connect(hub, Caller::trusted());
        extension.say(hello).await;
        match extension.next().await {
            attach_response::Message::Welcome(welcome) => (extension, welcome),
            other => panic!("no welcome but {other:?}"),
        }
    }

    pub(crate) async fn say(&mut self, message: impl Into<attach_request::Message>) {
        let message = AttachRequest { message: Some(message.into()), ..Default::default() };
        in_time(self.outgoing.send(message)).await.unwrap();
    }

    /// The next message that is no sign of life.
    pub(crate) async fn next(&mut self) -> attach_response::Message {
        loop {
            match in_time(self.incoming.next()).await.expect("the attachment has ended").message.unwrap() {
                attach_response::Message::Heartbeat(_) => {}
                message => return message,
            }
        }
    }

    pub(crate) async fn call(&mut self) -> Call {
        match self.next().await {
            attach_response::Message::Call(call) => call,
            other => panic!("no call but {other:?}"),
        }
    }

    pub(crate) async fn settled(&mut self) -> Vec<String> {
        match self.next().await {
            attach_response::Message::CallsSettled(settled) => settled.call_ids,
            other => panic!("nothing settled but {other:?}"),
        }
    }

    /// That nothing is said, though there was time.
    pub(crate) async fn hears_nothing(&mut self) {
        a_moment().await;
        let message = self.incoming.next().now_or_never();
        assert!(message.is_none(), "{message:?}");
    }

    pub(crate) async fn tell(&mut self, call: &Call, number: u64, text: &str) {
        let progress = Some(call_progress::Progress::Text(text.into()));
        self.say(CallProgress { call_id: call.call_id.clone(), number, progress, ..Default::default() })
            .await;
    }

    /// Ends a call with a text.
    pub(crate) async fn finish(&mut self, call: &Call, text: &str) {
        self.say(result(call, text)).await;
    }

    pub(crate) async fn fail(&mut self, call: &Call, kind: CallFailureKind, message: &str) {
        let failure = CallFailure { kind: kind.into(), message: message.into(), ..Default::default() };
        let result = Some(failure.into());
        self.say(CallResult { call_id: call.call_id.clone(), result, ..Default::default() }).await;
    }

    /// Is gone, as after a crash.
    pub(crate) async fn crash(self) {
        drop((self.incoming, self.outgoing));
        let _ = in_time(self.attachment).await.unwrap();
    }

    /// Why the attachment ended.
    pub(crate) async fn failed(self) -> tau_runtime::attach::AttachErrorKind {
        in_time(self.attachment).await.unwrap().unwrap_err().kind()
    }
}

pub(crate) fn result(call: &Call, text: &str) -> CallResult {
    let block = tool_result_block::Block::Text(text.into());
    let content = vec![ToolResultBlock { block: Some(block), ..Default::default() }];
    let returned = ToolReturn { content, ..Default::default() };
    CallResult {
        call_id: call.call_id.clone(),
        result: Some(call_result::Result::Tool(returned)),
        ..Default::default()
    }
}

/// What a tool is to be run with.
pub(crate) fn arguments(call: &Call) -> String {
    match &call.call {
        Some(call::Call::RunTool(run)) => run.call.arguments_json.clone(),
        other => panic!("no tool but {other:?}"),
    }
}

pub(crate) fn session() -> SessionTraits {
    SessionTraits::new(SessionId::from_u128(7)).with_epoch(3)
}

/// The tools that a new session is offered, by name.
pub(crate) fn names(hub: &Attachments, session: &SessionTraits) -> Vec<String> {
    hub.tools_for(session).iter().map(|tool| tool.definition().name.clone()).collect()
}

/// A call of a tool that goes on.
pub(crate) struct Running {
    pub(crate) task: JoinHandle<ToolOutput>,
    pub(crate) told: Arc<Mutex<Vec<String>>>,
    key: String,
}

impl Running {
    /// Starts a call; the number tells it from others.
    pub(crate) fn start(tool: &Arc<dyn ToolExecutor>, number: u64) -> Self {
        Self::start_within(tool, number, Duration::from_secs(3_600))
    }

    pub(crate) fn start_within(tool: &Arc<dyn ToolExecutor>, number: u64, timeout: Duration) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let progress = Progress::new(move |text| heard.lock().unwrap().push(text.to_owned()));
        let call_id = ToolCallId::new(format!("call_{number}"));
        let key = format!("key-{number}");
        let scope = CallScope::new(SessionId::from_u128(7), RunId::from_u128(8), call_id, key.clone());
        let environment = Arc::new(MemoryEnvironment::new::<&str, &str>([]).unwrap());
        let context =
            ToolContext::new(environment).with_progress(progress).with_timeout(timeout).with_scope(scope);
        let tool = Arc::clone(tool);
        let arguments = json!({"number": number});
        let task = tokio::spawn(async move { tool.execute(&context, &arguments).await });
        Self { task, told, key }
    }

    /// What it gave, which is durable then.
    pub(crate) async fn output(self, hub: &Attachments) -> ToolOutput {
        let output = in_time(self.task).await.unwrap();
        hub.settle(&self.key);
        output
    }

    /// The text that a failed call gave.
    pub(crate) async fn error(self, hub: &Attachments) -> String {
        let output = self.output(hub).await;
        assert!(output.is_error);
        match &output.content[..] {
            [tau_core::ToolResultBlock::Text { text }] => text.clone(),
            other => panic!("{other:?}"),
        }
    }
}
