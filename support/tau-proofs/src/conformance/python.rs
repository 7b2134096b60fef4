//! Python: its standard library alone, and grpcio.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::report::Report;
use super::tool::{command, is_offline, is_there, run, succeed};
use crate::served::{Served, root};

/// What the examples say when they asked for `make it`, in the lines that they all have.
pub(super) const ENDING: [&str; 2] = ["It is made.", "[completed after 2 turns]"];
/// The same of those that offer a tool.
pub(super) const ENDING_WITH_TOOL: [&str; 2] =
    ["It is made. 21 degrees in Bern.", "[completed after 2 turns]"];

pub(super) async fn check(served: &Served, report: &mut Report) {
    if !is_there("python3").await {
        return report.skip("Python", "there is no python3");
    }
    report.add("Python, standard library", "example", example(served).await);
    match install().await {
        Ok(python) => grpc(served, report, &python).await,
        Err(error) if is_offline(&error) => report.skip("grpcio", "pip cannot reach its registry"),
        Err(error) => report.add("grpcio", "installation", Err(error)),
    }
}

async fn example(served: &Served) -> anyhow::Result<()> {
    let mut example = command("python3", &root()?.join("examples/clients/python"));
    example.arg("run.py").arg(&served.address).arg(&served.token_file).arg("make it");
    ends(&succeed(example).await?.text(), ENDING)
}

/// Whether the last lines are these.
pub(super) fn ends(said: &str, ending: [&str; 2]) -> anyhow::Result<()> {
    let lines: Vec<&str> = said.lines().collect();
    ensure!(lines.ends_with(&ending), "it said {lines:?}");
    Ok(())
}

async fn grpc(served: &Served, report: &mut Report, python: &Path) {
    let client = || -> anyhow::Result<_> {
        let mut client = command(python, &root()?.join("examples/clients/python-grpc"));
        client.env("PYTHONPATH", "gen");
        Ok(client)
    };
    let proof = async {
        let mut proof = client()?;
        proof.arg("proof.py").arg(&served.address).arg(&served.token_file);
        run(proof).await
    };
    match proof.await {
        Ok(ran) => {
            report.lines("grpcio", &ran.text());
            if !ran.succeeded {
                report.add("grpcio, grpc h2", "proof", Err(anyhow::anyhow!(ran.stderr.trim().to_owned())));
            }
        }
        Err(error) => report.add("grpcio, grpc h2", "proof", Err(error)),
    }
    let example = async {
        let mut example = client()?;
        example.arg("run.py").arg(&served.address).arg(&served.token_file).arg("make it");
        ends(&succeed(example).await?.text(), ENDING_WITH_TOOL)
    };
    report.add("grpcio, grpc h2", "example with a tool over Attach", example.await);
}

/// Makes a virtual environment.
pub(super) fn environment(folder: &Path) -> anyhow::Result<Command> {
    let mut venv = command("python3", &root()?);
    venv.args(["-m", "venv"]).arg(folder);
    Ok(venv)
}

/// A virtual environment in the build folder, with what the client needs and its stubs made; the interpreter in it.
async fn install() -> anyhow::Result<PathBuf> {
    let clients = root()?.join("examples/clients/python-grpc");
    let folder = root()?.join("target/conformance/python");
    let bin = folder.join("bin");
    let python = bin.join("python");
    let wanted = tokio::fs::read_to_string(clients.join("requirements.txt")).await?;
    // Written last, so an installation that broke off is done again.
    let stamp = folder.join("installed.txt");
    if tokio::fs::read_to_string(&stamp).await.ok().as_ref() != Some(&wanted) {
        succeed(environment(&folder)?).await?;
        let mut pip = command(&python, &clients);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            "requirements.txt",
        ]);
        succeed(pip).await?;
        tokio::fs::write(&stamp, wanted).await?;
    }
    let mut generate = command("sh", &clients);
    #[expect(
        clippy::disallowed_methods,
        reason = "this is a program, and what it starts needs a search path"
    )]
    let path = std::env::var_os("PATH").context("there is no PATH")?;
    let paths = std::iter::once(bin).chain(std::env::split_paths(&path));
    generate.arg("generate.sh").env("PATH", std::env::join_paths(paths)?);
    succeed(generate).await?;
    Ok(python)
}
