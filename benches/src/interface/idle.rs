//! Sessions that wait, each with somebody who follows it.

use tau_proto::runtime::v1::DeltaMode;

use super::served::{Served, Sessions, Subscriber, run};
use crate::cpu;
use crate::role::Who;
use crate::stats::verdict;

const SESSIONS: usize = 10_000;

/// Streams of a connection.
const STREAMS: usize = 500;

/// Words of the run that each session has had.
const WORDS: u64 = 16;

/// Megabytes of all.
const GOAL: f64 = 600.0;

/// What a server holds.
struct Held {
    before: f64,
    after: f64,
}

pub(super) async fn bench() -> anyhow::Result<()> {
    let (bare, tau) = (measure(Who::Bare).await?, measure(Who::Tau).await?);
    println!(
        "{SESSIONS} idle sessions of one short run, with a subscription each, over {} connections",
        SESSIONS / STREAMS
    );
    println!("  {:32} {:>12} {:>12} {:>16}", "", "before (MB)", "after (MB)", "a session (KB)");
    for (name, held) in [("bare connectrpc, open streams", &bare), ("tau", &tau)] {
        let each = (held.after - held.before) * 1e3 / SESSIONS as f64;
        println!("  {name:32} {:>12.1} {:>12.1} {each:>16.1}", held.before, held.after);
    }
    println!("  goal: {GOAL:.0} MB: {}\n", verdict(tau.after <= GOAL));
    Ok(())
}

async fn measure(who: Who) -> anyhow::Result<Held> {
    let served = Served::start(who).await?;
    let control = served.sessions().await?;
    let memory = || anyhow::Ok(cpu::memory_of(served.pid)? as f64 / 1e6);
    // What a server needs once is paid for by a session that is not counted.
    let _first = idle(&served, &control, &control, who).await?;
    let before = memory()?;
    let mut subscribers = Vec::with_capacity(SESSIONS);
    while subscribers.len() < SESSIONS {
        let client = served.sessions().await?;
        for _ in 0..STREAMS {
            subscribers.push(idle(&served, &control, &client, who).await?);
        }
    }
    Ok(Held { before, after: memory()? })
}

/// A session that waits after a run, and its subscriber.
async fn idle(
    served: &Served,
    control: &Sessions,
    client: &Sessions,
    who: Who,
) -> anyhow::Result<Subscriber> {
    let session = served.session(control).await?;
    if who == Who::Bare {
        return Subscriber::new(client, &session, 0).await;
    }
    run(control, &session, WORDS, DeltaMode::Included).await?;
    let mut subscriber = Subscriber::new(client, &session, 0).await?;
    subscriber.caught_up().await?;
    Ok(subscriber)
}
