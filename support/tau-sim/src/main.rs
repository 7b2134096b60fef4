//! The command line of the simulation.
#![expect(clippy::print_stdout, reason = "it speaks to the person at the terminal")]

use std::process::ExitCode;

use clap::Parser;
use tau_sim::{Bug, Campaign, Script, Trace, Violation, generate, run, shrink, simulate};

/// From so many seeds on, whatever was never met is an error.
const ENOUGH: u64 = 20_000;

/// Within so many seeds a deliberate mistake must be caught.
const CAUGHT_WITHIN: u64 = 1_000;

/// Simulate the kernel: seeded sessions with crashes, judged by a second opinion
///
/// Exit code 1 when a promise is broken, with a short script that breaks it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim", bin_name = "cargo xtask sim")]
struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// This seed alone, with all that happens
    #[arg(long, conflicts_with_all = ["seeds", "from", "bugs"])]
    seed: Option<u64>,
    /// A deliberate mistake in the kernel
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Option<Bug>,
    /// Whether each deliberate mistake is caught within 1,000 seeds
    #[arg(long)]
    bugs: bool,
}

fn bug(name: &str) -> Result<Bug, String> {
    let known = || Bug::ALL.iter().map(|bug| bug.name()).collect::<Vec<_>>().join(", ");
    Bug::by_name(name).ok_or_else(|| format!("known are: {}", known()))
}

fn main() -> ExitCode {
    // A panic of the kernel is a broken promise like another, and is told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let args = Args::parse();
    if args.bugs {
        return catch_bugs(args.from);
    }
    match args.seed {
        Some(seed) => one(seed, args.bug),
        None => many(&args),
    }
}

fn one(seed: u64, bug: Option<Bug>) -> ExitCode {
    let script = generate(seed);
    let outcome = simulate(&script, bug, Trace::On);
    println!("{}", script.to_string().lines().next().unwrap_or_default());
    outcome.trace.iter().for_each(|line| println!("{line}"));
    match outcome.violation {
        Some(violation) => {
            report(seed, bug, &script, &violation);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn many(args: &Args) -> ExitCode {
    let campaign = run(args.from, args.seeds, args.bug);
    print_coverage(&campaign);
    if let Some((seed, violation)) = &campaign.failure {
        report(*seed, args.bug, &generate(*seed), violation);
        return ExitCode::FAILURE;
    }
    let missing = campaign.coverage.missing();
    if !missing.is_empty() && campaign.seeds >= ENOUGH {
        println!("never met: {missing:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn print_coverage(campaign: &Campaign) {
    let mut group = "";
    for (of, name, count) in campaign.coverage.rows() {
        if of != group {
            println!("{of}");
            group = of;
        }
        println!("  {name:<24} {count:>12}");
    }
    println!(
        "{} seeds in {:.1} s: {:.0} seeds/s; {} operations, {} inputs",
        campaign.seeds,
        campaign.elapsed.as_secs_f64(),
        campaign.rate(),
        campaign.operations,
        campaign.inputs
    );
}

/// A short script that breaks the promise, what happens in it, and how to see it again.
fn report(seed: u64, bug: Option<Bug>, script: &Script, violation: &Violation) {
    println!("seed {seed} breaks a promise: {violation}");
    let (short, violation) = shrink(script, bug, violation);
    println!("{} of {} operations are enough: {violation}\n", short.len(), script.len());
    println!("{}", short.to_string().lines().next().unwrap_or_default());
    simulate(&short, bug, Trace::On).trace.iter().for_each(|line| println!("{line}"));
    let with = bug.map(|bug| format!(" --bug {bug}")).unwrap_or_default();
    println!("\nagain: cargo xtask sim --seed {seed}{with}");
}

fn catch_bugs(from: u64) -> ExitCode {
    println!("{:<22} {:<24} {:>10} {:>12}", "mistake", "caught by", "seed", "operations");
    let mut is_all = true;
    for bug in Bug::ALL {
        match run(from, CAUGHT_WITHIN, Some(*bug)).failure {
            Some((seed, violation)) => {
                let (short, violation) = shrink(&generate(seed), Some(*bug), &violation);
                println!(
                    "{:<22} {:<24} {seed:>10} {:>12}",
                    bug.name(),
                    violation.invariant.to_string(),
                    short.len()
                );
            }
            None => {
                is_all = false;
                println!("{:<22} not within {CAUGHT_WITHIN} seeds", bug.name());
            }
        }
    }
    if is_all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
