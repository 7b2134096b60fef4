//! The sandbox that a session's commands run in.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tau_core::config::{SandboxBackend, SandboxMode};
use tau_sandbox::policy::{Isolation, Network};
use tau_sandbox::proxy::{Domains, Egress, Proxy};
use tau_sandbox::{Helper, Policy, Report, Sandbox, SandboxError};
use tau_tools::environment::{Launcher, RunningShell, SandboxLauncher, ShellCommand, Web};

use crate::config::Loaded;
use crate::environment;
use crate::exit::UsageError;

/// Starts commands in a sandbox, which is set up for the first of them: a session without commands pays nothing. Where it
/// cannot be set up no command runs, and each says why.
#[derive(Debug)]
pub(crate) struct LazySandbox {
    policy: Policy,
    domains: Domains,
    started: OnceLock<Result<SandboxLauncher, String>>,
}

/// What starts the commands of a session apart from the machine, as it is configured; `None` where nothing does.
pub(crate) fn launcher(loaded: &Loaded) -> Result<Option<ConfiguredLauncher>, UsageError> {
    if is_container(loaded) {
        return container(loaded).map(Some);
    }
    Ok(LazySandbox::new(loaded)?.map(|sandbox| ConfiguredLauncher(Box::new(sandbox))))
}

/// One of the launchers that the configuration can ask for.
#[derive(Debug)]
pub(crate) struct ConfiguredLauncher(Box<dyn Launcher>);

impl Launcher for ConfiguredLauncher {
    fn launch(
        &self,
        command: &ShellCommand<'_>,
        output: io::PipeWriter,
    ) -> io::Result<Box<dyn RunningShell>> {
        self.0.launch(command, output)
    }
}

/// Whether commands run in a container.
pub(crate) fn is_container(loaded: &Loaded) -> bool {
    let config = &loaded.config.sandbox;
    config.backend == Some(SandboxBackend::Container) && config.mode != Some(SandboxMode::Off)
}

#[cfg(not(all(feature = "container", unix)))]
fn container(_: &Loaded) -> Result<ConfiguredLauncher, UsageError> {
    Err(refused("this tau knows no containers; one that is built with `--features container` does"))
}

#[cfg(all(feature = "container", unix))]
fn container(loaded: &Loaded) -> Result<ConfiguredLauncher, UsageError> {
    let config = &loaded.config.sandbox;
    let Some(image) = &config.image else {
        return Err(refused("`sandbox.backend` is `container`, and `sandbox.image` names no image"));
    };
    if config.mode == Some(SandboxMode::Weak) {
        return Err(refused("a container is no weak sandbox: leave `sandbox.mode` out"));
    }
    if config.network.as_ref().is_some_and(|domains| !domains.is_empty()) {
        return Err(refused("a container has no way out to a network: leave `sandbox.network` empty"));
    }
    let mut policy = Policy::for_workspace(&loaded.working_dir);
    policy.workspaces.extend(config.write.iter().flatten().cloned());
    let is_project = loaded.project_root != loaded.working_dir;
    let project = is_project.then(|| loaded.project_root.clone());
    // The programs are the image's.
    policy.visible = project.into_iter().chain(config.read.iter().flatten().cloned()).collect();
    policy.environment.allow.extend(config.variables.iter().flatten().cloned());
    policy.validate().map_err(|problem| refused(&problem.to_string()))?;
    let sockets = config.engine.clone().map_or_else(environment::container_sockets, |engine| vec![engine]);
    let launcher = tau_container::ContainerLauncher::on_demand(sockets, image, policy);
    Ok(ConfiguredLauncher(Box::new(launcher)))
}

