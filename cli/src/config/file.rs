//! A file of configuration, TOML or JSON.

use std::ops::Range;
use std::path::{Path, PathBuf};

use tau_core::config::Config;

use super::Layer;
use super::error::LoadError;
use crate::environment;
use crate::exit::UsageError;

/// A file of configuration whose content is right by itself.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) config: Config,
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
            let message = format!("{} cannot be read: {error}", path.display());
            UsageError::new(message, "it must be a file of UTF-8 text that you may read")
        })?;
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let config = if is_json { read_json(&text) } else { read_toml(&text) };
        let mut config = config.map_err(|problem| LoadError::in_file(path, &text, problem))?;
        for provider in config.providers.values_mut() {
            provider.api_key_file = provider.api_key_file.take().map(|file| beside(path, &file));
            provider.token.file = provider.token.file.take().map(|file| beside(path, &file));
        }
        let sandbox = &mut config.sandbox;
        let files = [&mut sandbox.read, &mut sandbox.write].into_iter().flatten().flatten();
        for file in files.chain(&mut sandbox.engine) {
            *file = beside(path, file);
        }
        Ok(Self { path: path.to_owned(), config })
    }

    pub(super) fn into_layer(self, name: &str) -> Layer {
        Layer { name: format!("{name} {}", self.path.display()), config: self.config }
    }
}

/// The path of a file named in `config`: below the home folder after `~/`, else relative to the folder of `config`.
fn beside(config: &Path, file: &Path) -> PathBuf {
    match file.strip_prefix("~") {
        Ok(below) => environment::home_dir().map_or_else(|| file.to_owned(), |home| home.join(below)),
        Err(_) => config.parent().map_or_else(|| file.to_owned(), |folder| folder.join(file)),
    }
}

/// What is wrong in a text, and where.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) span: Option<Range<usize>>,
}

fn read_toml(text: &str) -> Result<Config, Problem> {
    toml::from_str(text).map_err(|error| Problem { message: error.message().to_owned(), span: error.span() })
}

fn read_json(text: &str) -> Result<Config, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        let end = offset(text, error.line(), error.column());
        // Of a wrong value or key the parser tells the end; of wrong syntax, the place.
        let start = if error.is_data() { token_start(text, end) } else { end.saturating_sub(1) };
        Problem { message, span: Some(text.floor_char_boundary(start)..end) }
    })
}

/// The end of the byte at a line and column, both from 1, as serde_json counts them.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.ceil_char_boundary((start + column).min(text.len()))
}

/// Where the string, number or word begins that ends at `end`.
fn token_start(text: &str, end: usize) -> usize {
    let before = &text[..end];
    let start = match before.strip_suffix('"') {
        Some(inside) => inside.rfind('"'),
        None => {
            before.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '+'))).map(|at| at + 1)
        }
    };
    start.filter(|start| *start < end).unwrap_or_else(|| end.saturating_sub(1))
}
