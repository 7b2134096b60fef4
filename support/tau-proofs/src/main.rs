//! Proofs of the interface from outside: `tau serve` in a process of its own, called by clients that this project did not
//! write, and by clients that mean no good.
//!
//! `cargo xtask conformance` and `cargo xtask abuse` build everything and start this.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to the person at the terminal")]

mod abuse;
mod conformance;
mod model;
mod served;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Proofs of the interface from outside
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Debug, Subcommand)]
enum Proof {
    Conformance(conformance::Args),
    Abuse(abuse::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let proven = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Into::into);
    let proven = proven.and_then(|runtime| {
        runtime.block_on(async {
            match &cli.proof {
                Proof::Conformance(args) => conformance::run(args).await,
                Proof::Abuse(args) => abuse::run(args).await,
            }
        })
    });
    proven.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
