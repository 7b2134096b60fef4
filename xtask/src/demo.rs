//! The demo: the agent repairs a small broken project, with a recorded model and real tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::process::Cmd;
use crate::workspace::Workspace;

/// Watch the agent repair a small broken project
///
/// Builds `tau`, copies a Rust project with failing tests into a scratch folder and runs `tau run` on it. The
/// model is a recording; reading, searching, editing and `cargo test` are real. The demo then checks for itself
/// that the tests pass and were not touched, and shows the difference. No key, server or network is needed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Use this model instead of the recording, for example `ollama/qwen3:8b`
    #[arg(long)]
    model: Option<String>,
    /// Work in this folder instead of a new one; it must not exist yet
    #[arg(long)]
    scratch: Option<PathBuf>,
}

const PROMPT: &str = "The tests of this project fail. Find out why, repair the code (not the tests), \
                      and show that all tests pass.";

pub(crate) fn run(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let build = Cmd::cargo(["build", "--quiet", "-p", "tau-cli"]);
    println!("$ {build}");
    ensure!(build.status(root)?.success(), "tau does not build");

    let source = root.join("xtask/demo/project");
    let scratch = scratch_folder(args.scratch.as_deref())?;
    copy(&source, &scratch)?;
    commit(&scratch)?;
    println!("A repository with failing tests is now in {}.", scratch.display());
    ensure!(
        !tests(&scratch).succeeds(&scratch),
        "the project should be broken before the demo, but its tests pass"
    );

    let started = Instant::now();
    let recording = format!("replay:{}", root.join("xtask/demo/recording.jsonl").display());
    let model = args.model.clone().unwrap_or(recording);
    // The session is kept beside the scratch folder, not among the user's own.
    let state = format!("{}-state", scratch.display());
    let binary = tau_binary(root)?;
    let tau = |args: &[&str]| Cmd::new(&binary, args.iter().copied()).env("TAU_STATE_DIR", &state);
    println!("$ tau run --model ... --allow bash --allow edit {PROMPT:?}\n");
    let run = tau(&["run", "--model", &model, "--allow", "bash", "--allow", "edit", PROMPT]);
    let status = run.status(&scratch)?;
    ensure!(status.success(), "tau run ended with {status}");

    println!("\nWhat changed:");
    let diff = Cmd::new("git", ["--no-pager", "diff", "--exit-code", "HEAD"]);
    ensure!(diff.status(&scratch)?.code() == Some(1), "the agent changed nothing");
    check_outcome(&source, &scratch)?;
    println!("\nIt was kept, and could be taken back:");
    for args in [&["sessions", "list"][..], &["sessions", "verify"], &["undo", "--dry-run"]] {
        println!("$ tau {}", args.join(" "));
        ensure!(tau(args).status(&scratch)?.success(), "tau {} failed", args.join(" "));
    }
    println!(
        "\nThe demo checked it: all tests pass, and the tests are unchanged. It took {:.1?}.",
        started.elapsed()
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether the agent did what was asked: the tests pass, and they are the same tests.
fn check_outcome(source: &Path, scratch: &Path) -> anyhow::Result<()> {
    let unchanged = fs::read(source.join("tests/till.rs"))? == fs::read(scratch.join("tests/till.rs"))?;
    ensure!(unchanged, "the agent changed the tests, which it was told not to");
    ensure!(tests(scratch).succeeds(scratch), "the tests still fail; see {}", scratch.display());
    Ok(())
}

/// Makes the project a repository of its own, so that the difference can be shown.
fn commit(scratch: &Path) -> anyhow::Result<()> {
    fs::write(scratch.join(".gitignore"), "/target\n")?;
    let author = ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"];
    let commit = Cmd::new("git", author).args(["commit", "--quiet", "--message", "a broken till"]);
    for git in [Cmd::new("git", ["init", "--quiet"]), Cmd::new("git", ["add", "--all"]), commit] {
        ensure!(git.status(scratch)?.success(), "`{git}` failed");
    }
    Ok(())
}

fn tests(scratch: &Path) -> Cmd {
    // A target folder of its own, whatever this process was started with.
    Cmd::cargo(["test", "--offline", "--quiet"])
        .env("CARGO_TARGET_DIR", scratch.join("target").display().to_string())
}

/// Where cargo puts the binary that was just built.
fn tau_binary(root: &Path) -> anyhow::Result<String> {
    Ok(Workspace::load(root)?.target_dir.join("debug/tau").display().to_string())
}

/// A new folder outside the repository, whose instructions are not meant for the demo's project.
fn scratch_folder(chosen: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match chosen {
        Some(folder) => folder.to_owned(),
        None => std::env::temp_dir().join(format!("tau-demo-{}", std::process::id())),
    };
    if folder.exists() {
        bail!("{} exists already; choose another folder with --scratch", folder.display());
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
