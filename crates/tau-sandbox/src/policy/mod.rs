//! What a sandbox lets its commands see and do.

mod environment;
mod limits;
mod network;
mod protected;
mod system;
mod validate;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use environment::EnvironmentRules;
pub use limits::Limits;
pub use network::Network;
pub use protected::{Protected, WhenMissing};
pub use validate::{PolicyError, PolicyErrorKind};

/// What a sandbox lets its commands see and do. What is not named does not exist inside.
///
/// Paths are those of the host, and the same inside. The harness writes a policy; a model or a repository never does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Policy {
    /// Folders that may be written, absolute. None lies inside another.
    pub workspaces: Vec<PathBuf>,
    /// Files and folders that may be read and run, absolute. What the host does not have is left out.
    pub visible: Vec<PathBuf>,
    /// Files and folders covered by something empty, absolute; for secrets inside what is visible.
    pub hidden: Vec<PathBuf>,
    /// What stays as it is inside every workspace, also where it is missing.
    pub protected: Vec<Protected>,
    /// The variables that a command gets.
    pub environment: EnvironmentRules,
    /// What commands may use up.
    pub limits: Limits,
    /// The ways out of the network namespace.
    pub network: Network,
    /// How commands are kept apart from the host.
    pub isolation: Isolation,
    /// Where bubblewrap may be, absolute; for hosts whose kernel lets only it make namespaces.
    pub bubblewrap: Vec<PathBuf>,
}

/// How commands are kept apart from the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Isolation {
    /// Namespaces, a root of its own, landlock and seccomp. Where the kernel does not let this user make namespaces,
    /// bubblewrap is asked, if it is there; else there is no sandbox.
    #[default]
    Namespaces,
    /// The same with namespaces made by bubblewrap.
    Bubblewrap,
    /// Landlock and seccomp alone, on a kernel whose landlock also keeps signals in. **Weaker**: processes, names of
    /// files, shared memory and Unix sockets of the host can be seen, modes of files can be changed, protected paths
    /// inside a workspace are not pinned, and what is hidden is not. A [`Report`](crate::Report) says so.
    LandlockOnly,
}

impl Default for Policy {
    /// The programs of the system, no workspace, no network.
    fn default() -> Self {
        Self {
            workspaces: Vec::new(),
            visible: system::visible(),
            hidden: Vec::new(),
            protected: protected::defaults(),
            environment: EnvironmentRules::default(),
            limits: Limits::default(),
            network: Network::default(),
            isolation: Isolation::default(),
            bubblewrap: system::bubblewrap(),
        }
    }
}

impl Policy {
    /// The default policy with one folder that may be written.
    pub fn for_workspace(folder: impl Into<PathBuf>) -> Self {
        Self { workspaces: vec![folder.into()], ..Self::default() }
    }
}
