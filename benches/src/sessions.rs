//! A thousand sessions at the same time: turns per second, CPU time of a turn, memory of a session.

use crate::role::{self, Crowd, Who};
use crate::scenario::server;
use crate::stats::{median, ms, ratio, spread, verdict};

const SESSIONS: u32 = 1_000;

/// Turns of each session.
const TURNS: u32 = 10;

/// What a session that waits for its next prompt may hold.
const GOAL_KB: f64 = 100.0;

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let server = server().await?;
        let (mut bare, mut tau, mut durable) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..pairs {
            bare.push(measure(Who::Bare, &server.base_url()).await?);
            tau.push(measure(Who::Tau, &server.base_url()).await?);
            durable.push(measure(Who::Durable, &server.base_url()).await?);
        }
        print(&bare, &tau, &durable);
        Ok(())
    })
}

async fn measure(who: Who, base_url: &str) -> anyhow::Result<Crowd> {
    let (turns, sessions) = (TURNS.to_string(), SESSIONS.to_string());
    role::measure(["sessions", who.as_str(), base_url, &turns, &sessions]).await
}

fn turns_per_second(crowd: &Crowd) -> f64 {
    f64::from(SESSIONS * TURNS) / crowd.wall.as_secs_f64()
}

fn cpu_of_turn(crowd: &Crowd) -> f64 {
    ms(crowd.cpu) / f64::from(SESSIONS * TURNS)
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes with one decimal")]
fn kilobytes(crowd: &Crowd) -> f64 {
    crowd.memory as f64 / 1e3 / f64::from(SESSIONS)
}

fn print(bare: &[Crowd], tau: &[Crowd], durable: &[Crowd]) {
    let of = |crowds: &[Crowd], pick: fn(&Crowd) -> f64| median(crowds.iter().map(pick));
    println!("{SESSIONS} sessions x {TURNS} turns in one thread, {} pairs, medians", bare.len());
    println!(
        "  {:22} {:>8} {:>16} {:>16} {:>8}",
        "", "turns/s", "CPU a turn (ms)", "a session (KB)", "noise"
    );
    let rows = [("bare reqwest loop", bare), ("tau session", tau), ("tau session, durable", durable)];
    for (name, crowds) in rows {
        println!(
            "  {name:22} {:>8.0} {:>16.3} {:>16.1} {:>7.0}%",
            of(crowds, turns_per_second),
            of(crowds, cpu_of_turn),
            of(crowds, kilobytes),
            spread(crowds.iter().map(turns_per_second)) * 100.0,
        );
    }
    for (name, crowds, floor) in [("tau / bare", tau, bare), ("durable / in memory", durable, tau)] {
        println!(
            "  {name:22} {:>8.2} {:>16.2} {:>16.2}",
            ratio(floor, crowds, turns_per_second),
            ratio(floor, crowds, cpu_of_turn),
            ratio(floor, crowds, kilobytes),
        );
    }
    println!(
        "  goal: turns/s >= 0.5 of the floor: {}, a session <= {GOAL_KB:.0} KB: {}\n",
        verdict(ratio(bare, tau, turns_per_second) >= 0.5),
        verdict(of(tau, kilobytes) <= GOAL_KB)
    );
}
