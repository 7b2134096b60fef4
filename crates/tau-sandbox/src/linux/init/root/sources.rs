//! The trees of the host that are visible inside, taken before anything is mounted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::CWD;
use rustix::mount::{MountAttrFlags, OpenTreeFlags, open_tree};

use super::tree::{self, Deep, Kind};
use crate::Step;
use crate::policy::Policy;
use crate::system::wire::Failure;

/// What commands may do in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::system::init) enum Access {
    ReadOnly,
    Write,
}

#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) mount: OwnedFd,
    pub(super) kind: Kind,
}

#[derive(Debug, Default)]
pub(super) struct Sources {
    /// Outer before inner.
    pub(super) mounts: Vec<Source>,
    /// Links that lead to what is visible.
    pub(super) links: BTreeMap<PathBuf, PathBuf>,
}

/// Takes what the policy names.
pub(super) fn collect(policy: &Policy) -> Result<Sources, Failure> {
    let (paths, links) = plan(policy)?;
    let mut sources = Sources { mounts: Vec::new(), links };
    for (path, access) in paths {
        let source = take(&path, access).map_err(|error| failed(&path, error))?;
        sources.mounts.push(source);
    }
    Ok(sources)
}

/// Real paths, outer before inner, and links that lead to them.
type Plan = (BTreeMap<PathBuf, Access>, BTreeMap<PathBuf, PathBuf>);

/// What is visible, and where. Visible paths that the host does not have are left out; a workspace has to be there.
pub(in crate::system::init) fn plan(policy: &Policy) -> Result<Plan, Failure> {
    let mut links = BTreeMap::new();
    let mut paths = BTreeMap::new();
    for path in &policy.visible {
        match resolve(path, &mut links) {
            Ok(path) => drop(paths.insert(path, Access::ReadOnly)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(path, error)),
        }
    }
    drop_covered(&mut paths);
    for path in &policy.workspaces {
        let real = resolve(path, &mut links).map_err(|error| failed(path, error))?;
        paths.insert(real, Access::Write);
    }
    Ok((paths, links))
}

fn failed(path: &Path, error: io::Error) -> Failure {
    Failure::new(Step::Root, error).at(path)
}

/// What lies in a visible folder needs no mount of its own.
fn drop_covered(paths: &mut BTreeMap<PathBuf, Access>) {
    let all: BTreeSet<PathBuf> = paths.keys().cloned().collect();
    paths.retain(|path, _| !path.ancestors().skip(1).any(|above| all.contains(above)));
}

/// The real path, and the links on the way to it.
fn resolve(path: &Path, links: &mut BTreeMap<PathBuf, PathBuf>) -> io::Result<PathBuf> {
    let real = fs::canonicalize(path)?;
    for part in path.ancestors() {
        if fs::symlink_metadata(part)?.is_symlink() {
            links.insert(part.to_owned(), fs::canonicalize(part)?);
        }
    }
    Ok(real)
}

fn take(path: &Path, access: Access) -> io::Result<Source> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW
        | OpenTreeFlags::AT_RECURSIVE;
    let mount = open_tree(CWD, path, flags)?;
    let mut attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    if access == Access::ReadOnly {
        attributes |= MountAttrFlags::MOUNT_ATTR_RDONLY;
    }
    tree::restrict(&mount, attributes, Deep::Yes)?;
    let kind = if fs::metadata(path)?.is_dir() { Kind::Folder } else { Kind::File };
    Ok(Source { path: path.to_owned(), mount, kind })
}
