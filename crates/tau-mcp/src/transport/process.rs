//! A server's process: started in a group of its own, watched, and ended with the whole group.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tau_core::Secret;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::stderr::StderrTail;
use crate::client::ConnectOptions;
use crate::config::StdioConfig;
use crate::error::{McpError, McpErrorKind};

/// How long standard error may still come after the process has ended: a descendant may hold it open for ever.
const DRAIN: Duration = Duration::from_millis(100);
/// A killed process is gone at once, but stays in its group until its new parent has seen to it; some never do.
const GONE_WITHIN: Duration = Duration::from_millis(100);
/// Where programs are when the environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How a process ended; `None` while it runs.
pub(crate) type Exit = Option<ExitStatus>;

/// A running server. Dropping it kills its process group.
///
/// A process that has left the group, as daemons do, is not found here; a program ends those with
/// [`kill_descendants`](tau_tools::environment::kill_descendants) when it ends itself.
#[derive(Debug)]
pub(crate) struct Process {
    /// Owns the child. One owner waits for it and kills it, so that no signal reaches a process that was given
    /// the id of one already reaped.
    watcher: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
    exit: watch::Receiver<Exit>,
}

impl Process {
    /// Starts a server and gives its standard output and input.
    pub(crate) fn start(
        server: &str,
        config: &StdioConfig,
        options: &ConnectOptions,
        stderr: StderrTail,
    ) -> Result<(Self, ChildStdout, ChildStdin), McpError> {
        let mut environment = options.environment.clone();
        environment.extend(config.env.clone());
        if let Some(folder) =
            options.folder.as_deref().filter(|folder| !folder.is_absolute() || !folder.is_dir())
        {
            let problem =
                format!("cannot start in `{}`, which is not the full path of a folder", folder.display());
            return Err(McpError::new(McpErrorKind::Start, server, problem));
        }
        let program = find_program(&config.command, &environment, options.folder.as_deref())
            .ok_or_else(|| not_found(server, &config.command))?;
        let failed = |error: io::Error| {
            let kind = match error.kind() {
                // It was there a moment ago: what is missing is the interpreter its first line names.
                io::ErrorKind::NotFound => McpErrorKind::CommandNotFound,
                _ => McpErrorKind::Start,
            };
            let problem = format!("cannot start `{}`: {error}", config.command);
            McpError::new(kind, server, problem).with_source(error)
        };
        let mut command = match &options.guard {
            Some((guard, arguments)) => {
                let mut command = Command::new(guard);
                command.args(arguments).arg(program);
                command
            }
            None => Command::new(program),
        };
        command
            .args(config.args.iter().map(Secret::expose))
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value.expose())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            // The group is killed by `Group`; this has the leader reaped when nobody waits for it.
            .kill_on_drop(true);
        if let Some(folder) = &options.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn().map_err(failed)?;
        let pipes = (child.stdout.take(), child.stdin.take(), child.stderr.take());
        let group = Group::new(child);
        let (Some(stdout), Some(stdin), Some(errors)) = pipes else {
            return Err(failed(io::Error::other("a pipe is missing")));
        };
        let (stop, stopped) = oneshot::channel();
        let (exited, exit) = watch::channel(None);
        let grace = options.shutdown_grace;
        let watcher = tokio::spawn(watch_over(group, errors, stderr, stopped, grace, exited));
        Ok((Self { watcher, stop: Some(stop), exit }, stdout, stdin))
    }

    /// Where the end of the process is announced.
    pub(crate) fn exit(&self) -> watch::Receiver<Exit> {
        self.exit.clone()
    }

    /// Ends the process, whose input was closed before. Dropping the future kills it.
    pub(crate) async fn stop(mut self) -> Exit {
        if let Some(stop) = self.stop.take() {
            // An error means that the process has ended already.
            let _ = stop.send(());
        }
        let _ = (&mut self.watcher).await;
        *self.exit.borrow()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

/// Waits for the end, or brings it about when told to, and reads standard error meanwhile.
async fn watch_over(
    mut group: Group,
    stderr: ChildStderr,
    tail: StderrTail,
    stop: oneshot::Receiver<()>,
    grace: Duration,
    exited: watch::Sender<Exit>,
) {
    let mut draining = pin!(tail.drain(stderr));
    let mut drained = false;
    let status = {
        let mut ending = pin!(group.end(stop, grace));
        loop {
            tokio::select! {
                status = &mut ending => break status,
                () = &mut draining, if !drained => drained = true,
            }
        }
    };
    // Before anybody hears of the end: nothing is left when it is announced.
    group.clear().await;
    drop(group);
    if !drained {
        let _ = tokio::time::timeout(DRAIN, draining).await;
    }
    exited.send_replace(status.ok());
}

/// A child that leads a process group. Dropping it kills the group.
struct Group {
    child: Child,
    leader: Option<Pid>,
}

impl Group {
    fn new(child: Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { child, leader }
    }

    async fn end(&mut self, stop: oneshot::Receiver<()>, grace: Duration) -> io::Result<ExitStatus> {
        tokio::select! {
            status = self.child.wait() => return status,
            _ = stop => {}
        }
        if let Ok(status) = tokio::time::timeout(grace, self.child.wait()).await {
            return status;
        }
        self.signal(Signal::TERM);
        if let Ok(status) = tokio::time::timeout(grace, self.child.wait()).await {
            return status;
        }
        self.signal(Signal::KILL);
        self.child.wait().await
    }

    /// Kills what the leader has left behind, and waits until it is gone.
    async fn clear(&self) {
        self.signal(Signal::KILL);
        let deadline = Instant::now() + GONE_WITHIN;
        while self.leader.is_some_and(|leader| test_kill_process_group(leader).is_ok())
            && Instant::now() < deadline
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, signal);
        }
    }
}

impl Drop for Group {
    /// Also when the leader was reaped: its id stays taken as long as its group has members, and after that
    /// nobody gets it before the system has gone through all other ids.
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The file to run. Looked for here and not by the system: only a full path lets a process be started without
/// copying this one's page tables, and the system would look on our own `PATH`.
fn find_program(
    command: &str,
    environment: &BTreeMap<String, Secret>,
    folder: Option<&Path>,
) -> Option<PathBuf> {
    let from_folder = |path: &Path| folder.map_or_else(|| path.to_owned(), |folder| folder.join(path));
    if command.contains('/') {
        return Some(from_folder(Path::new(command))).filter(|path| is_program(path));
    }
    let path = environment.get("PATH").map_or(DEFAULT_PATH, Secret::expose);
    path.split(':').map(|entry| from_folder(Path::new(entry)).join(command)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn not_found(server: &str, command: &str) -> McpError {
    let error =
        McpError::new(McpErrorKind::CommandNotFound, server, format!("there is no program `{command}`"));
    if command.trim().contains(char::is_whitespace) {
        return error.with_hint("`command` is the program alone: its arguments belong in `args`");
    }
    error.with_hint("install it, or give its full path in `command`")
}

/// How a process ended, in words.
pub(crate) fn describe(exit: Exit) -> String {
    let Some(status) = exit else {
        return "closed its output".to_owned();
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, signal) => format!("was ended by signal {}", signal.unwrap_or_default()),
    }
}
