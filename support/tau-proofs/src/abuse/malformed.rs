//! Malformed requests for every call: the server lives, answers each with a typed error, and keeps no memory for them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use tau_testkit::random::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::bombs::Bombs;
use super::call::Client;
use super::case::{Case, Wrong, next, no_http};
use super::good::GoodClient;
use super::judge::{Verdict, judge};
use super::methods::{METHODS, Method};
use crate::served::Served;

/// Requests that go on at a time.
const WORKERS: usize = 8;
/// After so many requests a good one must succeed.
const GOOD_ONE_IN: usize = 250;
/// The longest that bytes that are no HTTP may hold a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// What memory may have grown over the second half of a run: beyond it something is kept for each request.
const MAX_GROWTH: f64 = 0.10;
/// Where a message was unpacked up to its limit the allocator may keep the place for the next: one for each of a few threads.
const BYTES_OF_NOISE: u64 = 64 << 20;
/// The most examples that are shown of what went wrong.
const SHOWN: usize = 10;

/// Send malformed requests to every call
#[derive(Debug, Clone, Args)]
pub(super) struct Options {
    /// Requests for each call
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    /// Where the random requests begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Calls whose path holds this alone
    #[arg(long, default_value = "")]
    only: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { requests: 100_000, seed: 1, only: String::new() }
    }
}

/// What came of the requests.
#[derive(Debug, Default)]
struct Tally {
    /// For each thing that was wrong, how often each verdict was given.
    verdicts: BTreeMap<Wrong, BTreeMap<Verdict, usize>>,
    good: usize,
    /// What must not be.
    faults: Vec<String>,
}

impl Tally {
    /// Counts an answer, and notes it where it must not be.
    fn judge(&mut self, wrong: Wrong, verdict: Verdict, request: impl FnOnce() -> String) {
        if !is_right(wrong, &verdict) {
            self.faults.push(format!("{}: {verdict:?}", request()));
        }
        *self.verdicts.entry(wrong).or_default().entry(verdict).or_default() += 1;
    }

    fn merge(&mut self, other: Self) {
        for (wrong, verdicts) in other.verdicts {
            for (verdict, count) in verdicts {
                *self.verdicts.entry(wrong).or_default().entry(verdict).or_default() += count;
            }
        }
        self.good += other.good;
        self.faults.extend(other.faults);
    }
}

