//! Bubblewrap makes the namespaces, where the kernel lets only it; the init runs inside and puts the other layers up.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::MemfdFlags;
use serde::{Deserialize, Serialize};

use super::placeholders::Pins;
use super::root::{self, Access, Kind};
use super::supervisor::{self, Told};
use super::{NAME, inside};
use crate::Step;
use crate::policy::Policy;
use crate::system::wire::Failure;

/// The helper inside. Its first argument is this word, its second a [`Handover`].
const WORD: &str = "inside";
const FOLDER: &str = "/run";
const OPTIONS: [&str; 10] = [
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--as-pid-1",
    "--clearenv",
    "--cap-drop",
    "ALL",
    "--hostname",
    "sandbox",
    "--unshare-user",
];

/// What the init has to know, and cannot find out inside.
#[derive(Debug, Serialize, Deserialize)]
struct Handover {
    policy: Policy,
    told: Told,
}

/// Becomes bubblewrap. The socket has to be standard input. Returns only when it cannot.
pub(super) fn become_it(policy: &Policy, told: &Told, pins: &Pins) -> Failure {
    let failed = |error: io::Error| Failure::new(Step::Namespaces, error);
    let Some(program) = policy.bubblewrap.iter().find(|path| path.is_file()) else {
        return failed(io::Error::from_raw_os_error(libc::ENOSYS));
    };
    let (command, _files) = match command(program, policy, told, pins) {
        Ok(command) => command,
        Err(failure) => return failure,
    };
    let mut command = command;
    failed(command.exec())
}

fn command(
    program: &Path,
    policy: &Policy,
    told: &Told,
    pins: &Pins,
) -> Result<(Command, Vec<OwnedFd>), Failure> {
    let failed = |error: io::Error| Failure::new(Step::Root, error);
    let mut arguments = Arguments(OPTIONS.map(OsString::from).into());
    for (option, id) in [
        ("--uid", supervisor::inside_id(rustix::process::geteuid().as_raw())),
        ("--gid", supervisor::inside_id(rustix::process::getegid().as_raw())),
    ] {
        arguments.add(option, [OsStr::new(&id.to_string())]);
    }
    let size = policy.limits.temporary_bytes.to_string();
    arguments.add("--size", [size.as_str(), "--tmpfs", "/tmp"]);
    arguments.add("--dev", ["/dev"]);
    arguments.add("--size", [size.as_str(), "--tmpfs", "/dev/shm"]);
    arguments.add("--proc", ["/proc"]);
    for (path, kind) in root::foreign_entries(Path::new("/proc")).map_err(failed)? {
        arguments.cover(&path, kind);
    }
    let mut files = Vec::new();
    for (path, content) in root::made_up_files() {
        let file = file(&content).map_err(failed)?;
        arguments.add("--ro-bind-data", [OsStr::new(&file.as_raw_fd().to_string()), path.as_ref()]);
        files.push(file);
    }
    let (paths, links) = root::plan(policy)?;
    for (path, access) in &paths {
        arguments.bind(*access, path, path);
    }
    for (link, target) in &links {
        // One that lies in a visible tree is there.
        if !paths.keys().any(|path| link.starts_with(path)) {
            arguments.add("--symlink", [target.as_os_str(), link.as_os_str()]);
        }
    }
    for path in policy.hidden.iter().filter(|path| path.exists()) {
        arguments.cover(path, if path.is_dir() { Kind::Folder } else { Kind::File });
    }
    for (path, access) in pins.in_order() {
        arguments.bind(access, path, path);
    }
    let helper = PathBuf::from(FOLDER).join(NAME);
    arguments.bind(Access::ReadOnly, &std::env::current_exe().map_err(failed)?, &helper);
    let handover = Handover { policy: policy.clone(), told: told.clone() };
    let handover = serde_json::to_string(&handover).map_err(|error| failed(error.into()))?;
    arguments.add("--remount-ro", ["/"]);
    arguments
        .add("--chdir", [OsStr::new("/"), "--".as_ref(), helper.as_ref(), WORD.as_ref(), handover.as_ref()]);
    let mut command = Command::new(program);
    command.args(arguments.0).env_clear();
    Ok((command, files))
}

struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<A: AsRef<OsStr>>(&mut self, option: &str, values: impl IntoIterator<Item = A>) {
        self.0.push(option.into());
        self.0.extend(values.into_iter().map(|value| value.as_ref().to_owned()));
    }

    fn bind(&mut self, access: Access, from: &Path, to: &Path) {
        let option = match access {
            Access::ReadOnly => "--ro-bind",
            Access::Write => "--bind",
        };
        self.add(option, [from, to]);
    }

    fn cover(&mut self, path: &Path, kind: Kind) {
        match kind {
            Kind::Folder => {
                self.add("--tmpfs", [path]);
                self.add("--remount-ro", [path]);
            }
            Kind::File => self.bind(Access::ReadOnly, Path::new("/dev/null"), path),
        }
    }
}

/// A file in memory that bubblewrap inherits.
fn file(content: &str) -> io::Result<OwnedFd> {
    let mut file = File::from(rustix::fs::memfd_create("file", MemfdFlags::empty())?);
    file.write_all(content.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

/// Goes on as the init, if this is the helper inside.
pub(super) fn run_if_inside() -> Option<io::Result<()>> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(WORD) {
        return None;
    }
    Some((|| {
        let socket = supervisor::take_socket()?;
        let Handover { policy, told } =
            serde_json::from_str(&arguments.next().ok_or(io::ErrorKind::InvalidInput)?)?;
        inside::run(&policy, socket, &told, &Pins::default())
    })())
}
