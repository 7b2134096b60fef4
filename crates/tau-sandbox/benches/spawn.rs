//! What a command costs in a live sandbox, as a ratio to a plain spawn of the same program in the same run.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program of ours for ourselves")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use tau_sandbox::{Command, Helper, Policy, Sandbox};

const ROUNDS: usize = 40;
const COMMANDS: u32 = 25;
const PROGRAM: &str = "/usr/bin/true";

fn main() {
    tau_sandbox::enter_if_helper();
    let workspace = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let sandbox = Sandbox::start(&Policy::for_workspace(workspace.path()), &Helper::this_program()).unwrap();
    println!("start of a sandbox          {:>8.0} us", micros(begin.elapsed()));
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
    let (plain, inside) = (median(plain), median(inside));
    println!("plain spawn of {PROGRAM} {:>6.0} us", micros(plain));
    println!("the same in the sandbox     {:>8.0} us", micros(inside));
    println!("ratio                       {:>8.2}   (target: at most 1.50)", micros(inside) / micros(plain));
    println!("more for each command       {:>8.0} us   (target: about 200)", micros(inside) - micros(plain));
}

fn time(run: impl Fn()) -> Duration {
    let begin = Instant::now();
    (0..COMMANDS).for_each(|_| run());
    begin.elapsed() / COMMANDS
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
