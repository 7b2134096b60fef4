//! How the commands of a session are kept apart from the machine.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::merge::merge_fields;

/// How the commands of a session are kept apart from the machine. The harness says it, never a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// Whether commands run in a sandbox. Default: `on`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<SandboxMode>,
    /// What keeps them apart. Default: `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<SandboxBackend>,
    /// The image that the container is made of, which the engine has to have already. There is no default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The socket of the container engine. Default: the first that answers of the usual ones of Podman and Docker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<PathBuf>,
    /// Files and folders that commands may read, beside the system's programs and the project. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Vec<PathBuf>>,
    /// Folders that commands may write, beside the working folder. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<Vec<PathBuf>>,
    /// Names of variables that commands get, beside those that programs need; a `*` at the end stands for any rest.
    /// Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Vec<String>>,
    /// Domains that commands may reach, over HTTP and HTTPS: `example.com`, or `*.example.com` for those below it.
    /// Default: none, so there is no network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Vec<String>>,
    /// Whether a command may ask to run outside the sandbox; a person decides, each time. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<bool>,
}

merge_fields!(SandboxConfig { mode, backend, image, engine, read, write, variables, network, escalation });

/// Whether commands run in a sandbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SandboxMode {
    /// They do; where there can be no sandbox, no command runs.
    #[default]
    On,
    /// They do, in one that keeps files apart and little else, where the system gives no better one.
    Weak,
    /// They run as any program of the user's does.
    Off,
}

/// What keeps the commands of a session apart from the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SandboxBackend {
    /// A sandbox of the system's own means, with the system's programs.
    #[default]
    System,
    /// A container of Docker or Podman, with the programs of an image; for a tau that is built with `--features container`.
    Container,
}
