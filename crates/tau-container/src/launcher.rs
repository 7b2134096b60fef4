//! The shell of a command in a container.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tau_sandbox::Policy;
use tau_tools::environment::{CommandExit, Launcher, RunningShell, ShellCommand};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, oneshot};

use crate::container::{Container, mark};
use crate::{ContainerError, ContainerErrorKind, Engine};

/// After what time an engine is asked again how a command ended: once its output has, and while it has not.
const SOON: Duration = Duration::from_millis(5);
const LATER: Duration = Duration::from_millis(250);
/// How long output may still come after that.
const DRAIN: Duration = Duration::from_millis(200);
/// What shells add to the number of a signal that ended a command.
const BY_SIGNAL: i32 = 128;

/// Starts the shell of each command in a container, which lives as long as the session.
///
/// The container's own shell is used, and its own search path. Of the variables of a command those pass that the policy allows.
#[derive(Debug, Clone)]
pub struct ContainerLauncher {
    source: Arc<Source>,
}

/// Where the container comes from.
#[derive(Debug)]
struct Source {
    container: Mutex<Option<Container>>,
    wanted: Option<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    sockets: Vec<PathBuf>,
    image: String,
    policy: Policy,
}

impl ContainerLauncher {
    /// A launcher into this container.
    #[must_use]
    pub fn new(container: Container) -> Self {
        Self { source: Arc::new(Source { container: Mutex::new(Some(container)), wanted: None }) }
    }

    /// A launcher into a container of an image that is started for the first command, by the first engine that answers, and again
    /// after one that had to be ended. Where none can be started no command runs, and each says why.
    #[must_use]
    pub fn on_demand(sockets: Vec<PathBuf>, image: impl Into<String>, policy: Policy) -> Self {
        let wanted = Some(Wanted { sockets, image: image.into(), policy });
        Self { source: Arc::new(Source { container: Mutex::default(), wanted }) }
    }
}

impl Source {
    async fn container(&self) -> Result<Container, ContainerError> {
        let mut known = self.container.lock().await;
        let running = known.as_ref().filter(|container| self.wanted.is_none() || !container.has_ended());
        match (running, &self.wanted) {
            (Some(container), _) => Ok(container.clone()),
            (None, Some(wanted)) => {
                let engine = Engine::connect(&wanted.sockets).await?;
                let container = Container::start(&engine, &wanted.image, &wanted.policy).await?;
                Ok(known.insert(container).clone())
            }
            (None, None) => Err(ContainerError::new(ContainerErrorKind::Engine, "the container has ended")),
        }
    }
}

impl Launcher for ContainerLauncher {
    fn launch(
        &self,
        command: &ShellCommand<'_>,
        output: io::PipeWriter,
    ) -> io::Result<Box<dyn RunningShell>> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let output = pipe::Sender::from_owned_fd(OwnedFd::from(output))?;
        let task = Task {
            script: command.script.to_owned(),
            directory: command.directory.to_owned(),
            variables: command.environment.clone(),
        };
        let source = Arc::clone(&self.source);
        let (ended, exit) = oneshot::channel();
        let (stop, mut stopped) = oneshot::channel::<()>();
        runtime.spawn(async move {
            let exit = match source.container().await {
                Ok(container) => task.run_in(&container, output, &mut stopped).await,
                Err(error) => Some(Err(error)),
            };
            if let Some(exit) = exit {
                // Nobody may wait any more.
                let _ = ended.send(exit.map_err(io::Error::other));
            }
        });
        Ok(Box::new(Running { exit: Some(exit), known: None, _stop: stop }))
    }
}

/// A command, with all that it needs.
struct Task {
    script: String,
    directory: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Task {
    /// Runs it to its end, or until it is stopped, and ends what it left.
    async fn run_in(
        &self,
        container: &Container,
        output: pipe::Sender,
        stopped: &mut oneshot::Receiver<()>,
    ) -> Option<Result<CommandExit, ContainerError>> {
        let mark = mark();
        let held = container.begin_command().await;
        let exit = tokio::select! {
            exit = self.run(container, &mark, output) => Some(exit),
            _ = stopped => None,
        };
        container.end_command(&mark, held).await;
        // Whoever took the container away, the next command gets another one.
        if let Some(Err(_)) = &exit {
            let _ = container.end().await;
        }
        exit
    }

    async fn run(
        &self,
        container: &Container,
        mark: &str,
        mut to: pipe::Sender,
    ) -> Result<CommandExit, ContainerError> {
        let (exec, mut output) = container.exec(&self.script, &self.directory, &self.variables, mark).await?;
        let said = async {
            while let Some(piece) = output.next().await {
                let piece = piece.map_err(ContainerError::engine("it gives no more output"))?;
                // Who no longer reads is not waited for.
                if to.write_all(&piece.into_bytes()).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let mut said = std::pin::pin!(said);
        let mut is_said = false;
        loop {
            let pause = if is_said { SOON } else { LATER };
            tokio::select! {
                end = &mut said, if !is_said => {
                    end?;
                    is_said = true;
                }
                () = tokio::time::sleep(pause) => {}
            }
            // What runs in the background may hold the output open for ever.
            if let Some(code) = container.exit_code(&exec).await? {
                if !is_said && let Ok(end) = tokio::time::timeout(DRAIN, said).await {
                    end?;
                }
                return Ok(exit(code));
            }
        }
    }
}

fn exit(code: i64) -> CommandExit {
    let code = i32::try_from(code).unwrap_or(-1);
    if (BY_SIGNAL + 1..BY_SIGNAL + 65).contains(&code) {
        CommandExit::Signal(code - BY_SIGNAL)
    } else {
        CommandExit::Code(code)
    }
}

/// A command in a container. Dropping it has its tree killed.
struct Running {
    exit: Option<oneshot::Receiver<io::Result<CommandExit>>>,
    known: Option<CommandExit>,
    /// Dropped with this.
    _stop: oneshot::Sender<()>,
}

impl RunningShell for Running {
    fn wait(&mut self) -> BoxFuture<'_, io::Result<CommandExit>> {
        async move {
            if let Some(exit) = self.known {
                return Ok(exit);
            }
            let Some(receiver) = self.exit.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
            let exit = receiver.await.map_err(|_| io::Error::other("the command was stopped"))??;
            self.known = Some(exit);
            Ok(exit)
        }
        .boxed()
    }
}
