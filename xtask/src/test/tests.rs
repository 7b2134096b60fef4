use clap::Parser;

use super::steps::{Context, Outcome, Step};
use super::{Args, selected};

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn steps(args: &[&str]) -> Vec<String> {
    let cli = Cli::try_parse_from(std::iter::once("test").chain(args.iter().copied())).unwrap();
    selected(&cli.args).into_iter().map(Step::name).collect()
}

#[test]
fn steps_run_in_the_order_they_are_declared() {
    let all = [
        "fmt",
        "clippy",
        "tidy",
        "codegen",
        "proto",
        "lean",
        "tests",
        "hub",
        "postgres",
        "conformance",
        "sim",
        "doc-tests",
        "docs",
        "examples",
        "deny",
        "advisories",
    ];
    assert_eq!(steps(&[]), all);
    assert_eq!(steps(&["--only", "docs", "--only", "fmt"]), ["fmt", "docs"]);
    assert_eq!(steps(&["--skip", "tests", "--skip", "fmt"]), [&all[1..6], &all[7..]].concat());
    assert_eq!(steps(&["--only", "docs", "--only", "fmt", "--skip", "fmt"]), ["docs"]);
    assert_eq!(steps(&["--only", "fmt", "--skip", "fmt"]), [] as [&str; 0]);
    assert!(Cli::try_parse_from(["test", "--only", "everything"]).is_err());
}

#[test]
fn every_step_says_what_it_checks() {
    for name in steps(&[]) {
        let step = <Step as clap::ValueEnum>::from_str(&name, false).unwrap();
        assert!(step.summary().len() > 10, "{name}: {}", step.summary());
    }
}

/// A workspace of one crate with that source.
fn workspace(source: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"one\"\nedition = \"2024\"\n\n[workspace]\n";
    std::fs::create_dir(dir.path().join("src")).unwrap();
    std::fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(dir.path().join("src/lib.rs"), source).unwrap();
    dir
}

#[test]
fn a_failed_step_names_the_command_to_run_again() {
    let sound = workspace("//! One.\n");
    let outcome = Step::Fmt.run(&Context::new(sound.path()).unwrap()).unwrap();
    assert!(matches!(outcome, Outcome::Passed), "{outcome:?}");

    let broken = workspace("//! One.\nfn  one () {}\n");
    let outcome = Step::Fmt.run(&Context::new(broken.path()).unwrap()).unwrap();
    let Outcome::Failed { command, code } = outcome else { panic!("{outcome:?}") };
    assert_eq!((command.as_str(), code.as_str()), ("cargo fmt --all --check", "exit status: 1"));
}

#[test]
fn a_step_without_its_crate_is_skipped_aloud() {
    let dir = workspace("//! One.\n");
    let context = Context::new(dir.path()).unwrap();
    for (step, expected) in [
        (Step::Codegen, "there is no support/tau-codegen/Cargo.toml"),
        (Step::Examples, "there is no examples/Cargo.toml"),
    ] {
        let outcome = step.run(&context).unwrap();
        let Outcome::Skipped(reason) = outcome else { panic!("{outcome:?}") };
        assert_eq!(reason, expected);
    }
}
