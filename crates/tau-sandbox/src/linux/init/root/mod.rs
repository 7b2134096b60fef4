//! The root inside: an empty file system, and in it what is visible.

mod devices;
mod etc;
mod process;
mod sources;
mod tree;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::mount::{MountAttrFlags, MountPropagationFlags, UnmountFlags};

use super::placeholders::Pins;
use crate::Step;
use crate::policy::Policy;
use crate::system::wire::Failure;
pub(super) use etc::files as made_up_files;
pub(super) use process::foreign_entries;
pub(super) use sources::{Access, plan};
pub(super) use tree::Kind;
use tree::{Deep, Tree};

/// Makes the root and moves this process into it; gives the list of its children. The root of the host is gone
/// afterwards.
///
/// Every tree is taken from the host before the first mount could cover one, and gets its restrictions before it can be
/// reached.
pub(super) fn enter(policy: &Policy, pins: &Pins) -> Result<File, Failure> {
    let root = |error: io::Error| Failure::new(Step::Root, error);
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|error| Failure::new(Step::Root, error))?;
    let sources = sources::collect(policy)?;
    let devices = devices::collect().map_err(|error| Failure::new(Step::Devices, error))?;
    let tree = Tree::mount().map_err(root)?;

    etc::fill(&tree).map_err(root)?;
    temporary(&tree, "/tmp", policy).map_err(root)?;
    devices::fill(&tree, devices).map_err(|error| Failure::new(Step::Devices, error))?;
    temporary(&tree, "/dev/shm", policy).map_err(root)?;
    devices::finish(&tree).map_err(|error| Failure::new(Step::Devices, error))?;
    for source in sources.mounts {
        tree.attach(&source.mount, &source.path, source.kind)
            .map_err(|error| root(error).at(&source.path))?;
    }
    for (link, target) in &sources.links {
        tree.link(link, target).map_err(|error| root(error).at(link))?;
    }
    for path in &policy.hidden {
        hide(&tree, path).map_err(|error| root(error).at(path))?;
    }
    pin(&tree, pins)?;
    let children = process::fill(&tree)?;
    tree.seal().map_err(root)?;
    tree.become_root().map_err(root)?;
    Ok(children)
}

fn temporary(tree: &Tree, path: &str, policy: &Policy) -> io::Result<()> {
    let size = policy.limits.temporary_bytes.to_string();
    let options = [("mode", "1777"), ("size", size.as_str()), ("nr_inodes", "1000000")];
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    tree.attach(&tree::file_system("tmpfs", &options, attributes)?, Path::new(path), Kind::Folder)
}

/// Covers a path by something empty. What is not there need not be covered.
fn hide(tree: &Tree, path: &Path) -> io::Result<()> {
    match tree.kind(path) {
        Ok(kind) => tree.attach(&tree::nothing(kind)?, path, kind),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Holds the folders above what is protected in their places, then makes that unchangeable.
fn pin(tree: &Tree, pins: &Pins) -> Result<(), Failure> {
    for (path, access) in pins.in_order() {
        let pinned: io::Result<()> = (|| {
            let place = tree.open(path)?;
            let mount: OwnedFd = tree::copy(&place)?;
            if access == Access::ReadOnly {
                tree::restrict(&mount, MountAttrFlags::MOUNT_ATTR_RDONLY, Deep::Yes)?;
            }
            tree::attach_at(&mount, &place)
        })();
        pinned.map_err(|error| Failure::new(Step::Protected, error).at(path))?;
    }
    Ok(())
}

/// Leaves the old root without a name.
fn forget_old_root() -> io::Result<()> {
    Ok(rustix::mount::unmount(".", UnmountFlags::DETACH)?)
}
