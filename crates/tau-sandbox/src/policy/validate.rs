//! Policies that cannot be kept are refused before anything starts.

use std::path::{Component, Path, PathBuf};

use super::{Policy, Protected};

/// Folders that the sandbox fills itself, or that would hand over the host as a whole.
const RESERVED: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/tmp"];
/// Folders of the system: never a workspace, nor is anything above them.
const SYSTEM: [&str; 10] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/boot", "/proc", "/sys", "/dev"];

/// Why a policy cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {kind}", path.display())]
#[non_exhaustive]
pub struct PolicyError {
    /// The path it is about.
    pub path: PathBuf,
    kind: PolicyErrorKind,
}

impl PolicyError {
    /// What is wrong with the path.
    pub fn kind(&self) -> PolicyErrorKind {
        self.kind
    }
}

/// What is wrong with a path of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyErrorKind {
    /// It has to begin with `/` and hold no `..`.
    #[error("the path is not absolute, or has `..` in it")]
    NotAbsolute,
    /// It has to stay inside the workspace.
    #[error("a protected path is relative to the workspace and has no `..` in it")]
    NotRelative,
    /// Two workspaces, one inside the other: what is protected in one could be reached through the other.
    #[error("the workspace lies inside another")]
    Overlaps,
    /// The root, or a folder that belongs to the system.
    #[error("a folder of the system cannot be a workspace")]
    System,
    /// `/proc`, `/sys`, `/dev`, `/run` and `/tmp` are the sandbox's own, as a whole.
    #[error("the folder is the sandbox's own inside; name what is meant in it")]
    Reserved,
}

impl Policy {
    /// Checks what can be checked without looking at the host.
    ///
    /// # Errors
    /// The first path that cannot be kept.
    pub fn validate(&self) -> Result<(), PolicyError> {
        for path in &self.bubblewrap {
            check(path, is_absolute(path), PolicyErrorKind::NotAbsolute)?;
        }
        for path in self.workspaces.iter().chain(&self.visible).chain(&self.hidden) {
            check(path, is_absolute(path), PolicyErrorKind::NotAbsolute)?;
            check(path, !is_reserved(path), PolicyErrorKind::Reserved)?;
        }
        for (index, path) in self.workspaces.iter().enumerate() {
            let system =
                SYSTEM.map(Path::new).into_iter().any(|system| system.starts_with(path) || path == system);
            check(path, !system, PolicyErrorKind::System)?;
            let overlaps = |other: &PathBuf| path.starts_with(other) || other.starts_with(path);
            let others = self.workspaces.iter().enumerate().filter(|(at, _)| *at != index);
            check(path, !others.map(|(_, other)| other).any(overlaps), PolicyErrorKind::Overlaps)?;
        }
        for Protected { path, .. } in &self.protected {
            let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
            check(path, inside && path.components().next().is_some(), PolicyErrorKind::NotRelative)?;
        }
        Ok(())
    }
}

fn check(path: &Path, holds: bool, kind: PolicyErrorKind) -> Result<(), PolicyError> {
    if holds { Ok(()) } else { Err(PolicyError { path: path.to_owned(), kind }) }
}

fn is_absolute(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == Component::ParentDir)
}

fn is_reserved(path: &Path) -> bool {
    path.parent().is_none()
        || RESERVED.map(Path::new).contains(&path)
        || ["/proc", "/sys", "/dev"].into_iter().any(|reserved| path.starts_with(reserved))
}
