//! Floods: how much longer a good client waits while others mean no good.
//!
//! The attacker is a process of its own with the lowest priority, because what it takes from a small machine is not what the
//! server lets it take. Quiet and attacked rounds take turns, and medians of pairs are told.

use std::process::Stdio;
use std::time::Duration;

use clap::{Args, ValueEnum as _};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::attack::Attack;
use super::good::GoodClient;
use crate::served::Served;

/// Calls of one round, and the pause between two.
const CALLS: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(1);
/// A good client may wait so many times as long.
const GOAL: f64 = 2.0;

/// Attack a server in known ways while a good client calls it
#[derive(Debug, Clone, Args)]
pub(super) struct Options {
    /// Pairs of rounds of each attack
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// This attack alone
    #[arg(long)]
    only: Option<Attack>,
}

impl Default for Options {
    fn default() -> Self {
        Self { pairs: 7, only: None }
    }
}

/// Whether the server passed.
pub(super) async fn run(options: &Options) -> anyhow::Result<bool> {
    println!("p99 of {CALLS} calls of a good client, {} pairs, medians", options.pairs);
    println!(
        "  {:14} {:>12} {:>12} {:>8}   what was sent in a round",
        "", "quiet (ms)", "under (ms)", "ratio"
    );
    let mut is_good = true;
    for attack in Attack::value_variants() {
        if options.only.is_none_or(|only| only == *attack) {
            is_good &= measure(*attack, options.pairs).await?;
        }
    }
    Ok(is_good)
}

async fn measure(attack: Attack, pairs: usize) -> anyhow::Result<bool> {
    let served = Served::start(&[]).await?;
    let (mut quiet, mut under, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut sent = String::new();
    let mut good = GoodClient::new(&served.address, &served.token);
    round(&mut good).await?;
    for _ in 0..pairs {
        let before = round(&mut good).await?;
        let mut attacker = Attacker::start(attack, &served).await?;
        let during = round(&mut good).await?;
        sent = attacker.end().await?;
        quiet.push(before);
        under.push(during);
        ratios.push(during / before);
    }
    let ratio = median(ratios);
    println!(
        "  {:14} {:>12.2} {:>12.2} {ratio:>8.2}   {sent}; goal < {GOAL:.0}: {}",
        attack.name(),
        median(quiet),
        median(under),
        if ratio < GOAL { "met" } else { "MISSED" }
    );
    Ok(ratio < GOAL)
}

/// The p99 of the calls of a good client, in milliseconds.
async fn round(good: &mut GoodClient) -> anyhow::Result<f64> {
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        times.push(good.call().await?.as_secs_f64() * 1e3);
        tokio::time::sleep(PAUSE).await;
    }
    times.sort_by(f64::total_cmp);
    Ok(times[CALLS * 99 / 100])
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// A process that attacks until it is told to end.
struct Attacker {
    child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Attacker {
    /// Starts it, and waits until it is at work.
    async fn start(attack: Attack, served: &Served) -> anyhow::Result<Self> {
        let mut command = Command::new("nice");
        command.args(["-n", "19"]).arg(std::env::current_exe()?).args(["abuse", "attack", &attack.name()]);
        command.args([&served.address, &served.token]).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no output"))?;
        let mut lines = BufReader::new(output).lines();
        anyhow::ensure!(
            lines.next_line().await?.as_deref() == Some("attacking"),
            "the attacker does not attack"
        );
        Ok(Self { child, lines })
    }

    /// Ends it: what it sent, in words.
    async fn end(&mut self) -> anyhow::Result<String> {
        drop(self.child.stdin.take());
        let sent = self.lines.next_line().await?.unwrap_or_default();
        self.child.wait().await?;
        Ok(sent)
    }
}
