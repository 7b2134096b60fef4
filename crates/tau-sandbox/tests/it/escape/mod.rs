//! Ways out of the sandbox, each tried without one first.
//!
//! An attempt is a script that says so when it got out. Without the sandbox it has to get out, or it would prove nothing;
//! what only root can do there, or only some kernels, is marked and counted apart. Inside it must not, and the host must be
//! as it was before, whatever the script says.

mod attempt;
mod channels;
mod files;
mod kernel;
mod limits;
mod processes;
mod survival;
mod world;

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use attempt::{Attempt, Control, ESCAPED};
use tau_sandbox::policy::Isolation;
use tau_sandbox::{Policy, Sandbox};
use world::{World, rest, say};

/// Longer takes no attempt; the scripts set themselves an alarm before.
const PATIENCE: Duration = Duration::from_secs(8);

const GROUPS: [(&str, &[Attempt]); 13] = [
    ("files outside", files::OUTSIDE),
    ("the system", files::SYSTEM),
    ("protected paths", files::PROTECTED),
    ("mounts", kernel::MOUNTS),
    ("namespaces", kernel::NAMESPACES),
    ("interfaces of the kernel", kernel::INTERFACES),
    ("keys", kernel::KEYS),
    ("terminals", kernel::TERMINALS),
    ("processes", processes::PROCESSES),
    ("privileges", processes::PRIVILEGES),
    ("network", channels::NETWORK),
    ("shared memory", channels::SHARED),
    ("descriptors", channels::DESCRIPTORS),
];

const SEEN_THROUGH_BUBBLEWRAP: &str = "list the target's descriptors";

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outside {
    Works,
    NeedsRoot,
    NotHere,
    /// The attempt proves nothing: a mistake of the table.
    Broken,
}

#[test]
fn as_this_user() {
    attempts(Isolation::Namespaces);
}

#[test]
fn through_bubblewrap() {
    if !Policy::default().bubblewrap.iter().any(|path| path.is_file()) {
        say("SKIPPED: escape attempts through bubblewrap: it is not installed");
        return;
    }
    attempts(Isolation::Bubblewrap);
}

fn attempts(isolation: Isolation) {
    let is_root = rustix::process::geteuid().is_root();
    say(&format!("\nescape attempts as {}", if is_root { "root" } else { "an ordinary user" }));
    let mut world = World::new();
    let sandbox = world.sandbox(isolation);
    let (mut escaped, mut broken, mut counts) = (Vec::new(), Vec::new(), [0; 3]);
    for (group, attempts) in GROUPS {
        let mut works = 0;
        for attempt in attempts {
            // Inside first: what it does there must not be owed to what was done outside.
            let begin = Instant::now();
            let before = world.state();
            let inside = inside(&world, &sandbox, attempt);
            let after = world.state();
            let is_known =
                isolation == Isolation::Bubblewrap && is_root && attempt.name == SEEN_THROUGH_BUBBLEWRAP;
            if is_known {
                say(
                    "  known: bubblewrap cannot cover the init, whose descriptors root can count and not open",
                );
            }
            if (inside.contains(ESCAPED) && !is_known) || before != after {
                escaped.push(format!(
                    "{group}: {}\n{inside}\n--- before\n{before}\n--- after\n{after}",
                    attempt.name
                ));
            }
            let outside = outside(&world, attempt, is_root);
            match outside {
                Outside::Works => works += 1,
                Outside::NeedsRoot => counts[1] += 1,
                Outside::NotHere => counts[2] += 1,
                Outside::Broken => broken.push(format!("{group}: {}", attempt.name)),
            }
            say(&format!("  {group:<26} {:<52} outside: {outside:?}{}", attempt.name, slow(begin.elapsed())));
        }
        counts[0] += works;
        say(&format!("{group}: {works} of {} work without a sandbox", attempts.len()));
    }
    let [works, needs_root, not_here] = counts;
    let all = GROUPS.iter().map(|(_, attempts)| attempts.len()).sum::<usize>();
    say(&format!(
        "{all} attempts: {works} work without a sandbox, {needs_root} need root for it, {not_here} not on this machine; \
         {} escapes",
        escaped.len()
    ));
    assert!(escaped.is_empty(), "{} escapes:\n{}", escaped.len(), escaped.join("\n\n"));
    assert!(broken.is_empty(), "attempts that prove nothing:\n{}", broken.join("\n"));
}

/// What takes long is said, so that the suite stays quick.
fn slow(time: Duration) -> String {
    if time > Duration::from_millis(500) { format!(" ({} ms)", time.as_millis()) } else { String::new() }
}

/// The same again as nobody, when this is root: an ordinary user has other ways in, and other limits.
#[test]
fn as_an_ordinary_user() {
    if !rustix::process::geteuid().is_root() {
        say("escape attempts as an ordinary user: that is who runs these tests");
        return;
    }
    // In a mount namespace with devices that everyone may use, whatever was done to those of the machine.
    let devices = "mount -t tmpfs -o mode=755 none /mnt && for d in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do \
                   set -- $d; mknod -m 666 /mnt/$1 c 1 $2 && mount --bind /mnt/$1 /dev/$1 || exit 1; done; shift $#";
    let user = "setpriv --reuid=65534 --regid=65534 --clear-groups --";
    let (tests, helper) = (std::env::current_exe().unwrap(), crate::helper());
    let run = |program: &str| {
        let script = format!("{devices}; exec {user} {program}");
        Command::new("unshare")
            .args(["--mount", "sh", "-c", &script])
            .current_dir("/")
            .env("TMPDIR", "/tmp")
            .status()
    };
    if !run(&format!("test -x '{}' -a -x '{}'", tests.display(), helper.program().display()))
        .unwrap()
        .success()
    {
        say("SKIPPED: escape attempts as an ordinary user: nobody may not run what was built here");
        return;
    }
    let attempts = "--exact escape::as_this_user escape::through_bubblewrap escape::limits::limits_hold --nocapture --test-threads=1";
    assert!(run(&format!("'{}' {attempts}", tests.display())).unwrap().success());
}

/// What the attempt said inside.
fn inside(world: &World, sandbox: &Sandbox, attempt: &Attempt) -> String {
    let [program, flag, script] = attempt.command();
    let (reader, writer) = std::io::pipe().unwrap();
    let command = tau_sandbox::Command::new(program)
        .args([flag, script])
        .current_dir(world.workspace())
        .stdin(File::open(world.outside().join("journal")).unwrap())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer);
    let mut child = sandbox.spawn(&command).unwrap();
    drop(command);
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > PATIENCE {
            child.kill();
            child.wait().unwrap();
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    rest(reader)
}

/// Whether the attempt works without a sandbox.
fn outside(world: &World, attempt: &Attempt, is_root: bool) -> Outside {
    let needs_root = matches!(attempt.control, Control::Root | Control::RootApart | Control::RootIfHere);
    if needs_root && !is_root {
        return Outside::NeedsRoot;
    }
    let [program, flag, script] = attempt.command();
    let mut command = if attempt.control == Control::RootApart {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--uts", "--", &program]);
        command
    } else {
        Command::new(program)
    };
    let mut child = command
        .args([flag, script])
        .current_dir(world.outside())
        .env_clear()
        .envs(world.variables_outside())
        .stdin(File::open(world.outside().join("journal")).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() && begin.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
    let optional = matches!(attempt.control, Control::IfHere | Control::RootIfHere);
    match rest(child.stdout.take().unwrap()).contains(ESCAPED) {
        true => Outside::Works,
        false if optional => Outside::NotHere,
        false => Outside::Broken,
    }
}
