//! `cargo xtask kill`: real runs under `kill -9`, at length.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::process::Cmd;

/// What to kill, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many processes are killed
    #[arg(long, default_value_t = 2_000)]
    cycles: u32,
    /// Where the random moments begin
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

pub(crate) fn run(root: &Path, options: &Options) -> anyhow::Result<ExitCode> {
    let test =
        ["test", "--quiet", "-p", "tau-cli", "--test", "it", "--", "--ignored", "--nocapture", "kill::"];
    Cmd::cargo(test)
        .env("TAU_KILLS", options.cycles.to_string())
        .env("TAU_SEED", options.seed.to_string())
        .forward(root)
}
