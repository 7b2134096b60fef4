//! CPU time of a turn, over a session of 200.

use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;

use crate::role::{Measured, Who};
use crate::scenario::{ENDS, TURNS, server};
use crate::stats::{median, ms, verdict};

/// What one session cost, in milliseconds of CPU for each turn.
#[derive(Debug, Clone, Copy)]
struct Cost {
    all: f64,
    first: f64,
    last: f64,
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let server = server().await?;
        let (mut bare, mut tau) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            bare.push(measure(Who::Bare, &server.base_url()).await?);
            tau.push(measure(Who::Tau, &server.base_url()).await?);
        }
        print(&bare, &tau);
        Ok(())
    })
}

async fn measure(who: Who, base_url: &str) -> anyhow::Result<Cost> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["role", who.as_str(), base_url, &TURNS.to_string()]);
    let output = command.output().await?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let measured: Measured =
        serde_json::from_slice(&output.stdout).context("the measured process printed no result")?;
    let at = &measured.at_turn;
    let per_turn = |from: usize, to: usize| -> f64 {
        let (start, end): (Duration, Duration) = (at[from], at[to]);
        #[expect(clippy::cast_precision_loss, reason = "a few hundred turns")]
        let turns = (to - from) as f64;
        ms(end - start) / turns
    };
    // From the end of the first turn: connecting is not a turn's cost.
    Ok(Cost {
        all: per_turn(0, at.len() - 1),
        first: per_turn(0, ENDS),
        last: per_turn(at.len() - 1 - ENDS, at.len() - 1),
    })
}

fn print(bare: &[Cost], tau: &[Cost]) {
    let of = |costs: &[Cost], pick: fn(&Cost) -> f64| median(costs.iter().map(pick));
    let ratio = median(bare.iter().zip(tau).map(|(bare, tau)| tau.all / bare.all));
    let growth = |costs: &[Cost]| median(costs.iter().map(|cost| cost.last / cost.first));
    println!("CPU of a turn, session of {TURNS} turns, {} pairs, medians (ms)", bare.len());
    println!("  {:22} {:>8} {:>10} {:>10} {:>12}", "", "all", "first 20", "last 20", "last/first");
    for (name, costs) in [("bare reqwest loop", bare), ("tau session", tau)] {
        println!(
            "  {name:22} {:>8.3} {:>10.3} {:>10.3} {:>12.2}",
            of(costs, |c| c.all),
            of(costs, |c| c.first),
            of(costs, |c| c.last),
            growth(costs)
        );
    }
    println!("  tau / bare             {ratio:>8.2}   goal <= 3: {}", verdict(ratio <= 3.0));
    println!(
        "  tau last 20 / first 20 {:>8.2}   goal <= 1.3: {}\n",
        growth(tau),
        verdict(growth(tau) <= 1.3)
    );
}
