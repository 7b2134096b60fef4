//! A server of the test's runtime, and clients of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use connectrpc::client::{ClientConfig, ClientTransport, ServerStream, ServiceTransport};
use connectrpc::{ConnectError, ConnectRpcService};
use tau_core::SessionId;
use tau_proto::runtime::v1::__buffa::view;
use tau_proto::runtime::v1::{
    self as pb, AdminServiceClient, RuntimeServiceClient, context_entry, run_response,
};
use tau_runtime::runtime::RuntimeOptions;
use tau_runtime::server::{Interface, InterfaceOptions};

use crate::driver::support::in_time;
use crate::runtime::support::Process;

pub(crate) type Transport = ServiceTransport<ConnectRpcService>;

type Body = <Transport as ClientTransport>::ResponseBody;

/// A run that is followed.
pub(crate) struct Run(pub(crate) ServerStream<Body, view::RunResponseView<'static>>);

impl Run {
    /// The next message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<pb::RunResponse>, ConnectError> {
        let message = in_time(self.0.message::<pb::RunResponse>()).await?;
        Ok(message.map(|message| message.to_owned_message()))
    }

    /// What comes up to the end, as lines; deltas are left out.
    pub(crate) async fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(message) = self.next().await.unwrap() {
            lines.push(show(&message));
        }
        lines.retain(|line| line != "~");
        lines
    }
}

/// Sessions that are followed.
pub(crate) struct Subscription(pub(crate) ServerStream<Body, view::SubscribeResponseView<'static>>);

impl Subscription {
    /// The next message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<pb::subscribe_response::Message>, ConnectError> {
        let message = in_time(self.0.message::<pb::SubscribeResponse>()).await?;
        Ok(message.and_then(|message| message.to_owned_message().message))
    }
}

pub(crate) struct Served {
    pub(crate) process: Process,
    pub(crate) sessions: RuntimeServiceClient<Transport>,
    /// The same in JSON.
    pub(crate) json: RuntimeServiceClient<Transport>,
    pub(crate) admin: AdminServiceClient<Transport>,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, |_| {})
    }

    pub(crate) fn with(
        runtime: impl FnOnce(&mut RuntimeOptions),
        change: impl FnOnce(&mut InterfaceOptions),
    ) -> Self {
        let process = Process::with(runtime);
        let mut options = InterfaceOptions::default();
        change(&mut options);
        let interface = Interface::new(process.runtime.clone(), options).unwrap();
        let transport = ServiceTransport::new(ConnectRpcService::new(interface.router));
        let config = || ClientConfig::new("http://localhost".parse().unwrap());
        let sessions = RuntimeServiceClient::new(transport.clone(), config());
        let json = RuntimeServiceClient::new(transport.clone(), config().json());
        Self { process, sessions, json, admin: AdminServiceClient::new(transport, config()) }
    }

    /// A new session of the default agent.
    pub(crate) async fn create(&self) -> SessionId {
        let created =
            in_time(self.sessions.create_session(pb::CreateSessionRequest::default())).await.unwrap();
        created.into_owned().session.session_id.parse().unwrap()
    }

    /// Asks a session for work.
    pub(crate) async fn run(&self, request: pb::RunRequest) -> Result<Run, ConnectError> {
        in_time(self.sessions.run(request)).await.map(Run)
    }

    pub(crate) async fn subscribe(
        &self,
        request: pb::SubscribeRequest,
    ) -> Result<Subscription, ConnectError> {
        in_time(self.sessions.subscribe(request)).await.map(Subscription)
    }

    pub(crate) async fn get(&self, session: SessionId) -> pb::Session {
        let request = pb::GetSessionRequest { session_id: session.to_string(), ..Default::default() };
        in_time(self.sessions.get_session(request)).await.unwrap().into_owned().session.into_option().unwrap()
    }
}

pub(crate) fn text(words: &str) -> pb::ContextEntry {
    pb::ContextEntry { entry: Some(context_entry::Entry::Text(words.to_owned())), ..Default::default() }
}

pub(crate) fn prompt(session: SessionId, words: &str) -> pb::RunRequest {
    pb::RunRequest { session_id: session.to_string(), prompt: vec![text(words)], ..Default::default() }
}

/// The stable name of what went wrong.
pub(crate) fn reason(error: &ConnectError) -> String {
    detail::<pb::ErrorDetail>(error, "tau.runtime.v1.ErrorDetail").reason
}

/// What an error says beside its code and message.
pub(crate) fn detail<M: tau_proto::buffa::Message>(error: &ConnectError, name: &str) -> M {
    let detail = error.details.iter().find(|detail| detail.type_url.ends_with(name));
    let value =
        detail.and_then(|detail| detail.value.clone()).unwrap_or_else(|| panic!("no {name}: {error:?}"));
    M::decode_from_slice(&STANDARD_NO_PAD.decode(value).unwrap()).unwrap()
}

/// A message of a run as a line.
pub(crate) fn show(message: &pb::RunResponse) -> String {
    match message.message.as_ref().unwrap() {
        run_response::Message::Event(event) => kind(event).to_owned(),
        run_response::Message::Delta(_) => "~".to_owned(),
        run_response::Message::Lagged(_) => "lagged".to_owned(),
        run_response::Message::Heartbeat(_) => "heartbeat".to_owned(),
        run_response::Message::Accepted(_) => "accepted".to_owned(),
        run_response::Message::Result(result) => format!("result {}", result.text),
    }
}

/// The kind of an event: the name of the field that is set.
pub(crate) fn kind(event: &pb::SessionEvent) -> &'static str {
    use pb::session_event::Body;
    match event.body.as_ref().unwrap() {
        Body::SessionCreated(_) => "session_created",
        Body::PromptSubmitted(_) => "prompt_submitted",
        Body::RunStarted(_) => "run_started",
        Body::ModelRequested(_) => "model_requested",
        Body::ModelReplied(_) => "model_replied",
        Body::ToolRequested(_) => "tool_requested",
        Body::ToolFinished(_) => "tool_finished",
        Body::RunFinished(_) => "run_finished",
        Body::CancelRequested(_) => "cancel_requested",
        Body::SessionUpdated(_) => "session_updated",
        Body::SessionForked(_) => "session_forked",
        Body::ContextInjected(_) => "context_injected",
        Body::HistoryImported(_) => "history_imported",
        Body::SessionClosed(_) => "session_closed",
        _ => "other",
    }
}
