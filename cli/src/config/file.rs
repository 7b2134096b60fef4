//! A file of configuration, TOML or JSON.

use std::ops::Range;
use std::path::{Path, PathBuf};

use figment::providers::Serialized;
use figment::{Error, Metadata, Profile, Provider, value::{Dict, Map}};
use tau_core::config::Config;

use super::error::LoadError;
use crate::exit::UsageError;

/// A file of configuration whose content is right by itself.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) values: toml::Table,
}

impl ConfigFile {
    /// The file `config.toml` or `config.json` of a folder, if there is one.
    pub(super) fn find(folder: &Path) -> miette::Result<Option<Self>> {
        let candidates = [folder.join("config.toml"), folder.join("config.json")];
        match candidates.iter().filter(|path| path.exists()).collect::<Vec<_>>()[..] {
            [] => Ok(None),
            [path] => Self::read(path).map(Some),
            _ => {
                let message = format!("{} holds both config.toml and config.json", folder.display());
                Err(UsageError::new(message, "keep one of them").into())
            }
        }
    }

    /// Reads a file and checks it by itself: syntax, keys and types.
    pub(super) fn read(path: &Path) -> miette::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            UsageError::new(format!("{} cannot be read: {error}", path.display()), "check that it is a UTF-8 file you may read")
        })?;
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let values = if is_json { read_json(&text) } else { read_toml(&text) };
        let values = values.map_err(|(message, span)| LoadError::in_file(path, &text, &message, span))?;
        Ok(Self { path: path.to_owned(), values })
    }

    pub(super) fn layer(&self, name: &str) -> FileLayer {
        FileLayer { name: format!("{name} {}", self.path.display()), values: self.values.clone() }
    }
}

type Problem = (String, Option<Range<usize>>);

fn read_toml(text: &str) -> Result<toml::Table, Problem> {
    let problem = |error: toml::de::Error| (error.message().to_owned(), error.span());
    toml::from_str::<Config>(text).map_err(problem)?;
    toml::from_str(text).map_err(problem)
}

fn read_json(text: &str) -> Result<toml::Table, Problem> {
    let problem = |error: serde_json::Error| {
        let at = offset(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        (message, Some(at..at))
    };
    serde_json::from_str::<Config>(text).map_err(problem)?;
    serde_json::from_str(text).map_err(problem)
}

/// The byte at a line and column, both from 1, as serde_json counts them.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.floor_char_boundary((start + column.saturating_sub(1)).min(text.len()))
}

/// A file as a layer: each value remembers the file.
pub(super) struct FileLayer {
    name: String,
    values: toml::Table,
}

impl Provider for FileLayer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Serialized::defaults(&self.values).data()
    }
}
