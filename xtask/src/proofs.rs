//! `cargo xtask conformance` and `cargo xtask abuse`: what tau has in common with others, proven with theirs.

use std::path::Path;
use std::process::ExitCode;

use crate::langgraph;
use crate::llama;
use crate::mcp;
use crate::process::Cmd;

/// Clients of others against a server of the development build, or tau as the client of a model server.
pub(crate) fn conformance(root: &Path, args: Vec<String>) -> anyhow::Result<ExitCode> {
    match args.split_first() {
        Some((first, rest)) if first == "llama" => return llama::run(root, rest),
        Some((first, rest)) if first == "mcp" => return mcp::run(root, rest),
        _ => {}
    }
    if let Some((first, rest)) = args.split_first()
        && first == "langgraph"
    {
        return langgraph::run(root, rest);
    }
    build(root, &[])?;
    program(&[], "conformance").args(args).forward(root)
}

/// The server as it is released, abused.
pub(crate) fn abuse(root: &Path, args: Vec<String>) -> anyhow::Result<ExitCode> {
    build(root, &["--release"])?;
    let is_all = args.is_empty();
    let abused = program(&["--release"], "abuse").args(args).status(root)?.success();
    // It needs handlers that are none of the server's, so it is a test.
    let survived = !is_all || fifty_thousand_acks().status(root)?.success();
    Ok(if abused && survived { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a step of `cargo xtask test` runs: no browser, no buf. The programs are those of the whole workspace, which its tests
/// were built with: alone, with features of their own, everything below them would be built once more.
pub(crate) fn fast(target_dir: &Path) -> [Cmd; 2] {
    let program = target_dir.join("debug/tau-proofs").display().to_string();
    [
        Cmd::cargo(["build", "--quiet", "--workspace", "--bins"]),
        Cmd::new(program, ["conformance", "interface", "--fast"]),
    ]
}

fn build(root: &Path, profile: &[&str]) -> anyhow::Result<()> {
    let build = Cmd::cargo(["build", "-p", "tau-cli", "-p", "tau-proofs"]).args(profile.iter().copied());
    anyhow::ensure!(build.status(root)?.success(), "the server does not build");
    Ok(())
}

fn program(profile: &[&str], proof: &str) -> Cmd {
    let run = Cmd::cargo(["run", "--quiet", "-p", "tau-proofs"]).args(profile.iter().copied());
    run.args(["--", proof])
}

fn fifty_thousand_acks() -> Cmd {
    let test = ["test", "--quiet", "-p", "tau-runtime", "--features", "server", "--test", "it", "--"];
    Cmd::cargo(test).args(["--ignored", "fifty_thousand_small_acks"])
}