impl LazySandbox {
    /// The sandbox of the configuration; `None` where it says that there is none.
    pub(crate) fn new(loaded: &Loaded) -> Result<Option<Self>, UsageError> {
        let config = &loaded.config.sandbox;
        // Where there is none, nobody has to say so before a command can run: people are asked.
        let usual = if cfg!(target_os = "linux") { SandboxMode::On } else { SandboxMode::Off };
        let isolation = match config.mode.unwrap_or(usual) {
            SandboxMode::Off => return Ok(None),
            SandboxMode::Weak => Isolation::LandlockOnly,
            _ => Isolation::Namespaces,
        };
        let domains = config.network.as_deref().unwrap_or_default();
        let mut policy = Policy::for_workspace(&loaded.working_dir);
        policy.isolation = isolation;
        policy.network = if domains.is_empty() { Network::None } else { Network::Proxy };
        policy.workspaces.extend(config.write.iter().flatten().cloned());
        policy.visible.extend(visible(loaded));
        policy.environment.allow.extend(config.variables.iter().flatten().cloned());
        let domains = Domains::new(domains).map_err(|problem| refused(&problem.to_string()))?;
        let started = OnceLock::new();
        match policy.validate() {
            Ok(()) => {}
            // There is more to do in a folder than to run commands.
            Err(problem) if problem.path == loaded.working_dir => {
                started.get_or_init(|| Err(explain(&problem)));
            }
            Err(problem) => return Err(refused(&problem.to_string())),
        }
        Ok(Some(Self { policy, domains, started }))
    }

    fn start(&self) -> Result<SandboxLauncher, SandboxError> {
        let sandbox = Sandbox::start(&self.policy, &Helper::this_program())?;
        if let Some(listener) = sandbox.take_proxy_listener() {
            // It ends with this process's runtime; the namespace that leads to it ends with the sandbox.
            tokio::spawn(Proxy::new(self.domains.clone()).serve(listener));
        }
        Ok(SandboxLauncher::new(Arc::new(sandbox)))
    }
}

impl Launcher for LazySandbox {
    fn launch(
        &self,
        command: &ShellCommand<'_>,
        output: io::PipeWriter,
    ) -> io::Result<Box<dyn RunningShell>> {
        let started = self.started.get_or_init(|| self.start().map_err(|error| explain(&error)));
        match started {
            Ok(launcher) => launcher.launch(command, output),
            Err(problem) => Err(io::Error::other(problem.clone())),
        }
    }
}

/// The web as far as the configuration lets it be reached: by the same list that commands go by. `None` where the list is empty.
pub(crate) fn web(loaded: &Loaded) -> Result<Option<Web>, UsageError> {
    let domains = loaded.config.sandbox.network.as_deref().unwrap_or_default();
    if domains.is_empty() {
        return Ok(None);
    }
    let domains = Domains::new(domains).map_err(|problem| refused(&problem.to_string()))?;
    Ok(Some(Web::new(Egress::new(domains))))
}

/// What is in force in a sandbox as it is configured, for people who ask; `None` where there is none.
pub(crate) fn probe(loaded: &Loaded) -> Result<Option<Report>, String> {
    let sandbox = LazySandbox::new(loaded).map_err(|error| error.to_string())?;
    let Some(sandbox) = sandbox else { return Ok(None) };
    let started = Sandbox::start(&sandbox.policy, &Helper::this_program());
    started.map(|sandbox| Some(sandbox.report().clone())).map_err(|error| explain(&error))
}

/// What can be done about it is a person's to do.
fn explain(error: &dyn std::error::Error) -> String {
    format!(
        "commands run in a sandbox, and there can be none here: {error}. The user can say `--sandbox weak`, or \
         `--sandbox off` to run commands without one"
    )
}

fn refused(problem: &str) -> UsageError {
    UsageError::new(
        format!("the sandbox cannot be: {problem}"),
        "see `[sandbox]` in the configuration, or use --cwd",
    )
}

/// What commands may read beside the system's programs: the project that the working folder lies in, the programs on the
/// search path, and what is configured.
fn visible(loaded: &Loaded) -> impl Iterator<Item = PathBuf> {
    let is_project = loaded.project_root != loaded.working_dir;
    let project = is_project.then(|| loaded.project_root.clone());
    let configured = loaded.config.sandbox.read.iter().flatten().cloned();
    project.into_iter().chain(environment::toolchains()).chain(configured)
}
