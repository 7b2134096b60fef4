//! The configuration in force: layers, one over the other.
//!
//! Built-in defaults < the user's file < the project's `.tau/config.toml` < `TAU_*` variables < flags. Each file
//! is checked by itself, so that a mistake is shown where it stands; figment lays the layers and remembers
//! where each value came from.

mod defaults;
mod error;
mod file;
mod flags;
mod trust;

use std::path::PathBuf;

use figment::Figment;
use figment::providers::Env;
use tau_core::config::Config;

use crate::args::{CommonArgs, RunArgs};
use crate::environment;
use crate::exit::UsageError;
use file::ConfigFile;

pub(crate) use error::LoadError;

/// Variables that begin with `TAU_` and are no configuration.
const OTHER_VARIABLES: [&str; 2] = ["config", "trust_project"];

/// The configuration in force, and what there is to say about it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Where the values come from.
    pub(crate) figment: Figment,
    /// Files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// Keys of the project's file that were left out, because the project is not trusted.
    pub(crate) distrusted: Vec<String>,
    /// The folder to work in.
    pub(crate) working_dir: PathBuf,
    /// The root of the project.
    pub(crate) project_root: PathBuf,
}

/// Loads every layer. `run` adds the flags of `tau run`.
///
/// # Errors
/// When a layer cannot be read or is wrong; all problems of the last step are in the error.
pub(crate) fn load(common: &CommonArgs, run: Option<&RunArgs>) -> miette::Result<Loaded> {
    let working_dir = environment::working_dir(common.cwd.as_deref())?;
    let project_root = environment::project_root(&working_dir);
    let mut figment = Figment::from(defaults::layer());
    let mut files = Vec::new();
    let mut distrusted = Vec::new();
    if let Some(file) = user_file(common)? {
        figment = figment.merge(file.layer("user file"));
        files.push(file.path);
    }
    if let Some(mut file) = ConfigFile::find(&project_root.join(".tau"))? {
        if !common.trust_project {
            distrusted = trust::restrict(&mut file.values);
        }
        figment = figment.merge(file.layer("project file"));
        files.push(file.path);
    }
    let figment = figment
        .merge(Env::prefixed("TAU_").ignore(&OTHER_VARIABLES).split("__"))
        .merge(flags::layer(common, run));
    let config: Config = figment.extract().map_err(LoadError::from_figment)?;
    Ok(Loaded { config, figment, files, distrusted, working_dir, project_root })
}

fn user_file(common: &CommonArgs) -> miette::Result<Option<ConfigFile>> {
    match &common.config {
        Some(path) if !path.exists() => {
            let message = format!("the file of configuration {} does not exist", path.display());
            Err(UsageError::new(message, "create it, or leave --config and TAU_CONFIG out").into())
        }
        Some(path) => ConfigFile::read(path).map(Some),
        None => match environment::config_dir() {
            Some(folder) => ConfigFile::find(&folder),
            None => Ok(None),
        },
    }
}
