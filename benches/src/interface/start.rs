//! From the start of a server to its first answer.

use std::path::Path;
use std::time::{Duration, Instant};

use tau_proto::runtime::v1::{AdminServiceClient, GetInfoRequest};
use tokio::process::Command;

use super::served::Served;
use crate::role::Who;
use crate::scratch;
use crate::startup::tau_binary;
use crate::stats::{median, ms, ratio, spread, verdict};

const TOKEN: &str = "a-token-of-a-bench";

/// Milliseconds.
const GOAL: f64 = 30.0;

/// What it took to answer first.
#[derive(Debug, Clone, Copy)]
struct Answered {
    wall: Duration,
    cpu: Duration,
}

pub(super) async fn bench(pairs: usize) -> anyhow::Result<()> {
    let home = scratch::folder()?;
    std::fs::write(home.path().join("token"), TOKEN)?;
    // The first start makes the database.
    measure(tau_serve(home.path())?, Who::Tau).await?;
    let (mut bare, mut tau) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["role", "serve", "--bare"]);
        bare.push(measure(command, Who::Bare).await?);
        tau.push(measure(tau_serve(home.path())?, Who::Tau).await?);
    }
    println!("From exec to the first answer, {pairs} pairs, medians");
    println!("  {:32} {:>10} {:>10} {:>8}", "", "wall (ms)", "CPU (ms)", "noise");
    for (name, answered) in [("bare connectrpc server", &bare), ("tau serve", &tau)] {
        println!(
            "  {name:32} {:>10.1} {:>10.1} {:>7.0}%",
            median(answered.iter().map(|answered| ms(answered.wall))),
            median(answered.iter().map(|answered| ms(answered.cpu))),
            spread(answered.iter().map(|answered| ms(answered.wall))) * 100.0
        );
    }
    println!(
        "  {:32} {:>10.2} {:>10.2}",
        "tau / bare",
        ratio(&bare, &tau, |answered| ms(answered.wall)),
        ratio(&bare, &tau, |answered| ms(answered.cpu))
    );
    let wall = median(tau.iter().map(|answered| ms(answered.wall)));
    println!("  goal: wall <= {GOAL:.0} ms: {}\n", verdict(wall <= GOAL));
    Ok(())
}

fn tau_serve(home: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(tau_binary()?);
    command.args(["serve", "--listen", "127.0.0.1:0", "--state-dir"]).arg(home);
    command.env("HOME", home).current_dir(home);
    Ok(command)
}

async fn measure(command: Command, who: Who) -> anyhow::Result<Answered> {
    let start = Instant::now();
    let served = Served::spawn(command, who).await?;
    let config = served.config()?.with_default_header("authorization", format!("Bearer {TOKEN}"));
    let client = AdminServiceClient::new(served.connect().await?, config);
    client.get_info(GetInfoRequest::default()).await?;
    Ok(Answered { wall: start.elapsed(), cpu: served.cpu()? })
}
