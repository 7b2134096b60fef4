//! `cargo xtask fuzz`: decoders under arbitrary bytes and permissions under arbitrary commands, for as long as wanted.

use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::process::Cmd;

/// Try arbitrary inputs: answers on every decoder, or commands on the permission rules
///
/// On the stable toolchain: inputs come from `proptest`, a failing one is made small and printed. `permissions` runs the
/// commands that the rules allow, with stubs for programs, and fails when one runs a program that no rule names.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is tried
    #[arg(value_enum, default_value_t = Target::Decoders)]
    target: Target,
    /// Answers to try
    #[arg(long, default_value_t = 20_000)]
    cases: u32,
    /// Commands to try
    #[arg(long, default_value_t = 200_000)]
    commands: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    /// Decoders of models' answers
    Decoders,
    /// Rules of permission
    Permissions,
}

pub(crate) fn run(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    match args.target {
        Target::Decoders => decoders(root, args.cases),
        Target::Permissions => permissions(root, args.commands),
    }
}

fn decoders(root: &Path, cases: u32) -> anyhow::Result<ExitCode> {
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
        // What measures time is not to be disturbed by the others.
        "--test-threads=1",
        "--nocapture",
    ])
    .env("PROPTEST_CASES", cases.to_string())
    .forward(root)
}

fn permissions(root: &Path, commands: u32) -> anyhow::Result<ExitCode> {
    // The commands run in sandboxes, whose init is a program of its own.
    let built = Cmd::cargo(["build", "-p", "tau-sandbox"]).forward(root)?;
    if built != ExitCode::SUCCESS {
        return Ok(built);
    }
    let tests = ["test", "-p", "tau-tools", "--features", "sandbox", "--test", "it", "--"];
    Cmd::cargo(tests.into_iter().chain(["permission::differential", "--nocapture"]))
        .env("PROPTEST_CASES", commands.to_string())
        .forward(root)
}
