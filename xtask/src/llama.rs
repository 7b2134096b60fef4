//! `cargo xtask conformance llama`: tau against a real llama.cpp server.
//!
//! Everything comes from PyPI and stays below `target/llama`: the server is built from the sources in the package
//! `llama-cpp-python`, the model is made here. The first time takes half an hour on a small machine; later ones seconds.

mod build;
mod server;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::process::Cmd;
use crate::workspace::Workspace;
use server::Server;

/// The key of the servers, so that what happens without it is proven too.
const KEY: &str = "conformance-key-7d1f";

/// Prove tau against a real llama.cpp server, which is built first
#[derive(Debug, Parser)]
#[command(name = "cargo xtask conformance llama")]
struct Options {
    /// How many compilers run at the same time
    #[arg(long, default_value_t = 2)]
    jobs: u32,
}

pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<ExitCode> {
    let name = "cargo xtask conformance llama".to_owned();
    let options = Options::parse_from(std::iter::once(&name).chain(args));
    let target = Workspace::load(root)?.target_dir;
    let folder = target.join("llama");
    let built = build::all(root, &folder, options.jobs)?;

    // A window that is soon full, and room in each slot for what the checks ask.
    let words = Server::start(&built, &folder, "words", &["--ctx-size", "4096", "--parallel", "1"])?;
    let vectors = Server::start(&built, &folder, "vectors", &["--embedding", "--pooling", "mean"])?;
    let checks = Cmd::cargo(["run", "--quiet", "-p", "tau-agent", "--example", "llama", "--"]);
    let checks = checks.args([words.url(), vectors.url(), KEY.to_owned()]).status(root)?;
    let tested = models_test(root, &target, &folder, &words)?;
    Ok(if checks.success() && tested { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the command line says of the same model. It fails when the model does not answer.
fn models_test(root: &Path, target: &Path, folder: &Path, words: &Server) -> anyhow::Result<bool> {
    let build = Cmd::cargo(["build", "--quiet", "-p", "tau-cli"]);
    anyhow::ensure!(build.status(root)?.success(), "`tau` does not build");
    let config = folder.join("config.toml");
    let text = format!("[providers.llamacpp]\nbase_url = \"{}\"\napi_key = \"{KEY}\"\n", words.url());
    std::fs::write(&config, text).with_context(|| format!("could not write {}", config.display()))?;
    let tau = target.join("debug").join("tau").display().to_string();
    let test = Cmd::new(tau, ["models", "test", "llamacpp/tau-conformance", "--config"]);
    let test = test.args([config.display().to_string()]);
    println!("\n{test}");
    Ok(test.status(folder)?.success())
}
