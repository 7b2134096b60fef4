//! What goes wrong when a sandbox is started or used.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::policy::PolicyError;

/// Why a sandbox could not be started, or a command in it.
#[derive(Debug, thiserror::Error)]
#[error("{}{}", message(*.kind, *.step, .path.as_ref()), hint(*.kind))]
pub struct SandboxError {
    kind: SandboxErrorKind,
    step: Option<Step>,
    path: Option<PathBuf>,
    #[source]
    source: Option<Source>,
}

/// What happened to a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SandboxErrorKind {
    /// The policy cannot be kept.
    Policy,
    /// This system has no sandbox: it is not Linux on x86_64 or aarch64.
    Unsupported,
    /// The kernel does not let this user make namespaces, and there is no bubblewrap that could.
    Unavailable,
    /// A layer could not be set up. Nothing ran.
    Setup,
    /// The init has ended, and every command with it.
    Ended,
    /// The program of a command could not be started; the sandbox goes on.
    Command,
}

/// A layer of the sandbox, or a step on the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The helper program was started and given the policy.
    Helper,
    /// The user namespace.
    UserNamespace,
    /// The other namespaces.
    Namespaces,
    /// Control groups and limits.
    Limits,
    /// What is protected inside a workspace.
    Protected,
    /// A link where a protected path is meant: what it leads to would not be protected.
    ProtectedLink,
    /// A second name (hard link) of a protected file, through which it could be changed.
    ProtectedHardLink,
    /// The root made of what is visible.
    Root,
    /// `/proc` of the namespace.
    Proc,
    /// `/dev`.
    Devices,
    /// The loopback device and the way out.
    Network,
    /// Capabilities given up.
    Privileges,
    /// Landlock.
    Landlock,
    /// The filter of system calls.
    Seccomp,
}

#[derive(Debug, thiserror::Error)]
enum Source {
    #[cfg_attr(
        not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))),
        expect(dead_code, reason = "nothing is asked on other systems")
    )]
    #[error(transparent)]
    Io(io::Error),
    #[error(transparent)]
    Policy(PolicyError),
}

impl SandboxError {
    /// What happened.
    pub fn kind(&self) -> SandboxErrorKind {
        self.kind
    }

    /// The layer that it happened to, for [`SandboxErrorKind::Setup`] and [`SandboxErrorKind::Unavailable`].
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// What the system said, if it was asked.
    pub fn io_error(&self) -> Option<&io::Error> {
        match &self.source {
            Some(Source::Io(error)) => Some(error),
            _ => None,
        }
    }

    pub(crate) fn policy(error: PolicyError) -> Self {
        let source = Some(Source::Policy(error));
        Self { kind: SandboxErrorKind::Policy, step: None, path: None, source }
    }

    #[cfg_attr(
        all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")),
        expect(dead_code, reason = "said on other systems")
    )]
    pub(crate) fn unsupported() -> Self {
        Self { kind: SandboxErrorKind::Unsupported, step: None, path: None, source: None }
    }

    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn new(kind: SandboxErrorKind, source: impl Into<io::Error>) -> Self {
        Self { kind, step: None, path: None, source: Some(Source::Io(source.into())) }
    }

    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn at(self, step: Step, path: Option<PathBuf>) -> Self {
        Self { step: Some(step), path, ..self }
    }
}

fn message(kind: SandboxErrorKind, step: Option<Step>, path: Option<&PathBuf>) -> String {
    let what = match kind {
        SandboxErrorKind::Policy => "the policy of the sandbox cannot be kept",
        SandboxErrorKind::Unsupported => "there is no sandbox for this system",
        SandboxErrorKind::Unavailable => "the kernel does not let this user make a sandbox",
        SandboxErrorKind::Setup => "the sandbox could not be set up",
        SandboxErrorKind::Ended => "the sandbox has ended",
        SandboxErrorKind::Command => "the command could not be started in the sandbox",
    };
    let step = step.map(|step| format!(" ({step:?})")).unwrap_or_default();
    let path = path.map(|path| format!(" at {}", path.display())).unwrap_or_default();
    format!("{what}{step}{path}")
}

fn hint(kind: SandboxErrorKind) -> &'static str {
    match kind {
        SandboxErrorKind::Unavailable => {
            "; allow user namespaces (kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, \
             kernel.apparmor_restrict_unprivileged_userns=0; in a container: a seccomp profile that lets unshare \
             through and an unmasked /proc), install bubblewrap, or choose the weaker landlock-only isolation by name"
        }
        SandboxErrorKind::Unsupported => "; run commands in a container or ask a person before each",
        _ => "",
    }
}
