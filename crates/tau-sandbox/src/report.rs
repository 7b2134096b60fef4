//! What is in force.

use serde::{Deserialize, Serialize};

/// What is in force in a sandbox, layer by layer. It is told by the init after it has set the layers up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Who made the namespaces, or that there are none.
    pub backend: Backend,
    /// The version of landlock's interface that the kernel has; 0 when it has none.
    pub landlock: u32,
    /// Whether landlock keeps signals and abstract Unix sockets inside, too.
    pub landlock_scopes: bool,
    /// Rules of the filter of system calls.
    pub seccomp_rules: usize,
    /// Who counts memory and processes.
    pub accounting: Accounting,
    /// Protected paths that the host did not have and that stand for the time of the sandbox.
    pub placeholders: usize,
    /// What is weaker than it could be, in words for people.
    pub weaknesses: Vec<String>,
}

/// Who made the namespaces, or that there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Backend {
    /// The kernel, asked directly.
    Namespaces,
    /// Bubblewrap, because the kernel lets only it make namespaces.
    Bubblewrap,
    /// Nobody: landlock and seccomp alone.
    LandlockOnly,
}

/// Who counts memory and processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Accounting {
    /// A control group of version 2: memory and processes of the session as a whole.
    CgroupV2,
    /// Control groups of version 1: memory and processes of the session as a whole.
    CgroupV1,
    /// Limits of each process; processes of the session as a whole, unless the caller is root.
    ProcessLimits,
}
