//! `cargo xtask conformance langgraph`: the graphs of tau-orchestrate's tests, run in LangGraph.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::process::Cmd;
use crate::workspace::Workspace;

/// Pinned, so that what was proven can be proven again.
const PACKAGE: &str = "langgraph==1.2.22";
/// The graphs, what runs them, and what came of it.
const GRAPHS: &str = "crates/tau-orchestrate/tests/langgraph";

/// Asks LangGraph again, compares with what is checked in, and runs the test that compares tau with that. `--update` checks in what
/// LangGraph says now.
pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<ExitCode> {
    let folder = Workspace::load(root)?.target_dir.join("langgraph");
    std::fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let python = folder.join(PACKAGE).join("bin/python").display().to_string();
    if !Cmd::new(&python, ["-c", "import langgraph"]).succeeds(root) {
        step(&Cmd::new("python3", ["-m", "venv", PACKAGE]), &folder)?;
        step(&Cmd::new(&python, ["-m", "pip", "install", "--quiet", PACKAGE]), &folder)?;
    }
    let script = format!("{GRAPHS}/run.py");
    let now = said(&Cmd::new(&python, [script.clone(), format!("{GRAPHS}/graphs.json")]), root)?;
    let expected = root.join(GRAPHS).join("expected.json");
    let is_same = std::fs::read_to_string(&expected).unwrap_or_default() == now;
    if !is_same && args.iter().any(|arg| arg == "--update") {
        std::fs::write(&expected, &now).with_context(|| format!("could not write {}", expected.display()))?;
    } else if !is_same {
        std::fs::write(folder.join("expected.json"), &now)?;
        anyhow::bail!(
            "LangGraph does something else now: see {}; `--update` takes it over",
            folder.join("expected.json").display()
        );
    }
    let numbers = said(&Cmd::new(&python, [script, "--bench".to_owned()]), root)?;
    std::fs::write(folder.join("numbers.json"), &numbers)?;
    println!("LangGraph: {}", numbers.trim());
    println!("`cargo bench -p tau-orchestrate` prints tau's figures beside these");
    Cmd::cargo(["test", "--quiet", "-p", "tau-orchestrate", "--test", "it", "langgraph"]).forward(root)
}

fn step(command: &Cmd, folder: &Path) -> anyhow::Result<()> {
    println!("$ {command}");
    anyhow::ensure!(command.status(folder)?.success(), "{command} failed");
    Ok(())
}

/// What a command prints.
fn said(command: &Cmd, folder: &Path) -> anyhow::Result<String> {
    println!("$ {command}");
    let output = command.output(folder)?;
    anyhow::ensure!(
        output.status.success(),
        "{command} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
