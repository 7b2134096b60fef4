//! `tau run --record`: what the model is asked and answers goes into a file.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use tau_agent::Recorder;
use tau_core::Secret;
use tau_runtime::SessionOptions;

use crate::config::Loaded;
use crate::environment;
use crate::exit::UsageError;

/// A recording that is being made.
pub(crate) struct Recording {
    path: PathBuf,
    recorder: Recorder,
}

/// Begins a recording of a session's model.
pub(crate) fn start(
    path: &Path,
    loaded: &Loaded,
    options: &mut SessionOptions,
) -> Result<Recording, UsageError> {
    let file = create(path).map_err(|error| {
        let help = "--record makes a new file, and writes over none";
        UsageError::new(format!("the recording {} cannot be made: {error}", path.display()), help)
    })?;
    let folders =
        [Some(loaded.working_dir.clone()), Some(loaded.project_root.clone()), environment::home_dir()];
    let mut folders: Vec<String> =
        folders.into_iter().flatten().map(|folder| folder.display().to_string()).collect();
    // The longest first: one holds another.
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.len()));
    let recorder = Recorder::new(file).without(secrets(loaded)).varying(folders);
    options.agent = options.agent.clone().with_recorder(recorder.clone());
    Ok(Recording { path: path.to_owned(), recorder })
}

/// A new file, for its owner alone.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Everything that this process knows to be secret: keys of every provider, and variables whose names say so.
fn secrets(loaded: &Loaded) -> Vec<Secret> {
    const WORDS: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"];
    let of_providers = loaded.config.providers.values().flat_map(|provider| {
        let key = provider.api_key.clone();
        let file = provider.api_key_file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let file = file.map(|text| Secret::new(text.trim()));
        let variable = provider.api_key_env.as_deref().and_then(environment::variable).map(Secret::new);
        key.into_iter().chain(file).chain(variable).chain(provider.headers.values().cloned())
    });
    let of_variables = environment::all().into_iter().filter_map(|(name, value)| {
        let name = name.to_ascii_uppercase();
        // Short values and paths are no secrets, and would garble the recording.
        let is_secret =
            WORDS.iter().any(|word| name.contains(word)) && value.len() >= 8 && !value.contains('/');
        is_secret.then(|| Secret::new(value))
    });
    of_providers.chain(of_variables).collect()
}

impl Recording {
    /// Whether all of it was written.
    pub(crate) fn finish(&self) -> miette::Result<()> {
        self.recorder
            .check()
            .map_err(|error| miette::miette!("the recording {} is not whole: {error}", self.path.display()))
    }
}
