//! Commands of agents in a container of Docker or Podman, where a machine has no better boundary or a project brings its own
//! image.
//!
//! A container is another way to hold commands to a [`Policy`](tau_sandbox::Policy) of `tau-sandbox`: the same workspaces,
//! protected paths, variables and limits, with the programs of an image instead of the host's.
//!
//! # What it promises
//!
//! - **Default deny.** The root is the image's and read-only, `/tmp` is empty and private, there is no network, no capability,
//!   no new privilege, and of the host there is what the policy names. Files that commands make belong to the user.
//! - **Fails closed.** No engine, no image, a policy that a container cannot keep: an error that says what to do, and no
//!   command runs. Nothing is pulled.
//! - **Nothing survives.** What a command started is killed when it ends, is cancelled or is dropped; the container ends and is
//!   removed with its handle, and when this process is killed too, for its first process reads from a stream of this one.
//!
//! # What it does not do
//!
//! An engine that runs as root is as strong as root: whoever may speak to its socket owns the machine, so the socket is never
//! given to commands. A container shares the kernel and knows neither landlock nor the seccomp rules of `tau-sandbox`; protected
//! paths that do not exist yet can be made. A process that leaves its session *and* clears its variables outlives its command
//! until no other command runs. There is no way out through a proxy: a policy with a network is refused.
//!
//! # Modules
//!
//! | item | is |
//! |---|---|
//! | [`Engine`] | what is behind a socket |
//! | [`Container`] | the container of a session |
//! | [`ContainerLauncher`] | starts the shell of each command in it, for `LocalEnvironment` |
//!
//! # Example
//!
//! ```no_run
//! # async fn example() -> Result<(), tau_container::ContainerError> {
//! use tau_container::{Container, ContainerLauncher, Engine};
//! use tau_sandbox::Policy;
//!
//! let engine = Engine::connect(&["/run/podman/podman.sock".into()]).await?;
//! let container = Container::start(&engine, "docker.io/library/debian:stable", &Policy::for_workspace("/srv/project")).await?;
//! let launcher = ContainerLauncher::new(container);
//! # let _ = launcher;
//! # Ok(())
//! # }
//! ```
#![cfg(unix)]

mod container;
mod engine;
mod error;
mod launcher;
mod settings;

pub use container::{Container, LABEL};
pub use engine::Engine;
pub use error::{ContainerError, ContainerErrorKind};
pub use launcher::ContainerLauncher;
