//! Attempts to outlive a command. Without a sandbox, whoever hides well enough does.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tau_sandbox::{Policy, Sandbox, SandboxErrorKind};

use super::attempt::{Attempt, perl, sh};
use super::world::say;
use crate::helper;

/// The survivors say that they live (`$R/alive-$N`) some time after their command has ended.
const LATER: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(10);

/// The command itself ends at once, or is killed.
const ATTEMPTS: [Attempt; 12] = [
    sh("a job in the background", "(sleep 0.3; : > $R/alive-$N) &"),
    sh("without a terminal", "nohup sh -c 'sleep 0.3; : > $R/alive-$N' > /dev/null 2>&1 &"),
    sh("in a session of its own", "setsid sh -c 'sleep 0.3; : > $R/alive-$N' &"),
    sh("in a session of its own, forked", "setsid -f sh -c 'sleep 0.3; : > $R/alive-$N'"),
    sh("deaf to signals", "(trap '' TERM INT HUP QUIT PIPE; sleep 0.3; : > $R/alive-$N) &"),
    perl(
        "a daemon by the book",
        "exit if fork; POSIX::setsid(); exit if fork; open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null';
         select undef, undef, undef, 0.3; open my $f, '>', \"$e{R}/alive-$e{N}\";",
    ),
    perl(
        "a daemon of a command that adopts no more",
        "call(SYS_prctl, 36, 0, 0, 0, 0); exit if fork; POSIX::setsid(); exit if fork;
         select undef, undef, undef, 0.3; open my $f, '>', \"$e{R}/alive-$e{N}\";",
    ),
    perl(
        "a child that adopts, too",
        "exit if fork; POSIX::setsid(); call(SYS_prctl, 36, 1, 0, 0, 0); if (fork) { sleep 5; exit } exit if fork;
         select undef, undef, undef, 0.3; open my $f, '>', \"$e{R}/alive-$e{N}\";",
    ),
    perl(
        "a runner from parent to child",
        "exit if fork; POSIX::setsid(); my $t = time + 2; for (1..150) { exit if fork; select undef, undef, undef, 0.002 }
         open my $f, '>', \"$e{R}/alive-$e{N}\";",
    ),
    perl(
        "a runner that never rests",
        "exit if fork; POSIX::setsid(); for (1..3000) { POSIX::_exit(0) if fork } select undef, undef, undef, 0.1;
         open my $f, '>', \"$e{R}/alive-$e{N}\";",
    ),
    perl(
        "one that was stopped and wakes",
        "my $k = fork; if (!$k) { POSIX::setsid(); kill 19, $$; open my $f, '>', \"$e{R}/alive-$e{N}\"; exit }
         if (!fork) { POSIX::setsid(); select undef, undef, undef, 0.3; kill 18, $k; exit } select undef, undef, undef, 0.05;",
    ),
    perl(
        "under another name",
        "exit if fork; POSIX::setsid(); $0 = 'kworker/0:0'; select undef, undef, undef, 0.3; open my $f, '>', \"$e{R}/alive-$e{N}\";",
    ),
];

fn is_alive(folder: &Path, number: usize) -> bool {
    folder.join(format!("alive-{number}")).exists()
}

#[test]
fn nothing_survives_the_end_of_a_command() {
    let (folder, control) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut policy = Policy::for_workspace(folder.path());
    policy.environment.allow.extend(["R", "N"].map(str::to_owned));
    let sandbox = Sandbox::start(&policy, &helper()).unwrap();
    for (number, attempt) in ATTEMPTS.iter().enumerate() {
        let [program, flag, script] = attempt.command();
        let variables = |at: &Path| [("R", at.to_str().unwrap().to_owned()), ("N", number.to_string())];
        let status = Command::new(&program)
            .args([&flag, &script])
            .envs(variables(control.path()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap();
        let command = tau_sandbox::Command::new(program).args([flag, script]).envs(variables(folder.path()));
        sandbox.spawn(&command).unwrap().wait().unwrap();
    }
    let begin = Instant::now();
    while !(0..ATTEMPTS.len()).all(|number| is_alive(control.path(), number)) && begin.elapsed() < LATEST {
        std::thread::sleep(LATER);
    }
    std::thread::sleep(4 * LATER);
    for (number, attempt) in ATTEMPTS.iter().enumerate() {
        let (outside, inside) = (is_alive(control.path(), number), is_alive(folder.path(), number));
        say(&format!("  survival {:<46} outside: {outside}, inside: {inside}", attempt.name));
        assert!(outside, "{} proves nothing", attempt.name);
        assert!(!inside, "{}", attempt.name);
    }
}

#[test]
fn nothing_survives_a_killed_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = Policy::for_workspace(folder.path());
    policy.limits.processes = Some(200);
    let sandbox = Sandbox::start(&policy, &helper()).unwrap();
    let bomb = "perl -e 'while (1) { fork }' & setsid perl -e 'while (1) { if (fork) { exit } }' & sleep 100";
    for end in ["kill", "drop"] {
        let command =
            tau_sandbox::Command::new("/bin/sh").args(["-c", bomb]).envs([("PATH", "/usr/bin:/bin")]);
        let mut child = sandbox.spawn(&command).unwrap();
        std::thread::sleep(Duration::from_millis(150));
        if end == "kill" {
            child.kill();
            assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(9));
        }
        drop(child);
        // Whoever is left would be seen: one shell, and the one that looks.
        let look = "sleep 0.3; n=0; for p in /proc/[0-9]*; do n=$((n + 1)); done; [ $n -le 2 ]";
        let command =
            tau_sandbox::Command::new("/bin/sh").args(["-c", look]).envs([("PATH", "/usr/bin:/bin")]);
        let begin = Instant::now();
        let mut child = loop {
            // Nobody waits for what was dropped: until it is gone, there may be no room for one more process.
            match sandbox.spawn(&command) {
                Err(error) if error.kind() == SandboxErrorKind::Command && begin.elapsed() < LATEST => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                result => break result.unwrap(),
            }
        };
        assert!(child.wait().unwrap().success(), "{end}");
    }
}