/// Whether the server passed.
pub(super) async fn run(options: &Options) -> anyhow::Result<bool> {
    let mut served = Served::start(&[]).await?;
    let bombs = Arc::new(Bombs::new()?);
    let methods = || METHODS.iter().filter(|method| method.path().contains(&options.only));
    println!(
        "{} malformed requests for each of {} calls, seed {}",
        options.requests,
        methods().count(),
        options.seed
    );
    // What a server keeps for good it has after this.
    for method in methods() {
        attack(method, &served, &bombs, options.requests.min(1_000), options.seed).await?;
    }
    let mut memory = vec![resident(served.pid).await?];
    let (mut total, start) = (Tally::default(), Instant::now());
    for method in methods() {
        let began = Instant::now();
        let tally = attack(method, &served, &bombs, options.requests, options.seed + 1).await?;
        memory.push(resident(served.pid).await?);
        println!(
            "  {:55} {:>6.1} s  {:>4} MB",
            method.path(),
            began.elapsed().as_secs_f64(),
            memory.last().unwrap_or(&0) >> 20
        );
        total.merge(tally);
        if !served.lives() {
            total.faults.push(format!("the server died under {}", method.path()));
            break;
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    memory.push(resident(served.pid).await?);
    Ok(told(&total, &memory, start.elapsed()))
}

/// Prints what came of it; whether that is as it must be.
fn told(total: &Tally, memory: &[u64], took: Duration) -> bool {
    println!("\n  {:18} {:>9} {:>9} {:>6} {:>8}", "wrong", "requests", "typed", "HTTP", "other");
    let (mut all, mut others) = (0, 0);
    for (wrong, verdicts) in &total.verdicts {
        let count = |is: fn(&Verdict) -> bool| -> usize {
            verdicts.iter().filter(|(verdict, _)| is(verdict)).map(|(_, count)| count).sum()
        };
        let (typed, http) = (
            count(|verdict| matches!(verdict, Verdict::Typed(_))),
            count(|verdict| matches!(verdict, Verdict::Http(_))),
        );
        let sum: usize = verdicts.values().sum();
        println!("  {:18} {sum:>9} {typed:>9} {http:>6} {:>8}", format!("{wrong:?}"), sum - typed - http);
        all += sum;
        others += sum - typed - http;
    }
    let mut reasons: BTreeMap<&Verdict, usize> = BTreeMap::new();
    for (verdict, count) in total.verdicts.values().flatten() {
        *reasons.entry(verdict).or_default() += count;
    }
    println!("\n  answers:");
    for (verdict, count) in &reasons {
        println!("  {count:>9}  {verdict:?}");
    }
    let (early, late) = memory.split_at(memory.len() / 2);
    let (early, late) = (least(early), least(late));
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory, far below 2^52")]
    let is_kept =
        late.saturating_sub(early) > BYTES_OF_NOISE && late as f64 > early as f64 * (1.0 + MAX_GROWTH);
    println!(
        "\n  {all} requests in {:.0} s, {others} without a typed error; {} good calls in between; least memory {} MB in \
         the first half, {} MB in the second: {}",
        took.as_secs_f64(),
        total.good,
        early >> 20,
        late >> 20,
        if is_kept { "IT GROWS" } else { "it does not grow" }
    );
    for fault in total.faults.iter().take(SHOWN) {
        println!("  FAULT {fault}");
    }
    println!("  {} faults\n", total.faults.len());
    total.faults.is_empty() && !is_kept
}

/// What a server has when no bomb is being unpacked.
fn least(memory: &[u64]) -> u64 {
    memory.iter().copied().min().unwrap_or_default()
}

/// Sends requests for one call, from several sides at a time.
async fn attack(
    method: &'static Method,
    served: &Served,
    bombs: &Arc<Bombs>,
    requests: usize,
    seed: u64,
) -> anyhow::Result<Tally> {
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let share = requests / WORKERS + usize::from(worker < requests % WORKERS);
        let place = METHODS.iter().position(|other| other.path() == method.path()).unwrap_or_default();
        let random = Random::new(seed.wrapping_mul(1_000_003) + (place * WORKERS + worker) as u64);
        let (address, token, bombs) = (served.address.clone(), served.token.clone(), Arc::clone(bombs));
        workers.spawn(async move { work(method, random, share, (&address, &token), &bombs).await });
    }
    let mut total = Tally::default();
    while let Some(tally) = workers.join_next().await {
        total.merge(tally??);
    }
    Ok(total)
}

async fn work(
    method: &Method,
    mut random: Random,
    requests: usize,
    (address, token): (&str, &str),
    bombs: &Bombs,
) -> anyhow::Result<Tally> {
    let (mut client, mut good) = (Client::new(address), GoodClient::new(address, token));
    let mut tally = Tally::default();
    for number in 0..requests {
        if number % GOOD_ONE_IN == 0 {
            good.call().await.context("a good call between malformed ones")?;
            tally.good += 1;
        }
        let wrong = next(&mut random);
        if wrong == Wrong::NoHttp {
            let bytes = no_http(&mut random, method, token);
            let verdict = raw(address, &bytes).await?;
            tally
                .judge(wrong, verdict, || format!("{} {:?}", method.path(), String::from_utf8_lossy(&bytes)));
            continue;
        }
        let case = Case::new(&mut random, method, wrong, bombs, token)?;
        let shown = format!("{} {:?} {:?} {:?}", method.path(), case.wrong, case.protocol, case.version);
        let verdict = match client.send(case.version, case.request).await {
            Ok(answer) => judge(case.protocol, &answer),
            Err(error) => Verdict::Untyped(format!("{error:#}")),
        };
        tally.judge(wrong, verdict, || shown);
    }
    Ok(tally)
}

/// Whether what is wrong may be answered so.
fn is_right(wrong: Wrong, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Typed(_) => true,
        // What is no HTTP is in no protocol; it may be closed without an answer, and is not carried out.
        Verdict::Http(status) if wrong == Wrong::NoHttp => !(200..300).contains(status),
        // The protocol cannot be known, so its error cannot be given.
        Verdict::Http(status) => wrong == Wrong::UnknownContentType && *status == 415,
        Verdict::Success | Verdict::Untyped(_) => false,
    }
}

/// Sends bytes and no more, and reads what comes until the server closes.
async fn raw(address: &str, bytes: &[u8]) -> anyhow::Result<Verdict> {
    let mut stream = TcpStream::connect(address).await?;
    // The server may have closed already.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut told = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut told)).await;
    read.context("the server holds a connection that ended").map(|_| Verdict::Http(status(&told)))
}

/// The status of an answer in HTTP/1; 0 where there is none.
fn status(told: &[u8]) -> u16 {
    let told = String::from_utf8_lossy(told);
    let status = told.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// The memory of a process that is in use, in bytes. Linux.
async fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = tokio::fs::read_to_string(format!("/proc/{pid}/status")).await?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::{Tally, Verdict, Wrong};

    #[test]
    fn only_an_error_is_an_answer_to_what_is_wrong() {
        let typed = || Verdict::Typed("invalid_argument malformed".to_owned());
        let right = [
            (Wrong::RandomBytes, typed()),
            (Wrong::UnknownContentType, Verdict::Http(415)),
            (Wrong::NoHttp, Verdict::Http(0)),
            (Wrong::NoHttp, Verdict::Http(400)),
        ];
        let faults = [
            (Wrong::NoHttp, Verdict::Http(200)),
            (Wrong::NoHttp, Verdict::Http(204)),
            (Wrong::RandomBytes, Verdict::Http(415)),
            (Wrong::UnknownContentType, Verdict::Http(404)),
            (Wrong::BadUtf8, Verdict::Success),
            (Wrong::Bomb, Verdict::Untyped("it broke off".to_owned())),
        ];
        let mut tally = Tally::default();
        for (wrong, verdict) in right {
            tally.judge(wrong, verdict, || "right".to_owned());
        }
        for (wrong, verdict) in faults.clone() {
            tally.judge(wrong, verdict, || format!("{wrong:?}"));
        }
        let noted = faults.map(|(wrong, verdict)| format!("{wrong:?}: {verdict:?}"));
        assert_eq!(tally.faults, noted);
    }
}
