//! `cargo run -p tau-codegen -- [--check]`: writes the generated Rust of `tau-proto`, or proves that it is fresh.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tau_codegen::GeneratedTree;

/// Generates the Rust of the interface from its .proto files.
#[derive(Debug, Parser)]
#[command(name = "tau-codegen")]
struct Arguments {
    /// Write nothing; fail and name the stale files if the checked-in code is not as it would be generated.
    #[arg(long)]
    check: bool,
    /// Folder of the .proto files [default: proto/ of this workspace]
    #[arg(long, value_name = "FOLDER")]
    proto: Option<PathBuf>,
    /// Folder of the generated code [default: src/gen/ of tau-proto]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let proto = arguments.proto.unwrap_or_else(|| workspace.join("proto"));
    let out = arguments.out.unwrap_or_else(|| workspace.join("crates/tau-proto/src/gen"));

    let tree = GeneratedTree::from_proto(&proto)?;
    let stale = if arguments.check { tree.compare(&out) } else { tree.write(&out) }?;

    let mut report = String::new();
    for file in &stale {
        report += &format!("  {file}\n");
    }
    let total = tree.files().len();
    let (summary, code) = match (arguments.check, stale.is_empty()) {
        (_, true) => (format!("generated code is fresh ({total} files)"), ExitCode::SUCCESS),
        (false, false) => (format!("updated {} of {total} files", stale.len()), ExitCode::SUCCESS),
        (true, false) => (
            format!("generated code is stale ({} files); run `cargo xtask codegen`", stale.len()),
            ExitCode::FAILURE,
        ),
    };
    writeln!(std::io::stdout().lock(), "{report}{summary}").context("cannot write to standard output")?;
    Ok(code)
}
