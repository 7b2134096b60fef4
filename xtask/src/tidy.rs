//! `cargo xtask tidy`: the rules of the repository that neither rustc nor clippy checks.
//!
//! A rule is one file of [`tidy/`](self) and one function from data to violations. Rules about one Rust file take
//! a [`RustFile`] and run on every core; rules about the tree as a whole take the [`Tree`] and the [`Facts`] that
//! were gathered from its files.

mod architecture;
mod budgets;
mod docs;
mod exports;
mod layers;
mod manifests;
mod modules;
mod names;
mod source;
#[cfg(test)]
mod tests;
mod tree;
mod violation;
mod words;

use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use crate::tidy::source::{Facts, RustFile};
use crate::tidy::tree::{TextFile, Tree};
use crate::tidy::violation::{Severity, Violation};

/// Check the shape of the repository and print every violation
///
/// Each line is `path:line: rule: what is wrong; what to do`. Warnings are printed and do not fail.
///
/// layers         edges between our crates are those of xtask/layers.toml;
/// dependencies   every dependency is `workspace = true` and has its reason in the root manifest;
/// lints          every manifest takes the workspace's lints;
/// file-lines     a file warns over 500 lines and fails over 800, tests and generated code apart;
/// function-lines a function has at most 100 lines;
/// struct-fields  a struct has at most 12 fields, or `// tidy: struct-fields: <reason>` above it;
/// enum-variants  an enum has at most 25 variants, or `// tidy: enum-variants: <reason>` above it;
/// inline-tests   an inline test module has at most 150 lines;
/// exports        lib.rs holds docs, mod and named pub use; no glob re-export, no `use super::*` outside tests;
/// architecture   ARCHITECTURE.md has an invariant for each crate and names none that is gone;
/// modules        every source file and test is reached by a `mod`; one integration binary per crate;
/// docs           every public item and crate root has a doc comment;
/// names          nothing in crates/ and proto/ names an extension;
/// words          no path of one machine and no registry host in a tracked file.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

/// Runs the task.
pub(crate) fn run(root: &Path, _args: &Args) -> anyhow::Result<ExitCode> {
    Ok(if report(root)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints every violation and says whether there is no error among them.
pub(crate) fn report(root: &Path) -> anyhow::Result<bool> {
    let start = Instant::now();
    let tree = Tree::load(root)?;
    let violations = check(&tree);
    for violation in &violations {
        println!("{violation}");
    }
    let errors = violations.iter().filter(|violation| violation.severity == Severity::Error).count();
    let warnings = violations.len() - errors;
    println!(
        "tidy: {}, {} in {} files, {:.2} s",
        counted(errors, "error"),
        counted(warnings, "warning"),
        tree.files.len(),
        start.elapsed().as_secs_f64()
    );
    Ok(errors == 0)
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Every violation of every rule, in order of path and line.
fn check(tree: &Tree) -> Vec<Violation> {
    let (mut violations, facts) = check_rust_files(tree);
    violations.extend(layers::check(tree));
    violations.extend(manifests::check(tree));
    violations.extend(architecture::check(tree));
    violations.extend(modules::check(tree, &facts));
    violations.extend(docs::check_modules(tree, &facts));
    violations.extend(names::check(tree));
    violations.extend(words::check(tree));
    violations.sort();
    violations
}

/// The rules about single Rust files, shared out over the cores: a debug build of syn reads some 70,000 lines a
/// second, which would be the whole running time.
fn check_rust_files(tree: &Tree) -> (Vec<Violation>, Vec<Facts>) {
    let files: Vec<&TextFile> = tree.rust_files().collect();
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let work = |worker: usize| {
        let mut violations = Vec::new();
        let mut facts = Vec::new();
        for file in files.iter().skip(worker).step_by(workers) {
            match RustFile::parse(tree, file) {
                Ok(file) => {
                    violations.extend(budgets::check(&file));
                    violations.extend(exports::check(&file));
                    violations.extend(docs::check(&file));
                    facts.push(Facts::of(&file));
                }
                Err(violation) => violations.push(violation),
            }
        }
        (violations, facts)
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let work = &work;
        let spawned: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        spawned
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let (violations, facts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    (violations.concat(), facts.into_iter().flatten().collect())
}
