//! Commands run, and are told apart; what cannot be kept is refused; nothing is left on the host.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tau_sandbox::policy::Isolation;
use tau_sandbox::{Backend, Command, Helper, Policy, Sandbox, SandboxErrorKind, Step};
use tempfile::TempDir;

use crate::helper;

/// A workspace and a live sandbox with it.
fn sandbox() -> (TempDir, Sandbox) {
    let workspace = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(&Policy::for_workspace(workspace.path()), &helper()).unwrap();
    (workspace, sandbox)
}

fn shell(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

/// Runs a command and gives what it wrote and how it ended.
fn output(sandbox: &Sandbox, command: Command) -> (String, ExitStatus) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let command = command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = sandbox.spawn(&command).unwrap();
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    (text, child.wait().unwrap())
}

#[test]
fn commands_end_as_they_do_outside() {
    let (_workspace, sandbox) = sandbox();
    let status = |script| sandbox.spawn(&shell(script)).unwrap().wait().unwrap();
    assert_eq!(status("exit 0").code(), Some(0));
    assert_eq!(status("exit 42").code(), Some(42));
    assert_eq!(status("kill -TERM $$").signal(), Some(15));
    assert_eq!(status("trap 'exit 7' USR1; kill -USR1 $$; sleep 1").code(), Some(7));
}

#[test]
fn a_program_that_cannot_run_is_an_error_of_the_command() {
    let (_workspace, sandbox) = sandbox();
    for (program, error) in [("no-such-program", libc::ENOENT), ("/etc/hosts", libc::EACCES)] {
        let refused = sandbox.spawn(&Command::new(program)).unwrap_err();
        assert_eq!(refused.kind(), SandboxErrorKind::Command);
        assert_eq!(refused.io_error().unwrap().raw_os_error(), Some(error), "{program}");
    }
    let elsewhere = sandbox.spawn(&Command::new("true").current_dir("/nonexistent")).unwrap_err();
    assert_eq!(elsewhere.kind(), SandboxErrorKind::Command);
    assert!(sandbox.spawn(&Command::new("true")).unwrap().wait().unwrap().success());
}

#[test]
fn streams_folder_and_arguments_arrive() {
    let (workspace, sandbox) = sandbox();
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"from the host\n").unwrap();
    drop(writer);
    let command = shell("cat; pwd; echo \"$1\"; echo wrong >&2").args(["sh", "an argument"]);
    let (text, status) = output(&sandbox, command.stdin(reader).current_dir(workspace.path()));
    assert_eq!(text, format!("from the host\n{}\nan argument\nwrong\n", workspace.path().display()));
    assert!(status.success());
}

#[test]
fn arguments_need_not_be_short_nor_text() {
    let (_workspace, sandbox) = sandbox();
    let long = "x".repeat(100_000);
    let (text, _) = output(&sandbox, shell("echo ${#1} ${#2}").args(["sh", &long, &long]));
    assert_eq!(text, "100000 100000\n");
    let bytes = std::ffi::OsString::from_vec(vec![b'a', 0xff, b'b']);
    let (text, _) =
        output(&sandbox, Command::new("sh").args(["-c", "printf %s \"$1\" | wc -c", "sh"]).args([bytes]));
    assert_eq!(text.trim(), "3");
}

#[test]
fn only_allowed_variables_arrive() {
    let (_workspace, sandbox) = sandbox();
    let given =
        [("LANG", "C.UTF-8"), ("AWS_SECRET_ACCESS_KEY", "x"), ("HOME", "elsewhere"), ("PATH", "/usr/bin")];
    let (text, _) = output(&sandbox, Command::new("env").envs(given));
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/bin", "TMPDIR=/tmp"]);
}

