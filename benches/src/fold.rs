//! Events per second: read from their text, and folded into a state.

use std::time::Duration;

use crate::role::{self, Folded};
use crate::stats::{median, spread};

/// Events of the session.
pub(crate) const EVENTS: u32 = 50_000;

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut runs: Vec<Folded> = Vec::new();
    for _ in 0..pairs {
        runs.push(runtime.block_on(role::measure(["fold", &EVENTS.to_string()]))?);
    }
    print(&runs);
    Ok(())
}

fn print(runs: &[Folded]) {
    let bytes = runs.first().map_or(0, |run| run.bytes);
    #[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
    let megabytes = bytes as f64 / 1e6;
    println!("{EVENTS} events with {megabytes:.1} MB of bodies, CPU time, {} runs, medians", runs.len());
    println!("  {:34} {:>10} {:>8} {:>8} {:>8}", "", "events/s", "MB/s", "/ floor", "noise");
    let row = |name: &str, of: fn(&Folded) -> Duration| {
        let seconds = |run: &Folded| of(run).as_secs_f64();
        let middle = median(runs.iter().map(seconds));
        let to_floor = median(runs.iter().map(|run| seconds(run) / run.parse.as_secs_f64()));
        println!(
            "  {name:34} {:>10.0} {:>8.0} {to_floor:>8.2} {:>7.0}%",
            f64::from(EVENTS) / middle,
            megabytes / middle,
            spread(runs.iter().map(seconds)) * 100.0,
        );
    };
    row("floor: bodies to serde_json::Value", |run| run.parse);
    row("Record::open", |run| run.open);
    row("State::fold", |run| run.fold);
    row("Record::open and State::fold", |run| run.open + run.fold);
    println!();
}
