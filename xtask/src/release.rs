//! `cargo xtask release`: the libraries in the order a registry can take them.

mod plan;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

use crate::process::Cmd;
use crate::release::plan::{Plan, Release};
use crate::workspace::Workspace;

/// Order the libraries by their dependencies, check each, and publish and tag those not yet released
///
/// A library is released when its tag `tau-<lib>@v<version>` exists. It is ready when CHANGELOG.md in its folder
/// mentions its version and, once tagged, nothing in the folder has changed since.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the order and what is missing; publish nothing
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
    /// Run `cargo publish` and `git tag` for each library not yet released
    #[arg(long)]
    execute: bool,
}

/// Runs the task.
pub(crate) fn run(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    if !args.dry_run && !is_clean(root)? {
        anyhow::bail!("the tree has changes git has not recorded; commit them, or look with --dry-run");
    }
    let plan = Plan::new(root, &Workspace::load(root)?)?;
    let ready = print(root, &plan)?;
    if args.dry_run || !ready {
        return Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if !args.execute {
        anyhow::bail!("nothing was published; `cargo xtask release --execute` publishes and tags");
    }
    let open: Vec<&Release> = plan.releases.iter().filter(|release| !release.tagged).collect();
    // All are looked at before the first is published: a registry takes nothing back.
    for release in &open {
        if let Some(problem) = release.unreleasable() {
            anyhow::bail!("{}: {problem}", release.name);
        }
    }
    for release in &open {
        publish(root, release)?;
    }
    println!("released {}; `git push --tags` publishes the tags", open.len());
    Ok(ExitCode::SUCCESS)
}

/// Publishes and then tags: a run that stopped between libraries goes on with the first that has no tag.
fn publish(root: &Path, release: &Release) -> anyhow::Result<()> {
    for command in [
        Cmd::cargo(["publish", "--locked", "-p", &release.name]),
        Cmd::new("git", ["tag", "-a", &release.tag, "-m", &release.tag]),
    ] {
        println!("$ {command}");
        let status = command.status(root)?;
        anyhow::ensure!(status.success(), "`{command}` failed ({status}); mend it and run the task again");
    }
    Ok(())
}

/// Prints the plan and says whether every library is ready.
fn print(root: &Path, plan: &Plan) -> anyhow::Result<bool> {
    let mut ready = true;
    for (index, release) in plan.releases.iter().enumerate() {
        println!("{}. {} {}", index + 1, release.name, release.version);
        println!("   tag       {}: {}", release.tag, release.state());
        println!("   changelog {}", release.changelog.summary());
        let package = package_list(root, release)?;
        match &package {
            Ok(files) => println!("   package   {files} files"),
            Err(complaint) => println!("   package   cannot be made: {complaint}"),
        }
        for problem in release.problems() {
            println!("   PROBLEM   {problem}");
            ready = false;
        }
        ready &= package.is_ok();
    }
    println!(
        "{} libraries, {} to release, {}",
        plan.releases.len(),
        plan.releases.iter().filter(|release| !release.tagged).count(),
        if ready { "all ready" } else { "not ready" }
    );
    Ok(ready)
}

/// How many files the package holds, or what cargo says against it.
fn package_list(root: &Path, release: &Release) -> anyhow::Result<Result<usize, String>> {
    let output =
        Cmd::cargo(["package", "--list", "--allow-dirty", "-p"]).args([&release.name]).output(root)?;
    Ok(if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).lines().count())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', "\n             "))
    })
}

fn is_clean(root: &Path) -> anyhow::Result<bool> {
    let output = Cmd::new("git", ["status", "--porcelain"]).output(root)?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(output.stdout.is_empty())
}
