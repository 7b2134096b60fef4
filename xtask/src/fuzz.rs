//! `cargo xtask fuzz`: decoders under arbitrary bytes, for as long as wanted.

use std::path::Path;
use std::process::ExitCode;

use crate::process::Cmd;

/// Try arbitrary answers on every decoder, and measure that their time is linear
///
/// On the stable toolchain: inputs come from `proptest`, a failing one is made small and printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Answers to try
    #[arg(long, default_value_t = 20_000)]
    cases: u32,
}

pub(crate) fn run(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    Cmd::cargo([
        "test",
        "--release",
        "-p",
        "tau-agent",
        "--features",
        "bedrock,images",
        "--test",
        "it",
        "--",
        "fuzz",
        "--include-ignored",
        "--nocapture",
    ])
    .env("PROPTEST_CASES", args.cases.to_string())
    .forward(root)
}
