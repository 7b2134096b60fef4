//! The development tasks of this workspace, run as `cargo xtask <task>`.
//!
//! `demo` shows the agent at work, `tidy` checks the shape of the repository, `test` is everything continuous integration runs, `release` orders
//! and publishes the libraries. `bench`, `sim`, `kill`, `fuzz`, `escape`, `conformance`, `abuse` and `codegen` build and start what does the work.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task speaks to the person at the terminal")]

mod demo;
mod fuzz;
mod kill;
mod langgraph;
mod llama;
mod mcp;
mod process;
mod proofs;
mod release;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::process::Cmd;

/// The development tasks of this workspace
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Demo(demo::Args),
    Tidy(tidy::Args),
    Test(test::Args),
    Release(release::Args),
    /// Run the benchmarks in release mode
    ///
    /// Builds `tau` in release mode too: its start and its size are measured. `--help` lists the benchmarks.
    Bench(Passthrough),
    /// Simulate the kernel: seeded sessions with crashes, judged by a second opinion
    ///
    /// `--seeds N` and `--from S` say which seeds, `--seed S` shows one, `--bugs` proves that deliberate mistakes are
    /// caught. The same as `cargo run --profile sim -p tau-sim -- <ARGS>`.
    Sim(Passthrough),
    /// Kill real runs of `tau`, or of graphs, at random moments, and check their effects against what was stored
    ///
    /// Minutes long at thousands of kills; the tests of every day kill a few.
    Kill(kill::Options),
    /// Prove the interface with clients of others, tau as a client of llama.cpp and of MCP servers, and its graphs beside
    /// LangGraph's
    ///
    /// `interface` runs curl, Connect-ES, grpcio, buf curl and headless Chromium against a real `tau serve` and prints a
    /// table; `interface --fast` is the part that `cargo xtask test` runs; `serve` starts that server for your own client.
    /// `skills` asks `tau skills validate` and the reference validator about the same 6,000 skills.
    /// `llama` builds a llama.cpp server, which takes long the first time, and asks it over each of its formats.
    /// `mcp` runs the official suite of the Model Context Protocol, and calls and kills servers of npm and PyPI.
    /// `langgraph` installs LangGraph from PyPI below the build folder and runs the graphs of tau-orchestrate's tests in both.
    Conformance(Passthrough),
    /// Abuse a real `tau serve`: malformed requests, floods, 50,000 acknowledgements for a slow handler
    ///
    /// Takes an hour on a small machine. `malformed` or `floods` runs one of the two alone, `--help` behind it lists more.
    Abuse(Passthrough),
    Fuzz(fuzz::Args),
    /// Try to get out of the sandbox: attempts that work without it, as this user and, when that is root, as nobody
    ///
    /// Prints a table. The same tests run with all others; here nobody swallows what they say.
    Escape,
    /// Generate the checked-in code again; `--check` only says whether it is fresh
    ///
    /// The same as `cargo run -p tau-codegen -- <ARGS>`.
    Codegen(Passthrough),
}

#[derive(Debug, clap::Args)]
struct Passthrough {
    /// Arguments handed on unchanged
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

fn main() -> ExitCode {
    run(Cli::parse().task).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    match task {
        Task::Demo(args) => demo::run(&root, &args),
        Task::Tidy(args) => tidy::run(&root, &args),
        Task::Test(args) => test::run(&root, &args),
        Task::Release(args) => release::run(&root, &args),
        Task::Bench(tail) => {
            let build = Cmd::cargo(["build", "--release", "-p", "tau-cli", "-p", "tau-benches"]);
            anyhow::ensure!(build.status(&root)?.success(), "the benchmarks do not build");
            Cmd::cargo(["run", "--quiet", "--release", "-p", "tau-benches", "--"])
                .args(tail.args)
                .forward(&root)
        }
        Task::Sim(tail) => Cmd::cargo(["run", "--quiet", "--profile", "sim", "-p", "tau-sim", "--"])
            .args(tail.args)
            .forward(&root),
        Task::Kill(options) => kill::run(&root, &options),
        Task::Conformance(tail) => proofs::conformance(&root, tail.args),
        Task::Abuse(tail) => proofs::abuse(&root, tail.args),
        Task::Fuzz(args) => fuzz::run(&root, &args),
        Task::Escape => Cmd::cargo([
            "test",
            "-p",
            "tau-sandbox",
            "--test",
            "it",
            "escape",
            "--",
            "--nocapture",
            "--test-threads=1",
        ])
        .forward(&root),
        Task::Codegen(tail) => Cmd::cargo(["run", "-p", "tau-codegen", "--"]).args(tail.args).forward(&root),
    }
}
