//! A PostgreSQL server of its own, in a folder of its own, reached by a Unix socket alone.

#![expect(clippy::print_stderr, reason = "whoever runs the tests has to see what was not tested")]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Server {
    programs: PathBuf,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Server {
    /// A new server; none where there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!(
                "SKIPPED: there is no PostgreSQL server here; on Debian, `apt-get install postgresql` makes one"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        // The server refuses to run as root, so it is another user's who needs the folder.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let mut server = Self { programs, folder, process: None };
        let data = server.data();
        let made = server
            .command("initdb")
            .args([
                "--username=tau",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "--pgdata",
            ])
            .arg(data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        server.run();
        Some(server)
    }

    pub(crate) fn address(&self) -> String {
        format!("host={} user=tau dbname=postgres", self.folder.path().display())
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn run(&mut self) {
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "listen_addresses="]);
        self.process = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let begin = Instant::now();
        loop {
            let ready =
                self.command("pg_isready").arg("-q").arg("-h").arg(self.folder.path()).status().unwrap();
            if ready.success() {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as if it were killed, but for the processes it has started itself.
    pub(crate) fn stop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--silent", "--mode=immediate", "-D"]).arg(self.data());
        assert!(stop.status().unwrap().success(), "the server does not stop");
        if let Some(mut process) = self.process.take() {
            process.wait().unwrap();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let mut command = if is_root { Command::new("runuser") } else { Command::new(&program) };
        if is_root {
            command.args(["-u", "postgres", "--"]).arg(program);
        }
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.is_some() && !std::thread::panicking() {
            self.stop();
        } else if let Some(process) = &mut self.process {
            let _ = process.kill();
        }
    }
}

/// Where Debian puts the programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    programs.filter(|folder| Path::new(folder).join("initdb").exists()).max()
}
