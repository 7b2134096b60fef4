//! Writes skills like those that people publish: `cargo run -p tau-skills --example generate -- FOLDER [COUNT [SEED]]`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "skills".to_owned()));
    let mut number = |default: u64| args.next().and_then(|arg| arg.parse().ok()).unwrap_or(default);
    let (count, seed) = (number(6_000), number(1));
    let skills = tau_testkit::skills::generate(seed, usize::try_from(count).unwrap_or_default());
    tau_testkit::skills::write(&skills, &folder)?;
    println!("{} skills in {}", skills.len(), folder.display());
    Ok(())
}
