//! Words of a model, through the whole runtime, to one caller.

use std::time::Instant;

use tau_proto::runtime::v1::DeltaMode;

use super::served::{Served, run};
use super::{Flow, WARM_UP};
use crate::role::{self, Who};
use crate::stats::{median, ratio, spread, verdict};

const WORDS: u64 = 200_000;

/// Words a second of a core.
const GOAL: f64 = 500_000.0;

/// How much more than the floor it may cost.
const FACTOR: f64 = 1.25;

pub(super) async fn bench(pairs: usize) -> anyhow::Result<()> {
    let (mut bare, mut alone, mut tau) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        bare.push(over_tcp(Who::Bare).await?);
        alone.push(role::measure::<Flow>(["deltas", &WORDS.to_string()]).await?);
        tau.push(over_tcp(Who::Tau).await?);
    }
    println!("{WORDS} words of one run to one caller, {pairs} pairs, medians");
    println!("  {:32} {:>12} {:>18} {:>8} {:>8}", "", "events/s", "events/s of a core", "lost", "noise");
    let rows = [("bare connectrpc stream", &bare), ("tau session, no interface", &alone), ("tau, TCP", &tau)];
    for (name, flows) in rows {
        println!(
            "  {name:32} {:>12.0} {:>18.0} {:>7.1}% {:>7.0}%",
            median(flows.iter().map(Flow::per_second)),
            median(flows.iter().map(Flow::per_core)),
            median(flows.iter().map(Flow::lost)) * 100.0,
            spread(flows.iter().map(Flow::per_core)) * 100.0,
        );
    }
    // What the interface adds to a session, beside what the floor adds to nothing.
    let added: Vec<f64> =
        tau.iter().zip(&alone).map(|(tau, alone)| tau.nanoseconds() - alone.nanoseconds()).collect();
    let factor = ratio(&bare, &tau, Flow::nanoseconds);
    println!("  CPU of an event, tau / bare: {factor:.2}");
    println!(
        "  CPU of an event (ns): bare {:.0}, session {:.0}, what the interface adds to it {:.0}",
        median(bare.iter().map(Flow::nanoseconds)),
        median(alone.iter().map(Flow::nanoseconds)),
        median(added)
    );
    println!(
        "  goal: {GOAL:.0} events/s of a core: {}, within {FACTOR} of the floor: {}\n",
        verdict(median(tau.iter().map(Flow::per_core)) >= GOAL),
        verdict(factor <= FACTOR)
    );
    Ok(())
}

async fn over_tcp(who: Who) -> anyhow::Result<Flow> {
    let served = Served::start(who).await?;
    let sessions = served.sessions().await?;
    let session = served.session(&sessions).await?;
    run(&sessions, &session, WARM_UP, DeltaMode::Included).await?;
    let (cpu, start) = (served.cpu()?, Instant::now());
    let (events, lost) = run(&sessions, &session, WORDS, DeltaMode::Included).await?;
    Ok(Flow { wall: start.elapsed(), cpu: served.cpu()?.saturating_sub(cpu), events, lost })
}
