//! Node.js: Connect-ES over every protocol.

use std::path::{Path, PathBuf};

use super::python::{ENDING_WITH_TOOL, ends};
use super::report::Report;
use super::tool::{command, is_offline, is_there, run, succeed};
use crate::served::{Served, root};

/// The clients in TypeScript, installed and built.
pub(super) struct Node {
    pub(super) folder: PathBuf,
}

pub(super) async fn check(served: &Served, report: &mut Report) -> Option<Node> {
    if !is_there("npm").await {
        report.skip("Connect-ES", "there is no npm; Node.js 20 brings it");
        return None;
    }
    let node = match install().await {
        Ok(node) => node,
        Err(error) => {
            match is_offline(&error) {
                true => report.skip("Connect-ES", "npm cannot reach its registry"),
                false => report.add("Connect-ES", "installation", Err(error)),
            }
            return None;
        }
    };
    if let Err(error) = prove(served, report, &node).await {
        report.add("Connect-ES", "proof", Err(error));
    }
    report.add("Connect-ES, connect h2", "example with a tool over Attach", example(served, &node).await);
    Some(node)
}

async fn prove(served: &Served, report: &mut Report, node: &Node) -> anyhow::Result<()> {
    let mut proof = command("node", &node.folder);
    proof.arg("dist/proof.js").arg(served.url()).arg(&served.token_file);
    let ran = run(proof).await?;
    anyhow::ensure!(report.lines("Connect-ES", &ran.text()) > 0, "it said nothing: {}", ran.stderr);
    Ok(())
}

async fn example(served: &Served, node: &Node) -> anyhow::Result<()> {
    let mut example = command("node", &node.folder);
    example.arg("dist/run.js").arg(served.url()).arg(&served.token_file).arg("make it");
    ends(&succeed(example).await?.text(), ENDING_WITH_TOOL)
}

/// Packages as the lock file has them, and the program built from the `.proto` files.
async fn install() -> anyhow::Result<Node> {
    let folder = root()?.join("examples/clients/typescript");
    dependencies(&folder).await?;
    let mut build = command("npm", &folder);
    build.args(["run", "build", "--silent"]);
    succeed(build).await?;
    Ok(Node { folder })
}

/// The packages that one needs, as its lock file has them.
pub(super) async fn dependencies(folder: &Path) -> anyhow::Result<()> {
    let lock = tokio::fs::read_to_string(folder.join("package-lock.json")).await?;
    // Written last, so an installation that broke off is done again.
    let stamp = folder.join("node_modules/installed.json");
    if tokio::fs::read_to_string(&stamp).await.ok().as_ref() != Some(&lock) {
        let mut install = command("npm", folder);
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        succeed(install).await?;
        tokio::fs::write(&stamp, lock).await?;
    }
    Ok(())
}
