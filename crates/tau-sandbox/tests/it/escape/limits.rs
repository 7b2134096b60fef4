//! Attempts to use up more than a sandbox is given. Without one, each gets it.

use std::process::{Command, Stdio};

use tau_sandbox::{Policy, Sandbox};

use super::attempt::{Attempt, ESCAPED, perl, sh};
use super::world::{rest, say};
use crate::helper;

const ATTEMPTS: [Attempt; 10] = [
    perl(
        "two hundred processes",
        "my $n = 0; my @k; for (1..200) { my $k = fork; last unless defined $k; if (!$k) { sleep 9; POSIX::_exit(0) } push @k, $k; $n++ }
         kill 9, @k; out() if $n == 200;",
    ),
    perl(
        "two hundred processes, each of another",
        "my $n = 0; pipe my $r, my $w; my $first = fork; if (!$first) { for (1..200) { syswrite $w, 'x'; my $k = fork;
         POSIX::_exit(0) unless defined $k; if ($k) { alarm 2; sleep 3; POSIX::_exit(0) } } syswrite $w, 'Y'; POSIX::_exit(0) }
         close $w; my $s = ''; while (sysread $r, my $b, 4096) { $s .= $b; last if $s =~ /Y/ } out() if $s =~ /Y/;",
    ),
    perl("half a gigabyte of memory", "my $x = 'x' x (512 << 20); out() if length $x;"),
    perl(
        "half a gigabyte in eight processes",
        "my @k; pipe my $r, my $w; for (1..8) { my $k = fork; if (!$k) { my $x = 'x' x (64 << 20); syswrite $w, 'x'; sleep 1; POSIX::_exit(0) } push @k, $k }
         close $w; my $n = 0; while (sysread $r, my $b, 1) { $n++ } out() if $n == 8;",
    ),
    sh("a large file", "head -c 48000000 /dev/zero > $R/large && rm $R/large && out"),
    sh("a large sparse file", "truncate -s 48000000 $R/sparse && rm $R/sparse && out"),
    sh("many open files", "perl -e 'my @f; for (1..300) { open my $f, \"<\", \"/dev/null\" or exit 1; push @f, $f }' && out"),
    sh("much in /tmp", "for i in 1 2 3 4 5; do head -c 16000000 /dev/zero > /tmp/tau-$ID-$i || exit; done; rm /tmp/tau-$ID-*; out"),
    sh("much in shared memory", "for i in 1 2 3 4 5; do head -c 16000000 /dev/zero > /dev/shm/tau-$ID-$i || exit; done; rm /dev/shm/tau-$ID-*; out"),
    perl("two seconds of processor", "alarm 60; $SIG{XCPU} = 'IGNORE'; while ((times)[0] + (times)[1] < 2.2) { } out();"),
];

#[test]
fn limits_hold() {
    let folder = tempfile::tempdir().unwrap();
    let control = tempfile::tempdir().unwrap();
    let mut policy = Policy::for_workspace(folder.path());
    policy.limits.processes = Some(64);
    policy.limits.memory_bytes = Some(256 << 20);
    policy.limits.cpu_seconds = Some(1);
    policy.limits.file_bytes = Some(32 << 20);
    policy.limits.open_files = Some(128);
    policy.limits.temporary_bytes = 48 << 20;
    let id = std::process::id().to_string();
    policy.environment.set.insert("ID".to_owned(), id.clone());
    policy.environment.set.insert("R".to_owned(), folder.path().to_str().unwrap().to_owned());
    let sandbox = Sandbox::start(&policy, &helper()).unwrap();
    let session = sandbox.report().accounting != tau_sandbox::Accounting::ProcessLimits;
    for attempt in ATTEMPTS {
        let [program, flag, script] = attempt.command();
        let outside = Command::new(&program)
            .args([&flag, &script])
            .env("ID", &id)
            .env("R", control.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let works = String::from_utf8_lossy(&outside.stdout).contains(ESCAPED);
        let (reader, writer) = std::io::pipe().unwrap();
        let command = tau_sandbox::Command::new(program).args([flag, script]).stdout(writer);
        let mut child = sandbox.spawn(&command).unwrap();
        drop(command);
        child.wait().unwrap();
        let escaped = rest(reader).contains(ESCAPED);
        say(&format!("  limits {:<46} outside: {works}, inside: {escaped}", attempt.name));
        assert!(works, "{} proves nothing", attempt.name);
        // Without a control group memory is counted for each process.
        let counted = session || attempt.name != "half a gigabyte in eight processes";
        assert!(!escaped || !counted, "{}", attempt.name);
    }
    assert!(sandbox.spawn(&tau_sandbox::Command::new("true")).unwrap().wait().unwrap().success());
}
