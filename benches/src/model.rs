//! The model layer: chunks decoded, what is added to a chunk on its way from the socket to a subscriber, tokens counted.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;
use tau_agent::tokens::{Encoding, count};
use tau_agent::transport::WireResponse;
use tau_agent::{Agent, format};
use tau_core::ContentBlock;
use tau_core::config::{Config, ProviderConfig};
use tau_core::event::{Seq, SessionConfig};
use tau_runtime::{Delta, Session, SessionOptions, Update};
use tau_testkit::chunk;
use tau_tools::ToolRegistry;
use tau_tools::environment::MemoryEnvironment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::cpu;
use crate::stats::{median, spread, verdict};

/// Chunks that are decoded in one measurement.
const CHUNKS: usize = 200_000;

/// Chunks that are timed on their way.
const TIMED: usize = 1_000;

/// Bytes of text whose tokens are counted.
const TEXT: usize = 8_000_000;

const GOAL_CHUNKS: f64 = 400_000.0;
const GOAL_ADDED_US: f64 = 30.0;
const GOAL_TOKENS: f64 = 5e6;

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(decoding(pairs))?;
    latency(pairs.min(5))?;
    counting(pairs);
    println!();
    Ok(())
}

/// CPU time of something.
async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let before = cpu::own_time();
    let made = work.await;
    (cpu::own_time() - before, made)
}

async fn decoding(pairs: usize) -> anyhow::Result<()> {
    let payload = chunk::text(" word").to_string();
    let event = Bytes::from(format!("data: {payload}\n\n"));
    let end = Bytes::from(format!("data: {}\n\ndata: [DONE]\n\n", chunk::finish("stop")));
    let format = format::by_name("openai-chat")?;
    let (mut floor, mut measured) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        let (took, ()) = timed(async {
            for _ in 0..CHUNKS {
                black_box(serde_json::from_str::<Value>(black_box(&payload)).ok());
            }
        })
        .await;
        floor.push(took.as_secs_f64());
        let chunks = std::iter::repeat_n(event.clone(), CHUNKS).chain([end.clone()]).map(Ok);
        let body = futures::stream::iter(chunks).boxed();
        let (took, events) = timed(async {
            format
                .decode_chat(WireResponse::new(200, "text/event-stream", body))
                .fold(0, async |n, _| n + 1)
                .await
        })
        .await;
        anyhow::ensure!(events == CHUNKS + 1, "{events} events came");
        measured.push(took.as_secs_f64());
    }
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let rate = |seconds: f64| CHUNKS as f64 / seconds;
    let (floor_rate, ours) = (rate(median(floor.iter().copied())), rate(median(measured.iter().copied())));
    println!("{CHUNKS} small chunks of an answer, CPU time, {pairs} runs, medians");
    println!("  {:44} {floor_rate:>12.0}/s", "floor: serde_json reading the same values");
    println!(
        "  {:44} {ours:>12.0}/s  {:.2} of the floor  noise {:.0}%  goal {GOAL_CHUNKS:.0}/s {}",
        "decoded, events and all",
        ours / floor_rate,
        spread(measured) * 100.0,
        verdict(ours >= GOAL_CHUNKS),
    );
    Ok(())
}

/// A clock that the server and who listens to it share.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn now(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Sends chunks that say when they were sent, one at a time.
async fn serve(listener: TcpListener, clock: Clock) -> anyhow::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        read_request(&mut stream).await?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        for _ in 0..TIMED {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let chunk = format!("data: {}\n\n", chunk::text(&clock.now().to_string()));
            stream.write_all(chunk.as_bytes()).await?;
        }
        let end = format!("data: {}\n\ndata: [DONE]\n\n", chunk::finish("stop"));
        stream.write_all(end.as_bytes()).await?;
        stream.shutdown().await?;
    }
}

/// Reads a request whose length is stated.
async fn read_request(stream: &mut TcpStream) -> anyhow::Result<()> {
    let mut request = Vec::new();
    loop {
        anyhow::ensure!(stream.read_buf(&mut request).await? > 0, "the client is gone");
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(());
        }
    }
}

