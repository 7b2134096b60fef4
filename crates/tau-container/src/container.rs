//! The container of a session.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::{AttachContainerOptionsBuilder, RemoveContainerOptionsBuilder};
use futures::{Stream, StreamExt};
use tau_sandbox::Policy;
use tau_sandbox::policy::EnvironmentRules;
use tokio::io::AsyncWrite;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};
use uuid::Uuid;

use crate::engine::Engine;
use crate::{ContainerError, ContainerErrorKind, settings};

/// The label of every container that this crate starts; its value is the id of the process that did. `podman ps --filter
/// label=org.tau.owner` finds what a machine that lost its power may have left.
pub const LABEL: &str = "org.tau.owner";

/// Variables that mean folders of the host, or programs in them.
const OF_THE_HOST: [&str; 3] = ["PATH", "CARGO_HOME", "RUSTUP_HOME"];
/// The variable that tells the processes of a command from those of others.
const MARK: &str = "TAU_COMMAND";
/// Kills what has the mark `$1`, again and again until there is nothing more.
const SWEEP: &str = r#"
for round in 1 2 3 4 5 6 7 8 9 10; do
  found=
  for folder in /proc/[0-9]*; do
    id=${folder#/proc/}
    [ "$id" = 1 ] || [ "$id" = $$ ] && continue
    case "$(cat "$folder/environ" 2>/dev/null)" in
      *"TAU_COMMAND=$1"*) kill -9 "$id" 2>/dev/null && found=1 ;;
    esac
  done
  [ -z "$found" ] && break
done 2>/dev/null
echo swept
"#;
/// Kills all that this user may kill but the first process, the one with the id `$1`, and itself.
const SWEEP_ALL: &str = r#"
for folder in /proc/[0-9]*; do
  id=${folder#/proc/}
  [ "$id" = 1 ] || [ "$id" = "$1" ] || [ "$id" = $$ ] && continue
  kill -9 "$id"
done 2>/dev/null
echo swept
"#;
/// Says which process reads from the stream that the container lives by, and whether there is a better shell. Nothing of anybody
/// else's runs yet.
const LOOK: &str = r#"
for folder in /proc/[0-9]*; do
  read -r id name _ parent _ <"$folder/stat" && [ "$name" = "(cat)" ] && [ "$parent" = 1 ] && echo "$id"
done 2>/dev/null
[ -x /bin/bash ] && echo bash
"#;

/// What goes into a container's first process; when it is dropped, the container ends.
type Leash = Pin<Box<dyn AsyncWrite + Send>>;
/// What a command says, as it comes.
pub(crate) type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

/// A running container. Dropping the last handle ends it, with all that runs in it.
#[derive(Clone)]
pub struct Container {
    inner: Arc<Inner>,
}

struct Inner {
    docker: Docker,
    id: String,
    rules: EnvironmentRules,
    begun: Begun,
    /// Commands that run hold it together; who ends all processes holds it alone.
    running: Arc<RwLock<()>>,
    leash: std::sync::Mutex<Option<Leash>>,
}

/// What is known of a container that has begun.
#[derive(Default)]
struct Begun {
    shell: &'static str,
    /// The process that reads from the leash.
    reader: String,
}

impl Container {
    /// Starts a container of an image that the engine has.
    ///
    /// # Errors
    /// When there is no such image, the policy asks for what a container cannot keep, or the engine refuses.
    pub async fn start(engine: &Engine, image: &str, policy: &Policy) -> Result<Self, ContainerError> {
        let docker = engine.docker.clone();
        match docker.inspect_image(image).await {
            Ok(_) => {}
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => {
                let problem = format!(
                    "`{image}`. Nothing is pulled unasked: `podman pull {image}`, or `docker pull {image}`"
                );
                return Err(ContainerError::new(ContainerErrorKind::NoImage, problem));
            }
            Err(error) => {
                return Err(ContainerError::engine("it does not say whether it has the image")(error));
            }
        }
        let body = settings::body(engine, image, policy)?;
        let made = docker.create_container(None, body).await;
        let id = made.map_err(ContainerError::engine("it makes no container"))?.id;
        let inner = Inner {
            docker,
            id,
            rules: policy.environment.clone(),
            begun: Begun::default(),
            running: Arc::default(),
            leash: std::sync::Mutex::default(),
        };
        // From here on it is removed whatever happens.
        let mut container = Self { inner: Arc::new(inner) };
        let begun = container.inner.begin().await?;
        if let Some(inner) = Arc::get_mut(&mut container.inner) {
            inner.begun = begun;
        }
        Ok(container)
    }

    /// What the engine calls it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Ends it, with all that runs in it, and waits until it is gone.
    ///
    /// # Errors
    /// When the engine does not.
    pub async fn end(&self) -> Result<(), ContainerError> {
        if let Ok(mut leash) = self.inner.leash.lock() {
            leash.take();
        }
        match remove(&self.inner.docker, &self.inner.id).await {
            // It may have gone by itself, or be going.
            Err(Error::DockerResponseServerError { status_code: 404 | 409, .. }) | Ok(()) => Ok(()),
            Err(error) => Err(ContainerError::engine("it does not remove the container")(error)),
        }
    }

    /// Starts a command, and says what it is known by.
    pub(crate) async fn exec(
        &self,
        script: &str,
        directory: &Path,
        variables: &BTreeMap<String, String>,
        mark: &str,
    ) -> Result<(String, Output), ContainerError> {
        let own = self.inner.rules.set.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let passes = |name: &str| !OF_THE_HOST.contains(&name) && self.inner.rules.allows(name);
        let passed = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let passed = passed.filter(|(name, _)| passes(name) && !self.inner.rules.set.contains_key(*name));
        let variables = passed.chain(own).chain([(MARK, mark)]);
        let environment = variables.map(|(name, value)| format!("{name}={value}")).collect();
        // One stream for both outputs, so that lines come in the order they were written.
        let merged = "exec \"$0\" -c -- \"$1\" 2>&1 </dev/null";
        let command = ["/bin/sh", "-c", merged, self.inner.begun.shell, script];
        self.inner.exec(&command, Some(directory), environment).await
    }

    /// How a command ended, if it has.
    pub(crate) async fn exit_code(&self, exec: &str) -> Result<Option<i64>, ContainerError> {
        let found = self.inner.docker.inspect_exec(exec).await;
        let found = found.map_err(ContainerError::engine("it does not say how a command ended"))?;
        Ok(found.exit_code.filter(|_| found.running != Some(true)))
    }

    /// What a command holds while it runs.
    pub(crate) async fn begin_command(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.inner.running).read_owned().await
    }

    /// Kills what a command left, and, where no other runs, what is left that nobody can tell whose it was.
    pub(crate) async fn end_command(&self, mark: &str, held: OwnedRwLockReadGuard<()>) {
        let mut is_swept = self.inner.sweep(SWEEP, mark).await.unwrap_or_default();
        drop(held);
        if let Ok(_alone) = self.inner.running.try_write() {
            is_swept &= self.inner.sweep(SWEEP_ALL, &self.inner.begun.reader).await.unwrap_or_default();
        }
        // What cannot be ended alone, because there is no room for one more process, is ended with the container.
        if !is_swept {
            let _ = self.end().await;
        }
    }

    /// Whether it was ended: no command runs in it any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.inner.leash.lock().map_or(true, |leash| leash.is_none())
    }
}

