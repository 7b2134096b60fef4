//! Benchmarks of tau, each printed as a ratio against a floor that is measured in the same run.
//!
//! The floor is a bare reqwest loop: it posts the history to the same scripted server, reads the same stream and
//! runs the same "tool", with nothing around it. Every measurement is a process of its own, so that its CPU time is
//! its own; the two kinds take turns, and medians are printed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark speaks to the person at the terminal"
)]

mod cpu;
mod role;
mod scenario;
mod size;
mod startup;
mod stats;
mod turns;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Benchmarks of tau, against a bare reqwest loop
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Cli {
    #[command(subcommand)]
    bench: Option<Bench>,
    /// Pairs of measurements
    #[arg(long, default_value_t = 7, global = true)]
    pairs: usize,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// CPU time of a turn, over a session of 200
    Turns,
    /// CPU time and memory from the start of `tau run` to its first request
    Startup,
    /// Bytes of the release binary
    Size,
    /// One measured process
    #[command(hide = true)]
    Role(role::Role),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.bench {
        Some(Bench::Role(role)) => role.run(),
        Some(Bench::Turns) => turns::bench(cli.pairs),
        Some(Bench::Startup) => startup::bench(cli.pairs),
        Some(Bench::Size) => size::bench(),
        None => {
            turns::bench(cli.pairs)?;
            startup::bench(cli.pairs)?;
            size::bench()
        }
    }
}