fn latency(runs: usize) -> anyhow::Result<()> {
    let clock = Clock(Instant::now());
    let (sender, address) = std::sync::mpsc::channel();
    // A thread of its own, so that neither waits for the other's turn. It ends with the process.
    std::thread::spawn(move || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            sender.send(listener.local_addr()?)?;
            serve(listener, clock).await
        })
    });
    let base_url = format!("http://{}/v1", address.recv().context("the server did not start")?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        floor.push(runtime.block_on(bare(&base_url, clock))?);
        ours.push(runtime.block_on(subscriber(&base_url, clock))?);
    }
    let (floor, added) =
        (median(floor.iter().copied()), median(floor.iter().zip(&ours).map(|(floor, ours)| ours - floor)));
    println!("{TIMED} chunks from the server's write on, wall time, p50, {runs} runs, medians");
    println!("  {:44} {floor:>9.1} us", "floor: reqwest has the bytes");
    println!(
        "  {:44} {added:>9.1} us  goal {GOAL_ADDED_US} us {}",
        "added until a subscriber has the words",
        verdict(added <= GOAL_ADDED_US),
    );
    Ok(())
}

/// The median of times in microseconds.
fn microseconds(nanos: &[u64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "small")]
    median(nanos.iter().map(|nanos| *nanos as f64 / 1e3))
}

/// How long the bytes of a chunk are on their way to a bare client.
async fn bare(base_url: &str, clock: Clock) -> anyhow::Result<f64> {
    let url = format!("{base_url}/chat/completions");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).tcp_nodelay(true).build()?;
    let mut body = client.post(url).body("{}").send().await?.bytes_stream();
    let mut times = Vec::with_capacity(TIMED);
    while let Some(bytes) = body.next().await {
        let (bytes, now) = (bytes?, clock.now());
        let sent = std::str::from_utf8(&bytes)?.split_once("\"content\":\"").map(|(_, rest)| rest);
        if let Some(sent) = sent.and_then(|rest| rest.split('"').next()?.parse::<u64>().ok()) {
            times.push(now.saturating_sub(sent));
        }
    }
    anyhow::ensure!(times.len() > TIMED / 2, "chunks came joined: {} of {TIMED}", times.len());
    Ok(microseconds(&times))
}

/// How long the words of a chunk are on their way to a subscriber of a session.
async fn subscriber(base_url: &str, clock: Clock) -> anyhow::Result<f64> {
    let mut config = Config::default();
    config.providers.insert("timed".to_owned(), ProviderConfig::new(base_url));
    let agent = Agent::new(&config.resolve("timed/m")?)?;
    let files = MemoryEnvironment::new::<&str, &str>([])?;
    let options =
        SessionOptions::new(SessionConfig::new("timed/m"), agent, ToolRegistry::default(), Arc::new(files));
    let (session, handle) = Session::new(options);
    let mut updates = handle.subscribe(Seq::default());
    let task = tokio::spawn(session.run(CancellationToken::new()));
    handle.prompt([ContentBlock::text("Go")]).await?;
    let mut times = Vec::with_capacity(TIMED);
    while let Some(update) = updates.next().await {
        match update {
            Update::Delta(Delta::Text(text)) => times.push(clock.now().saturating_sub(text.parse()?)),
            Update::Event(event) if event.body.kind() == "run_finished" => break,
            _ => {}
        }
    }
    drop(handle);
    task.await??;
    anyhow::ensure!(times.len() == TIMED, "{} of {TIMED} chunks came", times.len());
    Ok(microseconds(&times))
}

fn counting(pairs: usize) {
    const PIECE: &str = "fn main() { println!(\"The quick brown fox jumps over the lazy dog, 42 times.\"); }\n\
                         Grüße aus Köln; the answer is yes, and the file is src/main.rs:17.\n";
    let text = PIECE.repeat(TEXT / PIECE.len());
    let tokens = count(&text, Encoding::O200k);
    let cpu_of = |work: &dyn Fn() -> u64| {
        let before = cpu::own_time();
        black_box(work());
        (cpu::own_time() - before).as_secs_f64()
    };
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        floor.push(cpu_of(&|| text.split_ascii_whitespace().count() as u64));
        ours.push(cpu_of(&|| count(&text, Encoding::O200k)));
    }
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let rate = |seconds: f64| tokens as f64 / seconds;
    let (floor, rate_of_ours) = (rate(median(floor)), rate(median(ours.iter().copied())));
    println!("{tokens} tokens of {TEXT} bytes, CPU time, {pairs} runs, medians");
    println!("  {:44} {:>9.1} Mtok/s", "floor: the text split at blanks", floor / 1e6);
    println!(
        "  {:44} {:>9.1} Mtok/s  1/{:.0} of the floor  noise {:.0}%  goal {} Mtok/s {}",
        "counted, o200k",
        rate_of_ours / 1e6,
        floor / rate_of_ours,
        spread(ours) * 100.0,
        GOAL_TOKENS / 1e6,
        verdict(rate_of_ours >= GOAL_TOKENS),
    );
}
