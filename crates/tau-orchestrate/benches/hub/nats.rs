//! Over a NATS server, against bare async-nats on the same server.

use std::hint::black_box;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::ConnectOptions;
use bytes::Bytes;
use futures::StreamExt;
use tau_orchestrate::hub::{Hub, Message, NatsTransport, ParticipantId};
use tokio::sync::Semaphore;

use super::{PAIRS, Pair, cpu_time, header, p50, row};

/// Messages that are under way at the same time: fewer than a subscription has room for.
const BURST: u32 = 10_000;
const BURSTS: u32 = 10;
const REQUESTS: usize = 5_000;
const BODY: Bytes = Bytes::from_static(&[b'x'; 256]);

struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server() -> Option<Server> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("nats").join("bin/nats-server");
    if !program.exists() {
        return None;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program);
    command.args(["-a", "127.0.0.1", "-p", &port.to_string()]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(Server { child, url: format!("nats://127.0.0.1:{port}") })
}

/// A beginning, by both clocks.
struct Begin {
    cpu: Duration,
    clock: Instant,
}

impl Begin {
    fn now() -> Self {
        Self { cpu: cpu_time(), clock: Instant::now() }
    }

    /// Messages a second: of CPU time of the thread that sent and received them, and by the clock.
    fn rates(&self) -> (f64, f64) {
        let rate = |time: Duration| f64::from(BURSTS * BURST) / time.as_secs_f64();
        (rate(cpu_time() - self.cpu), rate(self.clock.elapsed()))
    }
}

async fn bare_publish(server: &Server) -> (f64, f64) {
    let left = async_nats::connect(&server.url).await.unwrap();
    let right = async_nats::connect(&server.url).await.unwrap();
    let mut messages = right.subscribe("bench.to.echo").await.unwrap();
    // The server answers in order: behind this, it knows the subscription.
    right.request("bench.nobody", Bytes::new()).await.unwrap_err();
    let begin = Begin::now();
    for _ in 0..BURSTS {
        for _ in 0..BURST {
            left.publish("bench.to.echo", BODY).await.unwrap();
        }
        for _ in 0..BURST {
            black_box(messages.next().await.unwrap());
        }
    }
    begin.rates()
}

async fn bare_requests(server: &Server) -> f64 {
    let left = async_nats::connect(&server.url).await.unwrap();
    let right = async_nats::connect(&server.url).await.unwrap();
    let mut messages = right.subscribe("bench.to.echo").await.unwrap();
    right.request("bench.nobody", Bytes::new()).await.unwrap_err();
    let echo = tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            right.publish(message.reply.unwrap(), message.payload).await.unwrap();
        }
    });
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begin = Instant::now();
        black_box(left.request("bench.to.echo", BODY).await.unwrap());
        times.push(begin.elapsed());
    }
    echo.abort();
    p50(&mut times)
}

async fn hub(server: &Server) -> Hub {
    let transport = NatsTransport::connect(&server.url, "bench", ConnectOptions::new()).await.unwrap();
    Hub::builder("bench").transport(transport).build().await.unwrap()
}

async fn publish(server: &Server) -> (f64, f64) {
    let (left, right) = (hub(server).await, hub(server).await);
    let come = Arc::new(Semaphore::new(0));
    let counted = Arc::clone(&come);
    right
        .register("echo", move |message: Message| {
            let counted = Arc::clone(&counted);
            async move {
                black_box(message.body());
                counted.add_permits(1);
            }
        })
        .await
        .unwrap();
    let id = ParticipantId::try_from("echo").unwrap();
    let begin = Begin::now();
    for _ in 0..BURSTS {
        for _ in 0..BURST {
            left.send(Message::to(&id).body(BODY)).await.unwrap();
        }
        come.acquire_many(BURST).await.unwrap().forget();
    }
    let rates = begin.rates();
    for hub in [left, right] {
        hub.shutdown(Duration::from_secs(1)).await;
    }
    rates
}

async fn requests(server: &Server) -> f64 {
    let (left, right) = (hub(server).await, hub(server).await);
    right.register("echo", async |message: Message| message.body().clone()).await.unwrap();
    let id = ParticipantId::try_from("echo").unwrap();
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begin = Instant::now();
        black_box(left.request(Message::to(&id).body(BODY)).await.unwrap());
        times.push(begin.elapsed());
    }
    for hub in [left, right] {
        hub.shutdown(Duration::from_secs(1)).await;
    }
    p50(&mut times)
}

pub(crate) async fn bench() {
    let Some(server) = server() else {
        println!("over NATS: skipped, no server; `cargo xtask test --only hub` installs one");
        return;
    };
    header("over NATS, one thread beside the server; floor: bare async-nats");
    let (mut of_a_core, mut by_the_clock, mut asked) =
        (Vec::<Pair>::new(), Vec::<Pair>::new(), Vec::<Pair>::new());
    for _ in 0..PAIRS {
        let (floor, measured) = (bare_publish(&server).await, publish(&server).await);
        of_a_core.push((floor.0, measured.0));
        by_the_clock.push((floor.1, measured.1));
        asked.push((bare_requests(&server).await, requests(&server).await));
    }
    row("point to point, of a core (goal 1/1.2 = 0.83)", "messages/s", &of_a_core);
    row("point to point, by the clock", "messages/s", &by_the_clock);
    row("request and reply, p50 (goal 1.2)", "us", &asked);
    println!();
}
