//! Runs command lines whose programs are stubs: in a live sandbox where there is one to be had, else beside the test.

use std::path::Path;
use std::time::{Duration, Instant};

/// No command of the tests takes longer.
const LONGEST: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_micros(200);

/// Runs command lines.
#[cfg(feature = "sandbox")]
pub(super) struct Runner(tau_sandbox::Sandbox);

#[cfg(feature = "sandbox")]
impl Runner {
    /// Runs them in a sandbox that sees the stubs, and may change the folders for files and for what ran.
    pub(super) fn new(folder: &Path) -> Self {
        let mut policy = tau_sandbox::Policy::for_workspace(folder.join("work"));
        policy.workspaces.push(folder.join("logs"));
        policy.visible.push(folder.join("bin"));
        Self(tau_sandbox::Sandbox::start(&policy, &crate::sandboxed::helper()).unwrap())
    }

    /// Runs one, to the end of all that it started.
    pub(super) fn run(&self, line: &str, programs: &Path, work: &Path) {
        let variables = [("PATH", programs), ("HOME", work)];
        let shell = tau_sandbox::Command::new("/bin/bash");
        let shell = shell.args(["--norc", "--noprofile", "-c", line]).envs(variables).current_dir(work);
        let mut child = self.0.spawn(&shell).unwrap();
        let started = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if started.elapsed() > LONGEST {
                child.kill();
                child.wait().unwrap();
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Runs command lines.
#[cfg(not(feature = "sandbox"))]
pub(super) struct Runner;

#[cfg(not(feature = "sandbox"))]
impl Runner {
    pub(super) fn new(_: &Path) -> Self {
        Self
    }

    /// Runs one, to its own end.
    pub(super) fn run(&self, line: &str, programs: &Path, work: &Path) {
        use std::process::{Command, Stdio};

        let mut shell = Command::new("/bin/bash");
        shell.args(["--norc", "--noprofile", "-c", line]).env_clear().env("PATH", programs);
        shell.env("HOME", work).current_dir(work);
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = shell.spawn().unwrap();
        let started = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if started.elapsed() > LONGEST {
                child.kill().unwrap();
                child.wait().unwrap();
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}
