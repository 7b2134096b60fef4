//! A server in a process of its own, and what its client reads.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use connectrpc::client::ClientTransport;
use connectrpc::client::{ClientConfig, Http2Connection, ServerStream, SharedHttp2Connection};
use tau_proto::runtime::v1::__buffa::view::oneof::{run_response, session_event, subscribe_response};
use tau_proto::runtime::v1::__buffa::view::{RunResponseView, SubscribeResponseView};
use tau_proto::runtime::v1::{self as pb, RuntimeServiceClient, context_entry};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::NOBODY;
use crate::cpu;
use crate::role::Who;

pub(super) type Transport = SharedHttp2Connection;
pub(super) type Sessions = RuntimeServiceClient<Transport>;
type Body = <Transport as ClientTransport>::ResponseBody;

/// A server that runs until this is dropped.
pub(super) struct Served {
    who: Who,
    #[expect(dead_code, reason = "the server lives as long as this")]
    child: Child,
    pub(super) pid: u32,
    url: String,
}

impl Served {
    /// A server of the interface, or of the floor.
    pub(super) async fn start(who: Who) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["role", "serve"]).args((who == Who::Bare).then_some("--bare"));
        Self::spawn(command, who).await
    }

    /// A server that prints its address first.
    pub(super) async fn spawn(mut command: Command, who: Who) -> anyhow::Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.kill_on_drop(true).spawn()?;
        let output = child.stdout.take().context("no output")?;
        let url = BufReader::new(output).lines().next_line().await?.context("no address was printed")?;
        let pid = child.id().context("the server has ended")?;
        Ok(Self { who, child, pid, url })
    }

    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu::time_of(self.pid)
    }

    /// A connection, with windows that hold what thousands of streams bring.
    pub(super) async fn connect(&self) -> anyhow::Result<Transport> {
        let builder = Http2Connection::builder()
            .initial_stream_window_size(256 << 10)
            .initial_connection_window_size(64 << 20);
        Ok(builder.connect_plaintext(self.url.parse()?).await?.shared(1_024))
    }

    pub(super) fn config(&self) -> anyhow::Result<ClientConfig> {
        Ok(ClientConfig::new(self.url.parse()?))
    }

    pub(super) async fn sessions(&self) -> anyhow::Result<Sessions> {
        Ok(Sessions::new(self.connect().await?, self.config()?))
    }

    /// A new session; the floor has none.
    pub(super) async fn session(&self, sessions: &Sessions) -> anyhow::Result<String> {
        if self.who == Who::Bare {
            return Ok(NOBODY.to_owned());
        }
        let created = sessions.create_session(pb::CreateSessionRequest::default()).await?;
        Ok(created.into_owned().session.session_id.clone())
    }
}

/// Has words said, and gives how many came and how many passed by.
pub(super) async fn run(
    sessions: &Sessions,
    session: &str,
    words: u64,
    deltas: pb::DeltaMode,
) -> anyhow::Result<(u64, u64)> {
    let prompt = context_entry::Entry::Text(words.to_string());
    let request = pb::RunRequest {
        session_id: session.to_owned(),
        prompt: vec![pb::ContextEntry { entry: Some(prompt), ..Default::default() }],
        deltas: deltas.into(),
        ..Default::default()
    };
    let mut stream: ServerStream<Body, RunResponseView<'static>> = sessions.run(request).await?;
    let (mut events, mut lost) = (0, 0);
    while let Some(message) = stream.message::<pb::RunResponse>().await? {
        match &message.view().message {
            Some(run_response::Message::Delta(_)) => events += 1,
            Some(run_response::Message::Lagged(lagged)) => lost += lagged.missed,
            _ => {}
        }
    }
    Ok((events, lost))
}

/// Somebody who follows a session.
pub(super) struct Subscriber(ServerStream<Body, SubscribeResponseView<'static>>);

impl Subscriber {
    pub(super) async fn new(sessions: &Sessions, session: &str, after_seq: u64) -> anyhow::Result<Self> {
        let cursor = pb::SessionCursor { session_id: session.to_owned(), after_seq, ..Default::default() };
        let request = pb::SubscribeRequest { sessions: vec![cursor], ..Default::default() };
        Ok(Self(sessions.subscribe(request).await?))
    }

    /// Reads until there were so many words or a run ended: how many came and how many passed by.
    pub(super) async fn words(&mut self, words: u64) -> anyhow::Result<(u64, u64)> {
        let (mut events, mut lost) = (0, 0);
        while events < words {
            let message = self.0.message::<pb::SubscribeResponse>().await?.context("the stream has ended")?;
            match &message.view().message {
                Some(subscribe_response::Message::Delta(_)) => events += 1,
                Some(subscribe_response::Message::Lagged(lagged)) => lost += lagged.missed,
                Some(subscribe_response::Message::Event(event))
                    if matches!(event.body, Some(session_event::Body::RunFinished(_))) =>
                {
                    break;
                }
                _ => {}
            }
        }
        Ok((events, lost))
    }

    /// Reads until everything was told that had happened.
    pub(super) async fn caught_up(&mut self) -> anyhow::Result<()> {
        loop {
            let message = self.0.message::<pb::SubscribeResponse>().await?.context("the stream has ended")?;
            if matches!(message.view().message, Some(subscribe_response::Message::CaughtUp(_))) {
                return Ok(());
            }
        }
    }
}
