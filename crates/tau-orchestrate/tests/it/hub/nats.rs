//! The transport over NATS, with a real server. `cargo xtask test --only hub` installs it; without one, these tests say so and
//! prove nothing.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_nats::ConnectOptions;
use tau_orchestrate::hub::{
    Hub, HubErrorKind, Message, NatsTransport, OutboxOptions, Transport, TransportErrorKind, TransportStatus,
};
use tokio::time::{sleep, timeout};

use super::support::{Notes, SECOND};
use super::transports::{Ends, suite};

/// A server of its own, ended with the test.
struct Server {
    child: Child,
    port: u16,
    args: Vec<String>,
}

impl Server {
    /// None where no server is installed.
    fn start(args: &[&str]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        Some(Self { child: Self::spawn(port, &args)?, port, args })
    }

    #[expect(clippy::print_stderr, reason = "what is skipped must be seen")]
    fn spawn(port: u16, args: &[String]) -> Option<Child> {
        let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("nats").join("bin/nats-server");
        let of_the_system = Path::new("/usr/sbin/nats-server");
        let Some(program) = [installed.as_path(), of_the_system].into_iter().find(|path| path.exists())
        else {
            eprintln!("SKIPPED: no nats-server; `cargo xtask test --only hub` installs one");
            return None;
        };
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", &port.to_string()]).args(args);
        Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(self.port, &self.args).unwrap();
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    async fn connect(&self) -> NatsTransport {
        let again = |_| Duration::from_millis(50);
        let options = ConnectOptions::new().reconnect_delay_callback(again);
        for _ in 0..200 {
            if let Ok(transport) = NatsTransport::connect(self.url(), "tau", options.clone()).await {
                return transport;
            }
            sleep(Duration::from_millis(50)).await;
        }
        NatsTransport::connect(self.url(), "tau", options).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An end that keeps the server alive.
struct Served {
    transport: NatsTransport,
    _server: Arc<Server>,
}

impl Transport for Served {
    fn publish(
        &self,
        subject: tau_orchestrate::hub::Subject,
        frame: bytes::Bytes,
    ) -> futures::future::BoxFuture<'_, Result<(), tau_orchestrate::hub::TransportError>> {
        self.transport.publish(subject, frame)
    }

    fn subscribe(
        &self,
        pattern: tau_orchestrate::hub::Pattern,
    ) -> futures::future::BoxFuture<
        '_,
        Result<tau_orchestrate::hub::Frames, tau_orchestrate::hub::TransportError>,
    > {
        self.transport.subscribe(pattern)
    }

    fn status(&self) -> tokio::sync::watch::Receiver<TransportStatus> {
        self.transport.status()
    }
}

async fn nats() -> Option<Ends> {
    let server = Arc::new(Server::start(&[])?);
    let left = Served { transport: server.connect().await, _server: Arc::clone(&server) };
    let right = Served { transport: server.connect().await, _server: server };
    Some((Arc::new(left), Arc::new(right)))
}

mod conformance {
    super::suite!(super::nats);
}

async fn hub(transport: &NatsTransport, name: &str) -> Hub {
    let options = OutboxOptions::default().retry(Duration::from_secs(600), Duration::from_secs(600));
    Hub::builder(name).transport(transport.clone()).outbox(options).build().await.unwrap()
}

/// Retries come after ten minutes here: what arrives was sent because the connection is back. Both hubs share one, so that the
/// receiver is back when the sender is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gone_and_back_what_must_arrive_does() {
    let Some(mut server) = Server::start(&[]) else { return };
    let transport = server.connect().await;
    let (left, right) = (hub(&transport, "left").await, hub(&transport, "right").await);
    let notes = Notes::new();
    right.register("bob", notes.clone()).await.unwrap();
    left.request(Message::to("bob").body("before")).await.unwrap();

    server.stop();
    let mut status = transport.status();
    let lost = status.wait_for(|status| *status == TransportStatus::Disconnected);
    timeout(SECOND * 20, lost).await.unwrap().unwrap();
    let error = left.send(Message::to("bob").body("lost")).await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::TransportFailed);
    for number in 0..10 {
        left.send(Message::to("bob").body(number.to_string()).must_arrive()).await.unwrap();
    }
    assert_eq!((left.metrics().outbox_depth, notes.bodies().len()), (10, 1));

    server.start_again();
    timeout(SECOND * 20, async {
        notes.after(11).await;
        while left.metrics().outbox_depth > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let mut bodies = notes.bodies();
    bodies.sort();
    assert_eq!(bodies, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "before"]);
    let reply = left.request(Message::to("bob").body("after")).await.unwrap();
    assert_eq!(reply.text().unwrap(), "after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_refused() {
    let Some(server) = Server::start(&[]) else { return };
    let left = hub(&server.connect().await, "left").await;
    let error = left.send(Message::to("bob").body(vec![0; 2 << 20])).await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::TransportFailed);
    assert!(error.to_string().contains("larger than the transport takes"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_prefixes_share_a_server_and_nothing_else() {
    let Some(server) = Server::start(&[]) else { return };
    let left = hub(&server.connect().await, "left").await;
    let other = NatsTransport::connect(server.url(), "other.prefix", ConnectOptions::new()).await.unwrap();
    let other = Hub::builder("other").transport(other).build().await.unwrap();
    other.register("bob", Notes::new()).await.unwrap();
    let request = Message::to("bob").deadline_in(Duration::from_millis(200));
    assert_eq!(left.request(request).await.unwrap_err().kind(), HubErrorKind::DeadlineExceeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_server_and_no_credentials_are_told() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("nats://127.0.0.1:{nobody}");
    let error = NatsTransport::connect(url.as_str(), "tau", ConnectOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    let error = NatsTransport::connect(url.as_str(), "a b", ConnectOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    let Some(server) = Server::start(&["--auth", "planted-token-5b1d"]) else { return };
    let with = |token: &str| ConnectOptions::with_token(token.to_owned());
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", server.port)).is_ok() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let error = NatsTransport::connect(server.url(), "tau", with("wrong-token")).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("wrong-token"));
    NatsTransport::connect(server.url(), "tau", with("planted-token-5b1d")).await.unwrap();
}
