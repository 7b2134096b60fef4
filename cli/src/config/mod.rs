//! The configuration in force: layers, one over the other.
//!
//! Built-in defaults < the user's file < the project's `.tau/config.toml` < `TAU_*` variables < flags. Each layer
//! is checked by itself, so that a mistake is shown where it stands, and kept, so that every value can say where
//! it comes from. How one is laid over another is tau-core's rule, not ours.

mod defaults;
mod error;
mod file;
mod flags;
mod mask;
mod origin;
mod trust;
mod variables;

use std::path::PathBuf;

use tau_core::config::{Config, ConfigError, Merge};

use crate::args::{CommonArgs, RunArgs};
use crate::environment;
use crate::exit::UsageError;
use file::ConfigFile;

pub(crate) use error::LoadError;
pub(crate) use origin::Setting;

/// What a model begins with when it is a recording; the rest is a file.
pub(crate) const REPLAY: &str = "replay:";

/// One layer, and what people call it.
#[derive(Debug, Clone)]
struct Layer {
    name: String,
    config: Config,
}

/// The configuration in force, and what there is to say about it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The layers, lowest first.
    layers: Vec<Layer>,
    /// Files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// Keys of the project's file that were left out, because the project is not trusted.
    pub(crate) distrusted: Vec<String>,
    /// Whether what the project's files say may start programs.
    pub(crate) trusts_project: bool,
    /// The folder to work in.
    pub(crate) working_dir: PathBuf,
    /// The root of the project.
    pub(crate) project_root: PathBuf,
}

/// Loads every layer. `run` adds the flags of `tau run`.
///
/// # Errors
/// When a layer cannot be read or is wrong; the first such layer is in the error.
pub(crate) fn load(common: &CommonArgs, run: Option<&RunArgs>) -> miette::Result<Loaded> {
    let working_dir = environment::working_dir(common.cwd.as_deref())?;
    let project_root = environment::project_root(&working_dir);
    let mut layers = vec![Layer { name: "built-in default".to_owned(), config: defaults::layer() }];
    let mut files = Vec::new();
    let mut distrusted = Vec::new();
    if let Some(file) = user_file(common)? {
        files.push(file.path.clone());
        layers.push(file.into_layer("user file"));
    }
    if let Some(mut file) = ConfigFile::find(&project_root.join(".tau"))? {
        files.push(file.path.clone());
        if !common.trust_project {
            let below = merged(&layers);
            (file.config, distrusted) = trust::restrict(file.config, &below);
        }
        layers.push(file.into_layer("project file"));
    }
    layers.push(Layer { name: "environment".to_owned(), config: variables::layer()? });
    layers.push(Layer { name: "command line".to_owned(), config: flags::layer(common, run) });
    let config = merged(&layers);
    let trusts_project = common.trust_project;
    Ok(Loaded { config, layers, files, distrusted, trusts_project, working_dir, project_root })
}

fn merged(layers: &[Layer]) -> Config {
    layers.iter().fold(Config::default(), |below, layer| below.merge(layer.config.clone()))
}

impl Loaded {
    /// The same with what one session changes of it, to work in another folder.
    pub(crate) fn with_request(&self, request: Config, working_dir: PathBuf) -> Self {
        let mut loaded = self.clone();
        loaded.config = loaded.config.merge(request.clone());
        loaded.layers.push(Layer { name: "request".to_owned(), config: request });
        if !working_dir.starts_with(&loaded.project_root) {
            loaded.project_root.clone_from(&working_dir);
        }
        loaded.working_dir = working_dir;
        loaded
    }

    /// What there is to say about keys that were left out.
    pub(crate) fn distrust_note(&self) -> Option<String> {
        let keys = self.distrusted.join(", ");
        let note = format!(
            "left out of the project's file, because the project is not trusted: {keys} (--trust-project)"
        );
        (!self.distrusted.is_empty()).then_some(note)
    }

    /// Everything that is wrong with the layers together.
    pub(crate) fn problems(&self) -> Vec<ConfigError> {
        let is_recording = self.config.model.as_ref().is_some_and(|model| model.starts_with(REPLAY));
        if !is_recording {
            return self.config.validate();
        }
        let mut rest = self.config.clone();
        rest.model = None;
        rest.validate()
    }
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
