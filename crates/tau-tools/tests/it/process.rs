//! Commands and the processes they leave.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tau_tools::environment::{
    CommandExit, CommandSpec, Environment, EnvironmentErrorKind, LocalEnvironment, MemoryEnvironment,
    WorkspacePath, adopt_orphans, kill_descendants,
};

use crate::support::{local, memory};

async fn output(environment: &LocalEnvironment, script: &str) -> (CommandExit, String) {
    let output = Mutex::new(Vec::new());
    let keep = |chunk: &[u8]| output.lock().unwrap().extend_from_slice(chunk);
    let exit = environment.run(&CommandSpec::new(script), &keep).await.unwrap();
    let text = String::from_utf8_lossy(&output.lock().unwrap()).into_owned();
    (exit, text)
}

/// How many living processes have this in their command line. Zombies have none.
fn processes_with(mark: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
}

async fn becomes(expected: usize, mark: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while processes_with(mark) != expected {
        assert!(Instant::now() < deadline, "{} processes of {mark}, not {expected}", processes_with(mark));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A number of seconds nobody else sleeps, to know our processes by.
fn mark(test: u32) -> String {
    format!("9{test}{}.5", std::process::id())
}

#[tokio::test]
async fn output_comes_as_it_was_written() {
    let (_folder, environment) = local();
    let (exit, text) = output(&environment, "echo 1; echo 2 >&2; echo 3; echo 4 >&2; pwd; cat").await;
    assert_eq!(exit, CommandExit::Code(0));
    assert_eq!(text, format!("1\n2\n3\n4\n{}\n", environment.root().display()));
}

#[tokio::test]
async fn every_shell_takes_any_script() {
    let (_folder, environment) = local();
    for shell in ["/bin/bash", "/bin/sh"] {
        let environment = environment.clone().with_shell(shell);
        let (exit, text) = output(&environment, "-x; echo '$HOME' \"a  b\" \\\n  c").await;
        assert_eq!(exit, CommandExit::Code(0), "{shell}: {text}");
        assert!(text.ends_with("$HOME a  b c\n"), "{shell}: {text}");
    }
}

#[tokio::test]
async fn ends_are_told_apart() {
    let (_folder, environment) = local();
    assert_eq!(output(&environment, "exit 7").await.0, CommandExit::Code(7));
    assert_eq!(output(&environment, "kill -9 $$").await.0, CommandExit::Signal(9));
    assert_eq!(output(&environment, "no-such-program-here").await.0, CommandExit::Code(127));
}

#[tokio::test]
async fn the_environment_is_what_was_given() {
    let (_folder, environment) = local();
    let given = BTreeMap::from([("PATH", "/usr/bin:/bin"), ("GIVEN", "a b\nc")]);
    let environment =
        environment.with_env(given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
    let (_, text) = output(&environment, "env -0 | tr '\\0\\n' '\\n '").await;
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let shells_own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let mut names: Vec<&str> = names.into_iter().filter(|name| !shells_own.contains(name)).collect();
    names.sort_unstable();
    assert_eq!(names, ["GIVEN", "PATH"]);
    assert!(text.contains("GIVEN=a b c"), "{text}");
}

#[tokio::test]
async fn the_folder_is_below_the_root() {
    let (folder, environment) = local();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::os::unix::fs::symlink("/", folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let mut command = CommandSpec::new("touch here");
    command.directory = WorkspacePath::root().join("sub");
    assert_eq!(environment.run(&command, &|_| {}).await.unwrap(), CommandExit::Code(0));
    assert!(folder.path().join("sub/here").exists());
    let kinds = [
        ("out", EnvironmentErrorKind::Outside),
        ("file", EnvironmentErrorKind::NotAFile),
        ("none", EnvironmentErrorKind::NotFound),
    ];
    for (name, kind) in kinds {
        command.directory = WorkspacePath::root().join(name);
        assert_eq!(environment.run(&command, &|_| {}).await.unwrap_err().kind(), kind, "{name}");
    }
}

#[tokio::test]
async fn a_child_in_the_background_does_not_hold_the_command() {
    let (_folder, environment) = local();
    let seconds = mark(1);
    let started = Instant::now();
    let (exit, text) =
        output(&environment, &format!("sleep {seconds} & echo done; sleep {seconds} >&2 &")).await;
    assert_eq!((exit, text.as_str()), (CommandExit::Code(0), "done\n"));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    becomes(0, &seconds).await;
}

#[tokio::test]
async fn a_child_that_never_stops_printing_does_not_hold_the_command() {
    let (_folder, environment) = local();
    let started = Instant::now();
    let (exit, _) = output(&environment, "yes background & exit 3").await;
    assert_eq!(exit, CommandExit::Code(3));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn all_that_the_shell_wrote_is_given_though_it_exits_at_once() {
    let (_folder, environment) = local();
    for _ in 0..20 {
        let (_, text) = output(&environment, "head -c 60000 /dev/zero | tr '\\0' x; sleep 7 &").await;
        assert_eq!(text.len(), 60_000);
    }
}

#[tokio::test]
async fn dropping_the_command_leaves_no_process() {
    let (_folder, environment) = local();
    let seconds = mark(2);
    // Deaf to SIGTERM; with children, grandchildren, and one in a session of its own.
    let script = format!(
        "trap '' TERM HUP INT\n\
         sleep {seconds} &\n\
         (trap '' TERM; sleep {seconds} & sleep {seconds}) &\n\
         setsid sleep {seconds} &\n\
         while :; do sleep {seconds}; done"
    );
    let command = CommandSpec::new(script);
    let running = tokio::time::timeout(Duration::from_secs(60), environment.run(&command, &|_| {}));
    tokio::select! {
        ended = running => panic!("ended by itself: {ended:?}"),
        // Five sleeps, and the shells that hold the script itself.
        () = async {
            let deadline = Instant::now() + Duration::from_secs(10);
            while processes_with(&format!("sleep\0{seconds}")) < 5 {
                assert!(Instant::now() < deadline, "{} of 5 started", processes_with(&seconds));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } => {}
    }
    becomes(0, &seconds).await;
}

/// Runs the ignored test below in a process of its own, which may kill all that it started.
#[test]
fn daemons_are_found_at_the_end_of_the_program() {
    let seconds = mark(3);
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "process::program_that_leaves_daemons", "--nocapture"])
        .env("TAU_TEST_SECONDS", &seconds)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(processes_with(&format!("sleep\0{seconds}")), 0);
}

#[tokio::test]
#[ignore = "started by daemons_are_found_at_the_end_of_the_program"]
async fn program_that_leaves_daemons() {
    #[expect(clippy::disallowed_methods, reason = "how the test that starts this one names its processes")]
    let seconds = std::env::var("TAU_TEST_SECONDS").unwrap();
    adopt_orphans().unwrap();
    let (_folder, environment) = local();
    // The daemon's parent is gone, and so is its group, before the command ends.
    let script =
        format!("setsid sh -c 'setsid sleep {seconds} & sleep {seconds} & exit' >/dev/null 2>&1; exit 0");
    assert_eq!(output(&environment, &script).await.0, CommandExit::Code(0));
    let sleeping = format!("sleep\0{seconds}");
    becomes(2, &sleeping).await;
    assert_eq!(kill_descendants(), 2);
    assert_eq!(processes_with(&sleeping), 0);
    assert_eq!(kill_descendants(), 0);
}

#[tokio::test]
async fn in_memory_commands_are_unsupported_or_scripted() {
    let environment = memory([]);
    let refused = environment.run(&CommandSpec::new("ls"), &|_| {}).await.unwrap_err();
    assert_eq!(refused.kind(), EnvironmentErrorKind::Unsupported);
    let environment: MemoryEnvironment = environment.with_commands(|command, output| {
        output(command.script.as_bytes());
        Ok(CommandExit::Code(4))
    });
    let heard = Mutex::new(Vec::new());
    let exit = environment
        .run(&CommandSpec::new("ls"), &|chunk| heard.lock().unwrap().extend_from_slice(chunk))
        .await;
    assert_eq!(exit.unwrap(), CommandExit::Code(4));
    assert_eq!(*heard.lock().unwrap(), b"ls");
}

#[test]
fn files_in_memory_must_fit_together() {
    for files in [[("a", ""), ("a/b", "")], [("a/b", ""), ("a", "")], [("a", ""), ("../b", "")]] {
        assert!(MemoryEnvironment::new(files).is_err(), "{files:?}");
    }
}
