//! The helper of sandboxes, for programs that do not want to be their own, and a way to look into one.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program speaks to the person at the terminal"
)]

use std::error::Error;
use std::process::{ExitCode, ExitStatus};

use tau_sandbox::{Command, Helper, Policy, Sandbox};

const USAGE: &str = "\
The helper of tau's sandboxes. Programs start it under another name; by hand:

  tau-sandbox report POLICY             what would be in force, as JSON
  tau-sandbox run POLICY PROGRAM...     run a program in a sandbox, in its first workspace

POLICY is a file in JSON: {\"workspaces\": [\"/srv/project\"]} and whatever else differs from the defaults.";

fn main() -> ExitCode {
    tau_sandbox::enter_if_helper();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["report", policy] => report(policy),
        ["run", policy, program @ ..] if !program.is_empty() => run(policy, program),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        let mut source = error.source();
        while let Some(error) = source {
            eprintln!("  because: {error}");
            source = error.source();
        }
        ExitCode::FAILURE
    })
}

fn start(policy: &str) -> Result<(Policy, Sandbox), Box<dyn Error>> {
    let policy: Policy = serde_json::from_slice(&std::fs::read(policy)?)?;
    let sandbox = Sandbox::start(&policy, &Helper::this_program())?;
    Ok((policy, sandbox))
}

fn report(policy: &str) -> Result<ExitCode, Box<dyn Error>> {
    let (_, sandbox) = start(policy)?;
    println!("{}", serde_json::to_string_pretty(sandbox.report())?);
    Ok(ExitCode::SUCCESS)
}

fn run(policy: &str, program: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    let (policy, sandbox) = start(policy)?;
    let folder = policy.workspaces.first().cloned().unwrap_or_else(|| "/".into());
    let command = with_our_streams(Command::new(program[0]).args(&program[1..]).current_dir(folder))?;
    let status = sandbox.spawn(&command)?.wait()?;
    Ok(ExitCode::from(u8::try_from(code(status)).unwrap_or(1)))
}

#[cfg(unix)]
fn with_our_streams(command: Command) -> std::io::Result<Command> {
    use std::os::fd::AsFd;
    Ok(command
        .stdin(std::io::stdin().as_fd().try_clone_to_owned()?)
        .stdout(std::io::stdout().as_fd().try_clone_to_owned()?)
        .stderr(std::io::stderr().as_fd().try_clone_to_owned()?))
}

/// The code, or what a shell makes of a signal.
#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[cfg(not(unix))]
fn with_our_streams(command: Command) -> std::io::Result<Command> {
    Ok(command)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}
