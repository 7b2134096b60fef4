//! A runtime with a scripted model, its server, and a wire that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use connectrpc::client::ServiceTransport;
use futures::FutureExt;
use futures::future::BoxFuture;
use tau_agent::Agent;
use tau_client::{Client, ClientOptions, Endpoint, RunItem, RunStream, Token, pb};
use tau_core::Secret;
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::SessionConfig;
use tau_proto::DESCRIPTORS;
use tau_runtime::SessionOptions;
use tau_runtime::runtime::{
    AgentSummary, FactoryError, NewSession, OldSession, Runtime, RuntimeOptions, SessionFactory,
};
use tau_runtime::server::http::{HttpOptions, HttpService, JsonShapes, Listener, Tls, serve};
use tau_runtime::server::{Interface, InterfaceOptions};
use tau_testkit::{ModelServer, Reply};
use tau_tools::ToolRegistry;
use tau_tools::environment::MemoryEnvironment;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Long enough for anything that comes at all.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const TOKEN: &str = "open-sesame";

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it waits for ever")
}

/// Makes every session of one model, without tools of its own.
#[derive(Debug)]
struct Factory(Agent);

impl Factory {
    fn options(&self) -> SessionOptions {
        let environment = Arc::new(MemoryEnvironment::new([("", ""); 0]).unwrap());
        SessionOptions::new(
            SessionConfig::new("test/m"),
            self.0.clone(),
            ToolRegistry::default(),
            environment,
        )
    }
}

impl SessionFactory for Factory {
    fn create<'a>(&'a self, _: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        async move { Ok(self.options()) }.boxed()
    }

    fn resume<'a>(&'a self, _: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        async move { Ok(self.options()) }.boxed()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        vec![AgentSummary::new("tester", "", "test/m", Vec::new())]
    }
}

/// A server on a port, and what it is made of.
pub(crate) struct Server {
    pub(crate) model: ModelServer,
    service: HttpService<connectrpc::Router>,
    address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

impl Server {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_with(replies, None).await
    }

    pub(crate) async fn start_with(replies: impl IntoIterator<Item = Reply>, tls: Option<Tls>) -> Self {
        let model = ModelServer::with_replies(replies).await.unwrap();
        let mut config = Config::default();
        config.providers.insert("test".to_owned(), ProviderConfig::new(model.base_url()));
        let agent = Agent::new(&config.resolve("test/m").unwrap()).unwrap();
        let runtime = Runtime::new(RuntimeOptions::new(Arc::new(Factory(agent))));
        let interface = Interface::new(runtime, InterfaceOptions::default()).unwrap();
        let mut http = HttpOptions::default();
        http.access.token = Some(Secret::new(TOKEN));
        http.tls = tls;
        let shapes = JsonShapes::decode(DESCRIPTORS).unwrap();
        let service = HttpService::new(interface.router, shapes, &[], &http);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn({
            let service = service.clone();
            async move {
                serve(Listener::Tcp(listener), service, &http, CancellationToken::new()).await;
            }
        });
        Self { model, service, address, _serving: AbortOnDropHandle::new(serving) }
    }

    /// A client without a network.
    pub(crate) async fn client(&self) -> Client {
        let options = ClientOptions::default().with_token(Token::new(TOKEN));
        let endpoint = Endpoint::in_process(ServiceTransport::new(self.service.clone()));
        Client::connect_with(endpoint, options).await.unwrap()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// The same by its name, over TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn secure(&self) -> Endpoint {
        format!("https://localhost:{}", self.address.port()).parse().unwrap()
    }

    /// A client over a wire that can be cut.
    pub(crate) async fn wired(&self) -> (Client, Wire) {
        let wire = Wire::to(self.address).await;
        let options = ClientOptions::default().with_token(Token::new(TOKEN));
        let endpoint = format!("http://{}", wire.address).parse().unwrap();
        (Client::connect_with(endpoint, options).await.unwrap(), wire)
    }
}

/// Carries connections to a server, until it is told to cut them.
pub(crate) struct Wire {
    address: SocketAddr,
    cuts: watch::Sender<u32>,
    _task: AbortOnDropHandle<()>,
}

impl Wire {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = watch::Sender::new(0);
        let receiver = cuts.subscribe();
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut cut = receiver.clone();
                cut.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { address, cuts, _task: AbortOnDropHandle::new(task) }
    }

    /// Breaks every connection that is there. New ones are carried.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

/// The next of a run.
pub(crate) async fn next(run: &mut RunStream) -> RunItem {
    in_time(run.next()).await.expect("the run has ended").unwrap()
}

/// An item of a run as a line.
pub(crate) fn line(item: &RunItem) -> String {
    match item {
        RunItem::Accepted(_) => "accepted".to_owned(),
        RunItem::Event(event) => format!("{} {}", event.seq, kind(event)),
        RunItem::Delta(pb::Delta { delta: Some(pb::delta::Delta::Text(text)), .. }) => format!("~{text}"),
        RunItem::Delta(pb::Delta { delta: Some(pb::delta::Delta::ToolOutput(output)), .. }) => {
            format!("~~{}", output.text)
        }
        RunItem::Delta(_) => "~".to_owned(),
        RunItem::Finished(result) => format!("finished: {}", result.text),
        other => format!("{other:?}"),
    }
}

fn kind(event: &pb::SessionEvent) -> String {
    let json = serde_json::to_value(event).unwrap();
    let header = ["sessionId", "seq", "eventId", "epoch", "time", "causeEventId", "record"];
    let mut names = json.as_object().unwrap().keys().filter(|name| !header.contains(&name.as_str()));
    names.next().unwrap().clone()
}