#[test]
fn the_workspace_is_shared_and_tmp_is_not() {
    let (workspace, sandbox) = sandbox();
    fs::write(workspace.path().join("in"), "from the host").unwrap();
    let name = format!("tau-test-{}", std::process::id());
    let script = format!("cat in > out && echo x > /tmp/{name} && cat /tmp/{name}");
    let (text, status) = output(&sandbox, shell(&script).current_dir(workspace.path()));
    assert_eq!((text.as_str(), status.code()), ("x\n", Some(0)));
    assert_eq!(fs::read_to_string(workspace.path().join("out")).unwrap(), "from the host");
    assert!(!Path::new("/tmp").join(&name).exists());
    // The next command of the session still has it.
    assert_eq!(output(&sandbox, shell(&format!("cat /tmp/{name}"))).0, "x\n");
}

#[test]
fn commands_run_beside_each_other() {
    let (_workspace, sandbox) = sandbox();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let (text, status) =
                    output(sandbox, shell(&format!("sleep 0.5; echo {number}; exit {number}")));
                assert_eq!((text, status.code()), (format!("{number}\n"), Some(number)));
            });
        }
    });
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn one_command_is_killed_and_others_go_on() {
    let (_workspace, sandbox) = sandbox();
    let mut other = sandbox.spawn(&shell("sleep 0.5; exit 9")).unwrap();
    let mut child = sandbox.spawn(&shell("sleep 100 & sleep 100")).unwrap();
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert_eq!(other.wait().unwrap().code(), Some(9));
}

#[test]
fn git_works_in_a_workspace() {
    let workspace = tempfile::tempdir().unwrap();
    let init = std::process::Command::new("git").args(["init", "-q"]).current_dir(workspace.path()).status();
    if !init.is_ok_and(|status| status.success()) {
        return;
    }
    let sandbox = Sandbox::start(&Policy::for_workspace(workspace.path()), &helper()).unwrap();
    let script = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
        echo x > file && git add file && git commit -qm message && git log --format=%s && git status --short && git branch other";
    let (text, status) = output(&sandbox, shell(script).current_dir(workspace.path()));
    assert_eq!((text.as_str(), status.code()), ("message\n", Some(0)));
}

#[test]
fn nothing_is_left_on_the_host() {
    let (workspace, sandbox) = sandbox();
    let report = sandbox.report().clone();
    assert_eq!(report.backend, Backend::Namespaces);
    assert!(report.placeholders > 10 && report.seccomp_rules > 80, "{report:?}");
    let other = Sandbox::start(&Policy::for_workspace(workspace.path()), &helper()).unwrap();
    assert_eq!(other.report().placeholders, report.placeholders);
    drop(sandbox);
    // The second one still needs what stands there.
    let (_, status) = output(
        &other,
        shell("mkdir .claude && echo x > .claude/settings.json").current_dir(workspace.path()),
    );
    assert!(!status.success());
    assert!(workspace.path().join(".claude").exists());
    drop(other);
    assert_eq!(fs::read_dir(workspace.path()).unwrap().count(), 0);
}

#[test]
fn what_the_user_has_is_not_taken_for_a_placeholder() {
    let workspace = tempfile::tempdir().unwrap();
    fs::create_dir(workspace.path().join(".claude")).unwrap();
    fs::write(workspace.path().join(".envrc"), "").unwrap();
    drop(Sandbox::start(&Policy::for_workspace(workspace.path()), &helper()).unwrap());
    let mut names: Vec<_> =
        fs::read_dir(workspace.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".claude", ".envrc"]);
}

