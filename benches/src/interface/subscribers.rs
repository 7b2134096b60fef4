//! A thousand subscribers of one session.
//!
//! The floor encodes for each subscriber. What JSON costs more than protobuf is there an encoding and its longer text, and
//! for whoever encodes once the longer text alone: a bound for encodings, not a count of them.

use std::time::Instant;

use tau_proto::runtime::v1::DeltaMode;
use tokio::task::JoinSet;

use super::Flow;
use super::served::{Served, Sessions, Subscriber, run};
use crate::role::Who;
use crate::stats::median;

const SUBSCRIBERS: usize = 1_000;

/// Streams of a connection.
const STREAMS: usize = 500;

const WORDS: u64 = 1_000;

/// Words to one subscriber, so that they take long enough to be measured.
const WORDS_TO_ONE: u64 = 100_000;

/// Events of a new session.
const CREATED: u64 = 1;

/// A million messages each are enough.
const MAX_PAIRS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Codec {
    Proto,
    Json,
}

pub(super) async fn bench(pairs: usize) -> anyhow::Result<()> {
    let pairs = pairs.min(MAX_PAIRS);
    println!("{WORDS} words of one run to {SUBSCRIBERS} subscribers, {pairs} pairs, medians");
    println!("  {:32} {:>16} {:>16} {:>8}", "", "CPU a word (us)", "a message (ns)", "lost");
    let cases = [
        ("tau, 1 subscriber", Who::Tau, Codec::Proto, 1, WORDS_TO_ONE),
        ("tau", Who::Tau, Codec::Proto, SUBSCRIBERS, WORDS),
        ("tau, JSON", Who::Tau, Codec::Json, SUBSCRIBERS, WORDS),
        ("bare, encoding for each", Who::Bare, Codec::Proto, SUBSCRIBERS, WORDS),
        ("bare, encoding for each, JSON", Who::Bare, Codec::Json, SUBSCRIBERS, WORDS),
    ];
    let mut flows = vec![Vec::new(); cases.len()];
    for _ in 0..pairs {
        for ((_, who, codec, subscribers, words), flows) in cases.iter().zip(&mut flows) {
            flows.push(measure(*who, *codec, *subscribers, *words).await?);
        }
    }
    let mut costs = Vec::new();
    for ((name, _, _, _, words), flows) in cases.iter().zip(&flows) {
        let of_word = |flow: &Flow| flow.cpu.as_secs_f64() * 1e6 / *words as f64;
        let cost = median(flows.iter().map(Flow::nanoseconds));
        println!(
            "  {name:32} {:>16.2} {cost:>16.0} {:>7.1}%",
            median(flows.iter().map(of_word)),
            median(flows.iter().map(Flow::lost)) * 100.0
        );
        costs.push(cost);
    }
    if let [_, tau, tau_json, bare, bare_json] = costs[..] {
        println!(
            "  what JSON costs more, a message (ns): tau {:.0}, bare {:.0}\n",
            tau_json - tau,
            bare_json - bare
        );
    }
    Ok(())
}

async fn measure(who: Who, codec: Codec, subscribers: usize, words: u64) -> anyhow::Result<Flow> {
    let served = Served::start(who).await?;
    let sessions = served.sessions().await?;
    let session = served.session(&sessions).await?;
    // The floor streams as soon as it is called, and as much as the cursor says.
    let (cpu, start) = (served.cpu()?, Instant::now());
    let mut following = JoinSet::new();
    let after = if who == Who::Bare { words } else { CREATED };
    let mut clients = Vec::new();
    for _ in 0..subscribers.div_ceil(STREAMS) {
        let config = served.config()?;
        let config = if codec == Codec::Json { config.json() } else { config };
        clients.push(Sessions::new(served.connect().await?, config));
    }
    for client in clients.iter().cycle().take(subscribers) {
        let mut subscriber = Subscriber::new(client, &session, after).await?;
        following.spawn(async move { subscriber.words(words).await });
    }
    let opened = (served.cpu()?, Instant::now());
    let (cpu, start) = if who == Who::Bare { (cpu, start) } else { opened };
    if who == Who::Tau {
        run(&sessions, &session, words, DeltaMode::Excluded).await?;
    }
    let (mut events, mut lost) = (0, 0);
    while let Some(read) = following.join_next().await {
        let (came, passed) = read??;
        events += came;
        lost += passed;
    }
    Ok(Flow { wall: start.elapsed(), cpu: served.cpu()?.saturating_sub(cpu), events, lost })
}
