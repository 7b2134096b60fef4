//! The same commands in a sandbox. The helper is the program `tau-sandbox`, which a build of the workspace leaves beside
//! the tests.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tau_sandbox::{Helper, Policy, Sandbox};
use tau_tools::environment::{
    CommandExit, CommandSide, CommandSpec, Environment, EnvironmentErrorKind, LocalEnvironment,
    SandboxLauncher,
};

use crate::support::local;

pub(crate) fn helper() -> Helper {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("tau-sandbox");
    assert!(program.exists(), "no helper: `cargo build -p tau-sandbox` makes it");
    Helper::at(program)
}

/// The environment of the other tests, with a sandbox around its commands.
fn sandboxed() -> (tempfile::TempDir, LocalEnvironment) {
    let (folder, environment) = local();
    let sandbox = Sandbox::start(&Policy::for_workspace(environment.root()), &helper()).unwrap();
    (folder, environment.with_launcher(SandboxLauncher::new(Arc::new(sandbox))))
}

async fn output(environment: &LocalEnvironment, script: &str) -> (CommandExit, String) {
    let output = Mutex::new(Vec::new());
    let keep = |chunk: &[u8]| output.lock().unwrap().extend_from_slice(chunk);
    let exit = environment.run(&CommandSpec::new(script), &keep).await.unwrap();
    let text = String::from_utf8_lossy(&output.lock().unwrap()).into_owned();
    (exit, text)
}

#[tokio::test]
async fn output_and_exit_are_those_of_the_shell() {
    let (_folder, environment) = sandboxed();
    let (exit, text) = output(&environment, "echo 1; echo 2 >&2; echo 3; pwd; cat; exit 5").await;
    assert_eq!((exit, text), (CommandExit::Code(5), format!("1\n2\n3\n{}\n", environment.root().display())));
    assert_eq!(output(&environment, "kill -TERM $$").await.0, CommandExit::Signal(15));
    let (exit, text) = output(&environment, "head -c 300000 /dev/zero | tr '\\0' x").await;
    assert_eq!((exit, text.len()), (CommandExit::Code(0), 300_000));
}

#[tokio::test]
async fn the_rest_of_the_host_is_not_there() {
    let (folder, environment) = sandboxed();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "x").unwrap();
    let script = format!(
        "cat {0}/secret; echo x > {0}/made; echo x > made; echo x > .bashrc",
        outside.path().display()
    );
    output(&environment, &script).await;
    assert!(folder.path().join("made").exists());
    assert!(!outside.path().join("made").exists());
}

#[tokio::test]
async fn what_a_command_left_ends_with_it() {
    let (folder, environment) = sandboxed();
    let alive = folder.path().join("alive");
    let (exit, _) = output(&environment, "setsid sh -c 'sleep 0.3; : > alive' > /dev/null 2>&1 &").await;
    assert_eq!(exit, CommandExit::Code(0));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(!alive.exists());
}

#[tokio::test]
async fn dropping_the_future_ends_the_tree() {
    let (folder, environment) = sandboxed();
    let count = || std::fs::metadata(folder.path().join("count")).map_or(0, |metadata| metadata.len());
    let script = "setsid sh -c 'while :; do echo x >> count; sleep 0.01; done' & sleep 100";
    let spec = CommandSpec::new(script);
    let nowhere = |_: &[u8]| ();
    let run = environment.run(&spec, &nowhere);
    assert!(tokio::time::timeout(Duration::from_millis(300), run).await.is_err());
    assert!(count() > 0);
    let begin = Instant::now();
    let mut last = 0;
    while count() != last {
        last = count();
        assert!(begin.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(output(&environment, "echo on").await, (CommandExit::Code(0), "on\n".to_owned()));
}

#[tokio::test]
async fn a_command_leaves_the_sandbox_only_where_it_may() {
    let outside = tempfile::tempdir().unwrap();
    let script = format!("echo x > {}/made; echo done", outside.path().display());
    let run = async |environment: &LocalEnvironment| {
        let spec = CommandSpec::new(&script).on(CommandSide::Outside);
        environment.run(&spec, &|_: &[u8]| ()).await.map_err(|error| error.kind())
    };
    let (_folder, environment) = sandboxed();
    assert_eq!(run(&environment).await, Err(EnvironmentErrorKind::PermissionDenied));
    assert!(!outside.path().join("made").exists());
    let environment = environment.with_commands_outside();
    output(&environment, &script).await;
    assert!(!outside.path().join("made").exists(), "others stay inside");
    assert_eq!(run(&environment).await, Ok(CommandExit::Code(0)));
    assert!(outside.path().join("made").exists());
}
