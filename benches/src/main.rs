//! Benchmarks of tau, each printed as a ratio against a floor that is measured in the same run.
//!
//! Every measurement is a process of its own, so that its CPU time is its own; floor and tau take turns, and medians
//! are printed. `noise` is how far the middle half of the measurements lies apart.
//!
//! | bench | floor |
//! |---|---|
//! | `turns`, `sessions`, `startup` | a bare reqwest loop: it posts the history to the same scripted server, reads the same stream and runs the same "tool", with nothing around it |
//! | `turns`, durable | the same session in memory; and a file that grows by two synced pages a turn |
//! | `interface` | `connectrpc` serving the same messages with nothing behind it, called by the same client |
//! | `model` | `serde_json` reading the same values; reqwest reading the same bytes; the text split at blanks |
//! | `fold` | `serde_json` reading the same bodies into values |
//! | `resume` | `rusqlite` reading the same rows |
//! | `appends` | `rusqlite` writing the same rows, one transaction for as many as there are sessions |
//! | `grep` | ripgrep over the same tree |
//! | `permissions` | none: a time |
//! | `size` | none: a size |
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark speaks to the person at the terminal"
)]

mod appends;
mod cpu;
mod fold;
mod grep;
mod interface;
mod journal;
mod model;
mod permissions;
mod resume;
mod role;
mod scenario;
mod scratch;
mod sessions;
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
    /// CPU time of a turn, over a session of 200, in memory and durable
    Turns,
    /// Turns per second and memory of a session, over 1,000 sessions at the same time, in memory and durable
    Sessions,
    /// Calls, streams, subscribers, idle sessions and the start of a server
    Interface,
    /// Chunks decoded, what is added to a chunk on its way to a subscriber, tokens counted
    Model,
    /// Events per second, read from their text and folded into a state
    Fold,
    /// From the opening of a database to a session of 50,000 events that is ready
    Resume,
    /// Durable appends per second, for one session and for a hundred
    Appends,
    /// CPU time and memory from the start of `tau run` to its first request
    Startup,
    /// The grep tool over 500 MB
    Grep,
    /// The time of a verdict on a command
    Permissions,
    /// Bytes of the release binary
    Size,
    /// One measured process
    #[command(hide = true)]
    Role(role::Role),
    /// One measured process that appends
    #[command(hide = true)]
    Appender(appends::Appender),
    /// One measured process that searches
    #[command(hide = true)]
    Grepper(grep::Grepper),
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
        Some(Bench::Appender(appender)) => appender.run(),
        Some(Bench::Grepper(grepper)) => grepper.run(),
        Some(Bench::Turns) => turns::bench(cli.pairs),
        Some(Bench::Sessions) => sessions::bench(cli.pairs),
        Some(Bench::Interface) => interface::bench(cli.pairs),
        Some(Bench::Model) => model::bench(cli.pairs),
        Some(Bench::Fold) => fold::bench(cli.pairs),
        Some(Bench::Resume) => resume::bench(cli.pairs),
        Some(Bench::Appends) => appends::bench(cli.pairs),
        Some(Bench::Startup) => startup::bench(cli.pairs),
        Some(Bench::Grep) => grep::bench(cli.pairs),
        Some(Bench::Permissions) => permissions::bench(cli.pairs),
        Some(Bench::Size) => size::bench(),
        None => {
            turns::bench(cli.pairs)?;
            sessions::bench(cli.pairs)?;
            interface::bench(cli.pairs)?;
            model::bench(cli.pairs)?;
            fold::bench(cli.pairs)?;
            resume::bench(cli.pairs)?;
            appends::bench(cli.pairs)?;
            startup::bench(cli.pairs)?;
            grep::bench(cli.pairs)?;
            permissions::bench(cli.pairs)?;
            size::bench()
        }
    }
}
