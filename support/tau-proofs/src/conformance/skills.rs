//! The verdicts of `tau skills validate` and of the reference validator on the same skills.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args as ClapArgs;
use tau_testkit::skills::{self, GeneratedSkill};
use tokio::io::AsyncWriteExt;

use super::tool::{command, run, succeed};
use crate::served::{beside, root};

/// The reference, as it is published.
const REFERENCE: &str = "skills-ref==0.1.1";
const SCRIPT: &str = include_str!("skills_ref.py");

/// Folders for one call: a command line has an end.
const AT_ONCE: usize = 1_000;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// How many skills
    #[arg(long, default_value_t = 6_000)]
    count: usize,
    /// Which ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Whether a skill is valid, and what is said about it.
type Verdict = (bool, String);

pub(super) async fn compare(args: &Args) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let python = install().await?;
    let skills = skills::generate(args.seed, args.count);
    let folder = tempfile::TempDir::new()?;
    skills::write(&skills, folder.path())?;
    let paths: Vec<PathBuf> = skills.iter().map(|skill| folder.path().join(&skill.folder)).collect();
    let theirs = reference(&python, &paths).await?;
    let mut ours = Vec::new();
    for some in paths.chunks(AT_ONCE) {
        ours.extend(tau(some).await?);
    }
    ensure!(theirs.len() == skills.len() && ours.len() == skills.len(), "a verdict is missing");
    let mut disagreements = 0;
    for (skill, (theirs, ours)) in skills.iter().zip(theirs.iter().zip(&ours)) {
        if theirs.0 != ours.0 {
            disagreements += 1;
            tell(skill, theirs, ours);
        }
    }
    let valid = theirs.iter().filter(|verdict| verdict.0).count();
    println!(
        "{} skills of seed {}: {REFERENCE} finds {valid} valid; tau disagrees about {disagreements}; {:.1} s",
        skills.len(),
        args.seed,
        start.elapsed().as_secs_f64()
    );
    Ok(if disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(skill: &GeneratedSkill, theirs: &Verdict, ours: &Verdict) {
    let head: String = String::from_utf8_lossy(&skill.bytes).chars().take(400).collect();
    println!("{}\n  reference: {}\n  tau: {}\n  {head:?}", skill.folder, theirs.1, ours.1);
}

async fn reference(python: &Path, paths: &[PathBuf]) -> anyhow::Result<Vec<Verdict>> {
    let mut reference = command(python, &root()?);
    reference.args(["-c", SCRIPT]).env("PYTHONIOENCODING", "utf-8:backslashreplace");
    let mut child =
        reference.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let mut input = child.stdin.take().context("no input")?;
    let lines: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    // Written beside reading, or both would wait for each other.
    let (written, output) = tokio::join!(
        async move {
            input.write_all(lines.as_bytes()).await?;
            input.shutdown().await
        },
        child.wait_with_output()
    );
    written?;
    let output = output?;
    ensure!(output.status.success(), "the reference failed");
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split_terminator('\n').map(|line| (line == "valid", line.to_owned())).collect())
}

async fn tau(paths: &[PathBuf]) -> anyhow::Result<Vec<Verdict>> {
    let mut validate = command(beside("tau")?, &root()?);
    validate.args(["skills", "validate", "--output", "json"]).args(paths);
    // It fails where a skill does.
    let ran = run(validate).await?;
    let verdict = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let is_valid = value["valid"].as_bool().context("no verdict")?;
        Ok((is_valid, value["issues"].to_string()))
    };
    ran.text().lines().map(verdict).collect::<anyhow::Result<_>>().with_context(|| ran.stderr)
}

/// A virtual environment in the build folder with the reference; the interpreter in it.
async fn install() -> anyhow::Result<PathBuf> {
    let folder = root()?.join("target/conformance/skills-ref");
    let python = folder.join("bin/python");
    // Written last, so an installation that broke off is done again.
    let stamp = folder.join("installed.txt");
    if tokio::fs::read_to_string(&stamp).await.ok().as_deref() != Some(REFERENCE) {
        let mut venv = command("python3", &root()?);
        venv.args(["-m", "venv"]).arg(&folder);
        succeed(venv).await?;
        let mut pip = command(&python, &root()?);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", REFERENCE]);
        succeed(pip).await?;
        tokio::fs::write(&stamp, REFERENCE).await?;
    }
    Ok(python)
}
