//! The files of `/etc` that say who and where a command is: made here, because those of the host say it of the host.

use std::io;
use std::path::Path;

use super::super::supervisor::inside_id;
use super::tree::Tree;

/// The files, by path.
pub(in crate::system::init) fn files() -> [(&'static str, String); 6] {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let (user, group) = (inside_id(user), inside_id(group));
    let nobody = 65534;
    let users = format!(
        "root:x:0:0::/nonexistent:/bin/false\nuser:x:{user}:{group}::/tmp:/bin/sh\n\
         nobody:x:{nobody}:{nobody}::/nonexistent:/bin/false\n"
    );
    [
        ("/etc/passwd", users),
        ("/etc/group", format!("root:x:0:\nuser:x:{group}:\nnogroup:x:{nobody}:\n")),
        ("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n".to_owned()),
        ("/etc/hostname", "sandbox\n".to_owned()),
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
        // Names are resolved by the proxy, outside.
        ("/etc/resolv.conf", String::new()),
    ]
}

pub(super) fn fill(tree: &Tree) -> io::Result<()> {
    for (path, content) in files() {
        tree.write(Path::new(path), &content)?;
    }
    tree.link(Path::new("/etc/mtab"), Path::new("/proc/self/mounts"))?;
    tree.link(Path::new("/var/tmp"), Path::new("/tmp"))?;
    tree.link(Path::new("/var/run"), Path::new("/run"))?;
    tree.link(Path::new("/run/lock"), Path::new("/tmp"))
}
