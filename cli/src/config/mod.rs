//! The configuration in force: layers, one over the other.
//!
//! Built-in defaults < the user's file < settings of other agents < the project's `.tau/config.toml` < `TAU_*` variables <
//! flags. Each layer
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

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tau_core::config::{Config, ConfigError, Merge, PermissionMode};
use tau_project::trust::Trust;

use crate::args::CommonArgs;
use crate::environment;
use crate::exit::UsageError;
use crate::project::{Project, Restricted};
use file::ConfigFile;

pub(crate) use error::LoadError;
use flags::Flags;
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
    /// What the project says in the files of other agents.
    pub(crate) project: Arc<Project>,
    /// The folder to work in.
    pub(crate) working_dir: PathBuf,
    /// The root of the project.
    pub(crate) project_root: PathBuf,
}

/// Loads every layer. `command` adds the flags of a command that has some of its own.
///
/// # Errors
/// When a layer cannot be read or is wrong; the first such layer is in the error.
pub(crate) fn load(common: &CommonArgs, command: Option<&dyn Flags>) -> miette::Result<Loaded> {
    let working_dir = environment::working_dir(common.cwd.as_deref())?;
    let project_root = environment::project_root(&working_dir);
    let mut layers = vec![Layer { name: "built-in default".to_owned(), config: defaults::layer() }];
    let mut files = Vec::new();
    if let Some(file) = user_file(common)? {
        files.push(file.path.clone());
        layers.push(file.into_layer("user file"));
    }
    let file = ConfigFile::find(&project_root.join(".tau"))?;
    let (file, restricted) = match file {
        Some(file) => {
            files.push(file.path.clone());
            let (kept, keys) = trust::restrict(file.config.clone(), &merged(&layers));
            let restricted = Restricted { keys, file: file.path.clone() };
            (Some((file, kept)), restricted)
        }
        None => (None, Restricted::default()),
    };
    let project = Project::read(&project_root, &working_dir, restricted, common.trust_project);
    layers.push(settings_layer(&project));
    if let Some((mut file, kept)) = file {
        if project.trust != Trust::Trusted {
            file.config = kept;
        }
        layers.push(file.into_layer("project file"));
    }
    layers.push(Layer { name: "environment".to_owned(), config: variables::layer()? });
    layers.push(Layer { name: "command line".to_owned(), config: flags::layer(common, command) });
    let config = in_force(&layers, &project);
    Ok(Loaded { config, layers, files, project: Arc::new(project), working_dir, project_root })
}

/// What the layer of settings of other agents is called.
const SETTINGS: &str = "settings files";

fn settings_layer(project: &Project) -> Layer {
    Layer { name: SETTINGS.to_owned(), config: project.config() }
}

/// All layers, within what the owner of the machine allows.
fn in_force(layers: &[Layer], project: &Project) -> Config {
    let mut config = merged(layers);
    if project.effective.forbids_bypass && config.permissions.mode == Some(PermissionMode::Bypass) {
        config.permissions.mode = Some(PermissionMode::Default);
    }
    config
}

fn merged(layers: &[Layer]) -> Config {
    layers.iter().fold(Config::default(), |below, layer| below.merge(layer.config.clone()))
}

impl Loaded {
    /// The same with what one session changes of it, to work in another folder. No project there reaches above `boundary`.
    pub(crate) fn with_request(&self, request: Config, working_dir: PathBuf, boundary: &Path) -> Self {
        let mut loaded = self.clone();
        if working_dir != loaded.working_dir {
            loaded.go_to(&working_dir, boundary);
        }
        loaded.layers.push(Layer { name: "request".to_owned(), config: request });
        loaded.config = in_force(&loaded.layers, &loaded.project);
        loaded
    }

    /// Another folder has settings of its own, and its own trust.
    fn go_to(&mut self, working_dir: &Path, boundary: &Path) {
        // Commands may read the whole project, so in this process's own one sessions go no higher than it does.
        let own = &self.project_root;
        let boundary = if working_dir.starts_with(own) && boundary.starts_with(own) { own } else { boundary };
        let root = environment::project_root(working_dir);
        self.project_root = if root.starts_with(boundary) { root } else { boundary.to_owned() };
        self.working_dir = working_dir.to_owned();
        let project = Project::read(&self.project_root, working_dir, Restricted::default(), false);
        for layer in self.layers.iter_mut().filter(|layer| layer.name == SETTINGS) {
            *layer = settings_layer(&project);
        }
        self.project = Arc::new(project);
    }

    /// What there is to say about what was left out of the project's files, because it is not trusted.
    pub(crate) fn distrust_note(&self) -> Option<String> {
        let left_out = self.project.distrusted();
        (!left_out.is_empty()).then(|| format!("{}; left out: {}", self.project.why(), left_out.join(", ")))
    }

    /// What there is to say about files of settings that nobody could read.
    pub(crate) fn unclear_note(&self) -> Option<String> {
        let unclear: Vec<String> = self.project.unclear().map(ToString::to_string).collect();
        let note = || {
            let files = unclear.join("\n");
            format!("{files}\nit may deny anything, so every call is asked about until it can be read")
        };
        (!unclear.is_empty()).then(note)
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
