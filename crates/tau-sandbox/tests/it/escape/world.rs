//! The host that attempts are made on: canaries outside, a workspace, a victim, servers.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tau_sandbox::policy::Isolation;
use tau_sandbox::{Policy, Sandbox};
use tempfile::TempDir;

use crate::helper;

const SECRET: &str = "TOKEN-of-the-host\n";

/// What attempts are made on. Dropping it takes everything away again.
#[derive(Debug)]
pub(super) struct World {
    folder: TempDir,
    id: String,
    victim: Child,
    /// Files outside the folder, and what they must still hold after an attempt inside.
    foreign: Vec<PathBuf>,
    key: i32,
    variables: BTreeMap<String, String>,
    /// Left open for whoever is careless: none closes at exec.
    _leaks: Vec<OwnedFd>,
    _listeners: (TcpListener, Option<TcpListener>, UnixListener, UnixListener, TcpStream),
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let id = format!("{}", std::process::id());
        let base = folder.path().to_owned();
        let outside = base.join("outside");
        for path in ["outside/home/.ssh", "outside/home/.aws"] {
            fs::create_dir_all(base.join(path)).unwrap();
        }
        for path in ["secret", "journal", "home/.ssh/id_rsa", "home/.aws/credentials", "home/.bashrc"] {
            fs::write(outside.join(path), SECRET).unwrap();
        }
        fs::write(outside.join(format!("tau-canary-{id}")), SECRET).unwrap();
        for copy in ["workspace", "control"] {
            repository(&base.join(copy));
        }
        let foreign: Vec<PathBuf> =
            ["/tmp", "/dev/shm"].map(|at| Path::new(at).join(format!("tau-canary-{id}"))).into();
        for path in &foreign {
            fs::write(path, SECRET).unwrap();
        }
        let victim = Command::new("/usr/bin/perl")
            .args(["-e", "sleep 600", &format!("tau-victim-{id}")])
            .env("TOKEN", "of the victim")
            .current_dir(&outside)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp6 = TcpListener::bind("[::1]:0").ok();
        let abstract_name = SocketAddr::from_abstract_name(format!("tau-canary-{id}")).unwrap();
        let listeners = (
            UnixListener::bind_addr(&abstract_name).unwrap(),
            UnixListener::bind(outside.join("socket")).unwrap(),
        );
        let connection = TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
        let leaks = vec![
            rustix::io::dup(File::open(outside.join("secret")).unwrap()).unwrap(),
            rustix::io::dup(File::open(&outside).unwrap()).unwrap(),
            rustix::io::dup(&connection).unwrap(),
        ];
        let key = i32::try_from(std::process::id()).unwrap() + 0x7a00_0000;
        system_v(key, &id, "make");
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let variables = [
            ("ID", id.clone()),
            ("O", text(&outside)),
            ("VICTIM", victim.id().to_string()),
            ("PORT", tcp.local_addr().unwrap().port().to_string()),
            ("PORT6", tcp6.as_ref().map_or(1, |tcp| tcp.local_addr().unwrap().port()).to_string()),
            ("UDP", name_server().to_string()),
            ("KEY", key.to_string()),
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let _listeners = (tcp, tcp6, listeners.0, listeners.1, connection);
        Self { folder, id, victim, foreign, key, variables, _leaks: leaks, _listeners }
    }

    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    /// Variables of an attempt without a sandbox.
    pub(super) fn variables_outside(&self) -> BTreeMap<String, String> {
        let mut variables = self.variables.clone();
        let control = self.folder.path().join("control").to_str().unwrap().to_owned();
        variables.insert("R".to_owned(), control);
        variables.insert("TARGET".to_owned(), self.victim.id().to_string());
        variables.insert("TAU_CANARY_SECRET".to_owned(), "x".to_owned());
        variables
    }

    /// The sandbox of the attempts.
    pub(super) fn sandbox(&self, isolation: Isolation) -> Sandbox {
        let mut policy = Policy::for_workspace(self.workspace());
        policy.isolation = isolation;
        policy.hidden.push(self.workspace().join("hidden.env"));
        policy.environment.set.extend(self.variables.clone());
        let workspace = self.workspace().to_str().unwrap().to_owned();
        policy.environment.set.insert("R".to_owned(), workspace);
        policy.environment.set.insert("TARGET".to_owned(), "1".to_owned());
        Sandbox::start(&policy, &helper()).unwrap()
    }

    /// What an attempt inside must leave as it is.
    pub(super) fn state(&mut self) -> String {
        let outside = self.outside();
        let mut seen = Vec::new();
        list(&outside, &outside, &mut seen);
        let workspace = self.workspace();
        for path in [".git/config", ".git/hooks/post-commit", "hidden.env"] {
            let text = fs::read_to_string(workspace.join(path)).unwrap_or_default();
            seen.push(format!("{path} {}", text.replace('\n', " ")));
        }
        for path in &self.foreign {
            seen.push(fs::read_to_string(path).unwrap_or_default());
        }
        seen.push(format!("left {}", Path::new(&format!("/tmp/tau-left-{}", self.id)).exists()));
        seen.push(format!("victim {}", self.victim.try_wait().unwrap().is_none()));
        seen.join("\n")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        system_v(self.key, &self.id, "take away");
        for path in &self.foreign {
            let _ = fs::remove_file(path);
        }
    }
}

fn repository(path: &Path) {
    fs::create_dir_all(path.join(".git/hooks")).unwrap();
    fs::write(path.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(path.join(".git/config"), "[core]\n").unwrap();
    fs::write(path.join(".git/hooks/post-commit"), "#!/bin/sh\n").unwrap();
    fs::write(path.join("hidden.env"), SECRET).unwrap();
}

/// Names, sizes and modes below a folder.
fn list(root: &Path, folder: &Path, seen: &mut Vec<String>) {
    use std::os::unix::fs::MetadataExt;
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        seen.push(format!(
            "{name} {:o} {} {} {}",
            metadata.mode(),
            metadata.size(),
            metadata.mtime(),
            metadata.nlink()
        ));
        if metadata.is_dir() {
            list(root, &path, seen);
        }
    }
}

/// Something that answers whatever it is asked over UDP.
fn name_server() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok((_, from)) = socket.recv_from(&mut bytes) {
            let _ = socket.send_to(b"answer", from);
        }
    });
    port
}

/// Makes and takes away what programs of the host share by System V's and POSIX's names.
fn system_v(key: i32, id: &str, what: &str) {
    let script = "my ($k, $id, $what) = @ARGV; my ($open, $unlink) = splice @ARGV, 3; my $n = \"tau-canary-$id\";
        if ($what eq 'make') { shmget $k, 4096, 01666; msgget $k, 01666; semget $k, 1, 01666; syscall $open + 0, $n, 0100, 0666, 0 }
        else { shmctl shmget($k, 0, 0), 0, 0; msgctl msgget($k, 0), 0, 0; semctl semget($k, 0, 0), 0, 0, 0; syscall $unlink + 0, $n }";
    let numbers = [libc::SYS_mq_open.to_string(), libc::SYS_mq_unlink.to_string()];
    let status = Command::new("/usr/bin/perl")
        .args(["-e", script, &key.to_string(), id, what])
        .args(numbers)
        .status()
        .unwrap();
    assert!(status.success());
}

/// Everything that a pipe still holds.
pub(super) fn rest(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Says something at the terminal, past the capture of tests that nobody reads.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
