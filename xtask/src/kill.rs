//! `cargo xtask kill`: real runs under `kill -9`, at length.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::process::Cmd;

/// What to kill, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many processes are killed; 2,000, and over the network 200
    #[arg(long)]
    cycles: Option<u32>,
    /// Kill `tau serve` and the journal that is attached to it over the network instead of `tau run`
    #[arg(long)]
    network: bool,
    /// Kill runs of graphs over SQLite instead; 1,000
    #[arg(long, conflicts_with = "network")]
    graphs: bool,
    /// Over PostgreSQL, whose server is started for it; 300
    #[arg(long, requires = "graphs")]
    postgres: bool,
    /// Where the random moments begin
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

pub(crate) fn run(root: &Path, options: &Options) -> anyhow::Result<ExitCode> {
    if options.graphs {
        let (over, cycles) = if options.postgres { ("_over_postgres", 300) } else { ("", 1_000) };
        let many = format!("kill::many_kills{over}_lose_nothing_and_repeat_nothing");
        return Cmd::cargo(["test", "-p", "tau-orchestrate", "--all-features", "--test", "it", "--"])
            .args(["--ignored".to_owned(), "--nocapture".to_owned(), "--exact".to_owned(), many])
            .env("TAU_KILLS", options.cycles.unwrap_or(cycles).to_string())
            .env("TAU_SEED", options.seed.to_string())
            .forward(root);
    }
    let (tests, cycles) = if options.network { ("kill_network::", 200) } else { ("kill::", 2_000) };
    let build = Cmd::cargo(["build", "--quiet", "-p", "tau-persist"]);
    anyhow::ensure!(build.status(root)?.success(), "the journal does not build");
    let test = ["test", "--quiet", "-p", "tau-cli", "--test", "it", "--", "--ignored", "--nocapture", tests];
    Cmd::cargo(test)
        .env("TAU_KILLS", options.cycles.unwrap_or(cycles).to_string())
        .env("TAU_SEED", options.seed.to_string())
        .forward(root)
}
