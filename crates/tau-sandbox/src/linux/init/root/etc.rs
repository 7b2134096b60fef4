//! The files of `/etc` that say who and where a command is: made here, because those of the host say it of the host.

use std::io;
use std::path::Path;

use super::tree::Tree;

pub(super) fn fill(tree: &Tree) -> io::Result<()> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let nobody = 65534;
    let users = format!(
        "root:x:0:0::/nonexistent:/bin/false\nuser:x:{user}:{group}::/tmp:/bin/sh\n\
         nobody:x:{nobody}:{nobody}::/nonexistent:/bin/false\n"
    );
    let groups = format!("root:x:0:\nuser:x:{group}:\nnogroup:x:{nobody}:\n");
    for (path, content) in [
        ("/etc/passwd", users.as_str()),
        ("/etc/group", groups.as_str()),
        ("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"),
        ("/etc/hostname", "sandbox\n"),
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
        // Names are resolved by the proxy, outside.
        ("/etc/resolv.conf", ""),
    ] {
        tree.write(Path::new(path), content)?;
    }
    tree.link(Path::new("/etc/mtab"), Path::new("/proc/self/mounts"))?;
    tree.link(Path::new("/var/tmp"), Path::new("/tmp"))?;
    tree.link(Path::new("/var/run"), Path::new("/run"))?;
    tree.link(Path::new("/run/lock"), Path::new("/tmp"))
}
