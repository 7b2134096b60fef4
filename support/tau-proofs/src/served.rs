//! The real server, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tau_testkit::ModelServer;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::model;

/// The longest that a server takes to start, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// `tau serve` that keeps nothing, with a model that is a script. It ends when this is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) pid: u32,
    /// Host and port.
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) token_file: PathBuf,
    /// Where its sessions work.
    pub(crate) project: PathBuf,
    #[expect(dead_code, reason = "the model lives as long as this")]
    model: ModelServer,
    #[expect(dead_code, reason = "the folder stays as long as this")]
    folder: TempDir,
}

impl Served {
    /// Starts the server that stands beside this program.
    pub(crate) async fn start(options: &[&str]) -> anyhow::Result<Self> {
        let model = ModelServer::start_unrecorded(model::script).await?;
        let folder = TempDir::new()?;
        let (project, state) = (folder.path().join("project"), folder.path().join("state"));
        let config = folder.path().join("config.toml");
        let base = model.base_url();
        std::fs::write(
            &config,
            format!("model = \"test/scripted\"\nproviders.test.base_url = \"{base}\"\n"),
        )?;
        std::fs::create_dir(&project)?;
        let mut command = Command::new(beside("tau")?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--ephemeral", "--drain", "1s", "--config"]);
        command.arg(&config).arg("--state-dir").arg(&state).args(options);
        command.env("HOME", folder.path()).current_dir(&project).kill_on_drop(true);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("it does not start")??;
        let url = line.context("it ended at its start")?;
        let address = url.strip_prefix("http://").context("it says no address")?.to_owned();
        let token_file = state.join("token");
        let token = std::fs::read_to_string(&token_file)?.trim().to_owned();
        let pid = child.id().context("it has ended")?;
        Ok(Self { child, pid, address, token, token_file, project, model, folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// A program that was built with this one.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    ensure!(program.exists(), "there is no {}: cargo xtask builds it", program.display());
    Ok(program)
}

/// The folder of the repository.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(own.ancestors().nth(2).context("the crate stands in no repository")?.to_owned())
}
