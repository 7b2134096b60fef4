//! What this process was started with. The only place that reads environment variables, the home folder and the
//! working folder: libraries are given what they need.

#![expect(clippy::disallowed_methods, reason = "this is the binary's edge to the process")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

use crate::exit::UsageError;

/// An environment variable; `None` when it is unset, empty or not UTF-8.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variables a command is started with: all that are UTF-8.
pub(crate) fn all() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The user's home folder.
pub(crate) fn home_dir() -> Option<PathBuf> {
    etcetera::home_dir().ok()
}

/// The folder of the user's configuration of tau.
pub(crate) fn config_dir() -> Option<PathBuf> {
    choose_base_strategy().ok().map(|strategy| strategy.config_dir().join("tau"))
}

/// The folder of what tau keeps for the user: on Windows, where no other is meant for it, below that of their data.
pub(crate) fn state_dir() -> Option<PathBuf> {
    if let Some(folder) = variable("TAU_STATE_DIR") {
        return Some(PathBuf::from(folder));
    }
    let strategy = choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("tau"))
}

/// Where container engines usually listen: the user's own first, which can do no more than the user.
#[cfg(all(feature = "container", unix))]
pub(crate) fn container_sockets() -> Vec<PathBuf> {
    let own = variable("XDG_RUNTIME_DIR").map(PathBuf::from).into_iter();
    let own = own.flat_map(|folder| [folder.join("podman/podman.sock"), folder.join("docker.sock")]);
    own.chain(["/run/podman/podman.sock", "/var/run/docker.sock"].map(PathBuf::from)).collect()
}

/// The file of a program that is found on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where programs of the user lie that are not the system's: the folders of the search path, and Rust's toolchains, to
/// which the programs there only lead. Folders that do not exist, or are not absolute, are left out.
pub(crate) fn toolchains() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let rustup = variable("RUSTUP_HOME").map(PathBuf::from).or_else(|| Some(home_dir()?.join(".rustup")));
    let folders = std::env::split_paths(&path).chain(rustup);
    folders
        .filter(|folder| folder.is_absolute() && folder.parent().is_some())
        .filter_map(|folder| folder.canonicalize().ok())
        .collect()
}

/// The folder to work in, canonical.
pub(crate) fn working_dir(chosen: Option<&Path>) -> Result<PathBuf, UsageError> {
    let folder = match chosen {
        Some(folder) => folder.to_owned(),
        None => std::env::current_dir().map_err(|error| {
            UsageError::new(format!("the current folder cannot be read: {error}"), "give one with --cwd")
        })?,
    };
    let canonical = folder.canonicalize().map_err(|error| {
        UsageError::new(
            format!("cannot work in {}: {error}", folder.display()),
            "give a folder that exists with --cwd",
        )
    })?;
    if !canonical.is_dir() {
        return Err(UsageError::new(
            format!("{} is not a folder", folder.display()),
            "give a folder with --cwd",
        ));
    }
    Ok(canonical)
}

/// The root of the project: the nearest folder upward that holds `.git`, else the working folder itself.
pub(crate) fn project_root(working_dir: &Path) -> PathBuf {
    working_dir.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(working_dir).to_owned()
}