#[test]
fn everything_ends_with_the_host_process() {
    let workspace = tempfile::tempdir().unwrap();
    let policy = workspace.path().join("policy.json");
    fs::write(&policy, serde_json::to_string(&Policy::for_workspace(workspace.path())).unwrap()).unwrap();
    let script = "setsid sh -c 'while :; do date +%N > alive; sleep 0.02; done' & sleep 100";
    let mut host = std::process::Command::new(helper().program())
        .arg("run")
        .arg(&policy)
        .args(["sh", "-c", script])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let alive = workspace.path().join("alive");
    wait_until("it runs", || alive.exists());
    host.kill().unwrap();
    host.wait().unwrap();
    // The supervisor takes away what it made after everything inside has ended.
    wait_until("it is cleared", || !workspace.path().join(".claude").exists());
    let last = fs::read(&alive).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(fs::read(&alive).unwrap(), last);
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn links_where_something_is_protected_are_refused() {
    let workspace = tempfile::tempdir().unwrap();
    fs::create_dir(workspace.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", workspace.path().join(".git")).unwrap();
    refused(workspace.path(), Step::ProtectedLink);
    fs::remove_file(workspace.path().join(".git")).unwrap();
    fs::create_dir(workspace.path().join(".git")).unwrap();
    fs::write(workspace.path().join("a name"), "").unwrap();
    fs::hard_link(workspace.path().join("a name"), workspace.path().join(".git/config")).unwrap();
    refused(workspace.path(), Step::ProtectedHardLink);
    let mut names: Vec<_> =
        fs::read_dir(workspace.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".git", "a name", "elsewhere"]);
}

fn refused(workspace: &Path, step: Step) {
    let error = Sandbox::start(&Policy::for_workspace(workspace), &helper()).unwrap_err();
    assert_eq!((error.kind(), error.step()), (SandboxErrorKind::Setup, Some(step)));
}

#[test]
fn a_workspace_has_to_be_there() {
    refused(Path::new("/srv/no-such-workspace"), Step::Protected);
}

#[test]
fn a_program_that_is_no_helper_is_no_sandbox() {
    let policy = Policy::for_workspace("/srv");
    for program in ["/usr/bin/true", "/nonexistent"] {
        let error = Sandbox::start(&policy, &Helper::at(program)).unwrap_err();
        assert_eq!((error.kind(), error.step()), (SandboxErrorKind::Setup, Some(Step::Helper)));
    }
}

#[test]
fn landlock_alone_is_weaker_and_says_so() {
    let workspace = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "x").unwrap();
    let mut policy = Policy::for_workspace(workspace.path());
    policy.isolation = Isolation::LandlockOnly;
    let sandbox = match Sandbox::start(&policy, &helper()) {
        Ok(sandbox) => sandbox,
        // A kernel without the scopes of landlock.
        Err(error) => return assert_eq!(error.step(), Some(Step::Landlock)),
    };
    assert_eq!(sandbox.report().backend, Backend::LandlockOnly);
    assert!(!sandbox.report().weaknesses.is_empty());
    let secret = outside.path().join("secret");
    let script = format!(
        "echo x > made; cat {0} || echo no; echo y > {0} || echo no; perl -e 'use Socket; socket my $s, AF_INET, SOCK_STREAM, 0 or print \"no\\n\"'",
        secret.display()
    );
    let (text, _) = output(&sandbox, shell(&script).current_dir(workspace.path()));
    assert_eq!(text.lines().filter(|line| *line == "no").count(), 3, "{text}");
    assert_eq!(fs::read_to_string(workspace.path().join("made")).unwrap(), "x\n");
    assert_eq!(fs::read_to_string(secret).unwrap(), "x");
    let victim = std::process::id();
    let (text, _) = output(&sandbox, shell(&format!("kill -0 {victim} || echo no")));
    assert!(text.ends_with("no\n"), "{text}");
    let mut child = sandbox.spawn(&shell("setsid sleep 100 & sleep 100")).unwrap();
    child.kill();
    child.wait().unwrap();
}

#[test]
fn where_namespaces_cannot_be_had_it_fails_closed() {
    let workspace = tempfile::tempdir().unwrap();
    let policy = workspace.path().join("policy.json");
    fs::write(&policy, serde_json::to_string(&Policy::for_workspace(workspace.path())).unwrap()).unwrap();
    let in_namespace = |first: &str| {
        // A user namespace whose members may make none, as administrators set it for everyone.
        let script = format!("{first} exec '{}' report '{}'", helper().program().display(), policy.display());
        let output = std::process::Command::new("unshare")
            .args(["--user", "--map-root-user", "sh", "-c", &script])
            .output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(in_namespace("").0, Some(0), "it works in a namespace");
    let (code, errors) = in_namespace("echo 0 > /proc/sys/user/max_user_namespaces;");
    assert_eq!(code, Some(1));
    assert!(errors.starts_with("error: the kernel does not let this user make a sandbox"), "{errors}");
    let mut names: Vec<_> =
        fs::read_dir(workspace.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["policy.json"]);
}
