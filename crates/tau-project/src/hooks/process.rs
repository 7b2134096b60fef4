//! A command that is asked.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tau_tools::environment::{kill_process_group, kill_process_tree};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::declare::CommandHandler;

/// Bytes of each stream that are kept. The rest is read and lost, so that the command does not wait for us.
const KEPT: usize = 1 << 20;
/// How long output may still come after the command has ended; what it left in the background may hold the pipe.
const DRAIN: Duration = Duration::from_millis(100);

/// What a command came to.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
}

/// One stream of a command.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Output {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// Runs a command with `input` on its standard input. When it has ended, and when the future is dropped, everything it
/// started is ended too.
pub(super) async fn run(
    handler: &CommandHandler,
    variables: &BTreeMap<String, String>,
    folder: &Path,
    input: Vec<u8>,
) -> io::Result<Finished> {
    let mut tree = Tree::new(spawn(handler, variables, folder)?);
    let (stdin, stdout, stderr) =
        (tree.child.stdin.take(), tree.child.stdout.take(), tree.child.stderr.take());
    let write = async move {
        if let Some(mut stdin) = stdin {
            // A command need not read what it is told.
            let _ = stdin.write_all(&input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let (mut out, mut err) = (Output::default(), Output::default());
    let status = {
        let streams = async { tokio::join!(write, keep(stdout, &mut out), keep(stderr, &mut err)) };
        tokio::pin!(streams);
        tokio::select! {
            status = tree.wait() => {
                let _ = timeout(DRAIN, &mut streams).await;
                status?
            }
            _ = &mut streams => tree.wait().await?,
        }
    };
    Ok(Finished { status, stdout: out, stderr: err })
}

fn spawn(handler: &CommandHandler, variables: &BTreeMap<String, String>, folder: &Path) -> io::Result<Child> {
    let CommandHandler { command, args } = handler;
    match args {
        Some(args) => start(Command::new(command).args(args), variables, folder),
        None => {
            let script = ["-c", "--", command];
            let bash = start(Command::new("bash").args(script), variables, folder);
            match bash {
                Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {
                    start(Command::new("/bin/sh").args(script), variables, folder)
                }
                started => started,
            }
        }
    }
}

fn start(command: &mut Command, variables: &BTreeMap<String, String>, folder: &Path) -> io::Result<Child> {
    command
        .current_dir(folder)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn keep(stream: Option<impl AsyncRead + Unpin>, output: &mut Output) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; 16 << 10];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        let left = KEPT - output.bytes.len();
        output.is_cut |= read > left;
        output.bytes.extend_from_slice(&chunk[..read.min(left)]);
    }
}

/// Ends what a command started.
struct Tree {
    child: Child,
    leader: Option<u32>,
    is_over: bool,
}

impl Tree {
    fn new(child: Child) -> Self {
        Self { leader: child.id(), child, is_over: false }
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.is_over = true;
        Ok(status)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            if self.is_over { kill_process_group(leader) } else { kill_process_tree(leader) }
        }
    }
}
