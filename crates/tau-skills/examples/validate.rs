//! Checks skills by the strict rules: `cargo run -p tau-skills --example validate -- FOLDER...`
//!
//! Prints `valid` or `invalid`, the folder, and the issues, separated by tabs. Folders that are not skills themselves are
//! looked through one level deep.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::{Path, PathBuf};

use tau_skills::validation;

fn main() {
    for folder in std::env::args().skip(1).map(PathBuf::from) {
        let below = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut skills: Vec<PathBuf> = below.filter(|path| path.is_dir()).collect();
        skills.sort();
        if folder.join("SKILL.md").exists() {
            skills = vec![folder];
        }
        skills.iter().for_each(|skill| print(skill));
    }
}

fn print(skill: &Path) {
    let issues = validation::validate(skill);
    let verdict = if issues.is_empty() { "valid" } else { "invalid" };
    let issues: Vec<String> = issues.iter().map(ToString::to_string).collect();
    println!("{verdict}\t{}\t{}", skill.display(), issues.join("; "));
}
