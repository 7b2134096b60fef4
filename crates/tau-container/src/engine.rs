//! The engine behind a socket.

use std::path::PathBuf;

use bollard::{API_DEFAULT_VERSION, Docker};

use crate::{ContainerError, ContainerErrorKind};

/// How long an engine may take to answer, in seconds. Waiting for commands is not limited by it.
const PATIENCE: u64 = 60;

/// An engine that answers at a socket of this machine.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    /// Whether it runs as an ordinary user, so that its root is that user.
    pub(crate) is_rootless: bool,
    pub(crate) is_podman: bool,
}

impl Engine {
    /// The first engine that answers at one of some sockets.
    ///
    /// # Errors
    /// When none does.
    pub async fn connect(sockets: &[PathBuf]) -> Result<Self, ContainerError> {
        let mut tried = Vec::new();
        for socket in sockets {
            match Self::at(&socket.to_string_lossy()).await {
                Ok(engine) => return Ok(engine),
                Err(error) => tried.push(format!("{}: {error}", socket.display())),
            }
        }
        let tried = if tried.is_empty() { "no socket is known".to_owned() } else { tried.join("; ") };
        let problem = format!(
            "{tried}. Start one (`systemctl --user start podman.socket`, or Docker), or name its socket"
        );
        Err(ContainerError::new(ContainerErrorKind::NoEngine, problem))
    }

    async fn at(socket: &str) -> Result<Self, bollard::errors::Error> {
        let docker = Docker::connect_with_unix(socket, PATIENCE, API_DEFAULT_VERSION)?;
        let docker = docker.negotiate_version().await?;
        let version = docker.version().await?;
        let parts = version.components.unwrap_or_default();
        let is_podman = parts.iter().any(|part| part.name.contains("Podman"));
        let options = docker.info().await?.security_options.unwrap_or_default();
        let is_rootless = options.iter().any(|option| option.contains("rootless"));
        Ok(Self { docker, is_rootless, is_podman })
    }
}