impl Inner {
    /// Starts it with its first process bound to this one, and looks at what it is.
    async fn begin(&self) -> Result<Begun, ContainerError> {
        let options = AttachContainerOptionsBuilder::default().stdin(true).stream(true).build();
        let attached = self.docker.attach_container(&self.id, Some(options)).await;
        let attached = attached.map_err(ContainerError::engine("it does not attach to the container"))?;
        let started = self.docker.start_container(&self.id, None).await;
        started.map_err(ContainerError::engine("it does not start the container"))?;
        if let Ok(mut leash) = self.leash.lock() {
            *leash = Some(attached.input);
        }
        let said = self.said(&["/bin/sh", "-c", LOOK]).await?;
        let said = String::from_utf8_lossy(&said);
        let shell = if said.lines().any(|line| line == "bash") { "/bin/bash" } else { "/bin/sh" };
        let reader = said.lines().find(|line| line.bytes().all(|byte| byte.is_ascii_digit()));
        match reader {
            Some(reader) => Ok(Begun { shell, reader: reader.to_owned() }),
            None => {
                let problem = "the image's `sh` and `cat` do not do what is asked of them";
                Err(ContainerError::new(ContainerErrorKind::Engine, problem))
            }
        }
    }

    async fn exec(
        &self,
        command: &[&str],
        directory: Option<&Path>,
        environment: Vec<String>,
    ) -> Result<(String, Output), ContainerError> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            working_dir: directory.map(|folder| folder.to_string_lossy().into_owned()),
            env: Some(environment),
            ..ExecConfig::default()
        };
        let made = self.docker.create_exec(&self.id, config).await;
        let exec = made.map_err(ContainerError::engine("it does not take a command"))?.id;
        let started = self.docker.start_exec(&exec, None::<StartExecOptions>).await;
        match started.map_err(ContainerError::engine("it does not start a command"))? {
            StartExecResults::Attached { output, .. } => Ok((exec, output)),
            StartExecResults::Detached => Err(ContainerError::new(
                ContainerErrorKind::Engine,
                "it does not give the output of a command",
            )),
        }
    }

    /// Runs a script that kills, and says whether it came to its end.
    async fn sweep(&self, script: &str, mark: &str) -> Result<bool, ContainerError> {
        let said = self.said(&["/bin/sh", "-c", script, "sh", mark]).await?;
        Ok(said.ends_with(b"swept\n"))
    }

    /// What a command says.
    async fn said(&self, command: &[&str]) -> Result<Vec<u8>, ContainerError> {
        let (_, mut output) = self.exec(command, None, Vec::new()).await?;
        let mut said = Vec::new();
        while let Some(piece) = output.next().await {
            said.extend(piece.map_err(ContainerError::engine("its shell does not answer"))?.into_bytes());
        }
        Ok(said)
    }
}

async fn remove(docker: &Docker, id: &str) -> Result<(), Error> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    docker.remove_container(id, Some(options)).await
}

/// A mark that no other command has.
pub(crate) fn mark() -> String {
    Uuid::new_v4().simple().to_string()
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Without its leash it ends by itself; where there is time, it is not waited for.
        if let Ok(mut leash) = self.leash.lock() {
            leash.take();
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (docker, id) = (self.docker.clone(), std::mem::take(&mut self.id));
            runtime.spawn(async move { remove(&docker, &id).await });
        }
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container").field("id", &self.inner.id).finish_non_exhaustive()
    }
}
