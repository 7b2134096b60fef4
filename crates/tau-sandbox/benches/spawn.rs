//! What a command costs in a live sandbox, as a ratio to a plain spawn of the same program in the same run.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program of ours for ourselves")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use tau_sandbox::{Command, Helper, Policy, Sandbox};

const ROUNDS: usize = 300;
const COMMANDS: u32 = 4;
const PROGRAM: &str = "/usr/bin/true";

fn main() {
    tau_sandbox::enter_if_helper();
    let workspace = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let sandbox = Sandbox::start(&Policy::for_workspace(workspace.path()), &Helper::this_program()).unwrap();
    println!("start of a sandbox: {:.0} us", micros(begin.elapsed()));
    // A large process pays for a fork and not for a message; `posix_spawn` forks neither.
    let heap = vec![1_u8; 64 << 20];
    let (mut plain, mut inside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(time(|| {
            let mut child = std::process::Command::new(PROGRAM)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            assert!(child.wait().unwrap().success());
        }));
        inside.push(time(|| {
            let mut child = sandbox.spawn(&Command::new(PROGRAM)).unwrap();
            assert!(child.wait().unwrap().success());
        }));
    }
    drop(heap);
    for list in [&mut plain, &mut inside] {
        list.sort_unstable();
    }
    println!(
        "{PROGRAM}            plain     sandbox     ratio (target: at most 1.50)      more (target: 200 us)"
    );
    // On a machine that is busy with other things every switch waits in a queue: the quiet rounds say what it costs.
    for (name, part) in [("median of all rounds", 2), ("the quietest tenth", 10)] {
        let (plain, inside) = (micros(plain[ROUNDS / part]), micros(inside[ROUNDS / part]));
        let (ratio, more) = (inside / plain, inside - plain);
        println!("{name:<22} {plain:>6.0} us  {inside:>6.0} us  {ratio:>8.2} {more:>38.0} us");
    }
}

fn time(run: impl Fn()) -> Duration {
    let begin = Instant::now();
    (0..COMMANDS).for_each(|_| run());
    begin.elapsed() / COMMANDS
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
