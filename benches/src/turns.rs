//! A turn's CPU time, over a session of 200.

use crate::role::{self, Measured, Moment, Who};
use crate::scenario::{ENDS, TURNS, server};
use crate::stats::{median, ms, verdict};

/// What a turn of one session cost, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// CPU time of all turns.
    all: f64,
    /// CPU time of the first turns.
    first: f64,
    /// CPU time of the last turns.
    last: f64,
    /// Time of all turns.
    wall: f64,
}

/// One of each kind.
#[derive(Debug, Clone, Copy)]
struct Round {
    bare: Cost,
    bytes: Cost,
    tau: Cost,
    syncs: Cost,
    durable: Cost,
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let server = server().await?;
        let (url, turns) = (server.base_url(), TURNS.to_string());
        let session = async |who: Who| measure(["turns", who.as_str(), &url, &turns]).await;
        let mut rounds = Vec::new();
        for _ in 0..pairs {
            rounds.push(Round {
                bare: session(Who::Bare).await?,
                bytes: session(Who::Bytes).await?,
                tau: session(Who::Tau).await?,
                syncs: measure(["syncs", &turns]).await?,
                durable: session(Who::Durable).await?,
            });
        }
        print(&rounds);
        Ok(())
    })
}

async fn measure(role: impl IntoIterator<Item = &str>) -> anyhow::Result<Cost> {
    let measured: Measured = role::measure(role).await?;
    let at = &measured.at_turn;
    let per_turn = |from: usize, to: usize, of: fn(&Moment) -> f64| -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred turns")]
        let turns = (to - from) as f64;
        (of(&at[to]) - of(&at[from])) / turns
    };
    let (cpu, end): (fn(&Moment) -> f64, usize) = (|at| ms(at.cpu), at.len() - 1);
    // From the end of the first turn: connecting is not a turn's cost.
    Ok(Cost {
        all: per_turn(0, end, cpu),
        first: per_turn(0, ENDS, cpu),
        last: per_turn(end - ENDS, end, cpu),
        wall: per_turn(0, end, |at| ms(at.wall)),
    })
}

fn print(rounds: &[Round]) {
    let of = |pick: &dyn Fn(&Round) -> f64| median(rounds.iter().map(pick));
    println!("CPU of a turn, session of {TURNS} turns, {} rounds, medians (ms)", rounds.len());
    println!(
        "  {:28} {:>8} {:>10} {:>10} {:>12} {:>8}",
        "", "all", "first 20", "last 20", "last/first", "wall"
    );
    let row = |name: &str, cost: fn(&Round) -> Cost| {
        println!(
            "  {name:29}{:>8.3} {:>10.3} {:>10.3} {:>12.2} {:>8.3}",
            of(&|round| cost(round).all),
            of(&|round| cost(round).first),
            of(&|round| cost(round).last),
            of(&|round| cost(round).last / cost(round).first),
            of(&|round| cost(round).wall),
        );
    };
    row("bare reqwest loop", |round| round.bare);
    row("its bytes, sent and no more", |round| round.bytes);
    row("tau session", |round| round.tau);
    row("tau session, durable", |round| round.durable);
    row("a page written, synced, twice", |round| round.syncs);
    let to_bare = of(&|round| round.tau.all / round.bare.all);
    // What a longer request costs to send is the system's, and no work of ours.
    let growth = of(&|round| (round.tau.last - (round.bytes.last - round.bytes.first)) / round.tau.first);
    let to_memory = of(&|round| round.durable.all / round.tau.all);
    let above = |round: &Round| (round.durable.wall - round.tau.wall) / round.syncs.wall;
    println!("  {:28} {to_bare:>8.2}   goal <= 3: {}", "tau / bare", verdict(to_bare <= 3.0));
    println!(
        "  {:28} {growth:>8.2}   goal <= 1.3: {}",
        "tau last 20 / first 20, less bytes",
        verdict(growth <= 1.3)
    );
    println!("  {:28} {to_memory:>8.2}   goal <= 2: {}", "durable / in memory", verdict(to_memory <= 2.0));
    println!("  {:28} {:>8.2}", "the same, wall", of(&|round| round.durable.wall / round.tau.wall));
    println!("  {:28} {:>8.2}\n", "what it adds / synced pages", of(&above));
}
