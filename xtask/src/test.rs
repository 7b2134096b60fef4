//! `cargo xtask test`: everything continuous integration runs, in order, up to the first failure.

mod steps;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::ValueEnum;

use crate::test::steps::{Context, Outcome, Step};

/// Run everything continuous integration runs, stopping at the first failure
///
/// Every step prints its commands before it runs and its wall time after. A step that has nothing to do, or
/// cannot reach what it needs, says so and passes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run these steps alone
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Leave these steps out
    #[arg(long, value_name = "STEP")]
    skip: Vec<Step>,
}

/// Runs the task.
pub(crate) fn run(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let steps = selected(args);
    if steps.is_empty() {
        anyhow::bail!("no step is left: every step of --only is in --skip too");
    }
    let context = Context::new(root)?;
    let start = Instant::now();
    for step in &steps {
        if !run_step(&context, *step)? {
            return Ok(ExitCode::FAILURE);
        }
    }
    println!("\nall {} steps passed in {:.1} s", steps.len(), start.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

/// The steps to run, in the order they are declared.
fn selected(args: &Args) -> Vec<Step> {
    let wanted = |step: &Step| args.only.is_empty() || args.only.contains(step);
    let steps = Step::value_variants().iter().copied();
    steps.filter(|step| wanted(step) && !args.skip.contains(step)).collect()
}

/// Runs one step between its header and its time, and says whether to go on.
fn run_step(context: &Context<'_>, step: Step) -> anyhow::Result<bool> {
    let name = step.name();
    println!("\n==> {name}: {}", step.summary());
    let start = Instant::now();
    let outcome = step.run(context)?;
    let seconds = start.elapsed().as_secs_f64();
    match &outcome {
        Outcome::Passed => println!("<== {name}: passed in {seconds:.1} s"),
        Outcome::Skipped(reason) => println!("<== {name}: skipped, {reason}"),
        Outcome::Failed { command, code } => {
            println!("<== {name}: FAILED after {seconds:.1} s ({code})");
            println!("    what failed:    {command}");
            println!("    rerun the step: cargo xtask test --only {name}");
        }
    }
    Ok(!matches!(outcome, Outcome::Failed { .. }))
}
