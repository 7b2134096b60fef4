//! The client packages as somebody else has them: packed, installed in a place of their own, and used from there.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::node;
use super::python::{self, ENDING_WITH_TOOL, ends};
use super::report::Report;
use super::tool::{command, is_offline, is_there, succeed};
use crate::served::{Served, root};

/// What the programs say that lose the connection in the middle of a call.
const AFTER_A_LOSS: [&str; 2] =
    ["It is made. 21 degrees in Bern.", "[carried out 1 times, session_not_found]"];

/// What each package comes with, and the last lines that it says.
const PROGRAMS: [(&str, &str, [&str; 2]); 2] = [
    ("example", "example with a tool over Attach", ENDING_WITH_TOOL),
    ("lost", "a connection lost in the middle of a call", AFTER_A_LOSS),
];

pub(super) async fn check(served: &Served, report: &mut Report) {
    if is_there("npm").await {
        npm(served, report).await;
    } else {
        report.skip("package of npm", "there is no npm; Node.js 20 brings it");
    }
    if is_there("python3").await {
        pip(served, report).await;
    } else {
        report.skip("package of Python", "there is no python3");
    }
}

async fn npm(served: &Served, report: &mut Report) {
    const NAME: &str = "package of npm, connect h2";
    let Some(folder) = installed(npm_install().await, NAME, report) else { return };
    for (program, check, ending) in PROGRAMS {
        let mut command = command("node", &folder);
        command.arg(format!("{program}.js")).arg(served.url()).arg(&served.token_file).arg("make it");
        report.add(NAME, check, succeed(command).await.and_then(|ran| ends(&ran.text(), ending)));
    }
}

async fn pip(served: &Served, report: &mut Report) {
    const NAME: &str = "package of Python, grpc h2";
    let Some(python) = installed(pip_install().await, NAME, report) else { return };
    let programs = root().map(|root| root.join("clients/python")).unwrap_or_default();
    for (program, check, ending) in PROGRAMS {
        // Away from its sources, which would be found before what is installed.
        let mut command = command(&python, &served.project);
        command.arg("-I").arg(programs.join(format!("{program}.py")));
        command.arg(&served.address).arg(&served.token_file).arg("make it");
        report.add(NAME, check, succeed(command).await.and_then(|ran| ends(&ran.text(), ending)));
    }
}

fn installed(place: anyhow::Result<PathBuf>, name: &str, report: &mut Report) -> Option<PathBuf> {
    match place {
        Ok(place) => return Some(place),
        Err(error) if is_offline(&error) => report.skip(name, "its registry cannot be reached"),
        Err(error) => report.add(name, "installation", Err(error)),
    }
    None
}

/// Packs the package, and installs it in a project of its own with the programs; the folder of that.
async fn npm_install() -> anyhow::Result<PathBuf> {
    let package = root()?.join("clients/typescript");
    node::dependencies(&package).await?;
    let folder = root()?.join("target/conformance/npm-package");
    tokio::fs::create_dir_all(&folder).await?;
    let mut pack = command("npm", &package);
    pack.args(["pack", "--silent", "--pack-destination"]).arg(&folder);
    let packed = succeed(pack).await?.text();
    let packed = packed.lines().last().context("npm packed nothing")?.to_owned();
    tokio::fs::write(folder.join("package.json"), r#"{"private": true, "type": "module"}"#).await?;
    let mut install = command("npm", &folder);
    install.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]);
    install.arg(format!("./{packed}"));
    succeed(install).await?;
    for (program, ..) in PROGRAMS {
        let name = format!("{program}.js");
        tokio::fs::copy(package.join("example/dist").join(&name), folder.join(&name)).await?;
    }
    ensure!(!is_link(&folder.join("node_modules/tau-client")).await?, "it is linked, and not installed");
    Ok(folder)
}

async fn is_link(path: &Path) -> anyhow::Result<bool> {
    Ok(tokio::fs::symlink_metadata(path).await?.file_type().is_symlink())
}

/// Builds the package, and installs it in a virtual environment of its own; the interpreter in it.
async fn pip_install() -> anyhow::Result<PathBuf> {
    let package = root()?.join("clients/python");
    let folder = root()?.join("target/conformance/python-package");
    let python = folder.join("bin/python");
    if !tokio::fs::try_exists(&python).await? {
        succeed(python::environment(&folder)?).await?;
    }
    let mut install = command(&python, &package);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall"]);
    // What it needs is installed once; it itself every time, because its version does not change.
    install.args(["--no-deps", "."]);
    succeed(install).await?;
    let mut needs = command(&python, &package);
    needs.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "tau-client"]);
    succeed(needs).await?;
    Ok(python)
}
