//! A file of servers, read and changed.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::args::ScopeArg;
use crate::config::Loaded;
use crate::environment;
use crate::exit::UsageError;

/// A file such as `.mcp.json`.
#[derive(Debug)]
pub(crate) struct ServerFile {
    pub(crate) path: PathBuf,
}

impl ServerFile {
    /// The user's file or the project's.
    pub(crate) fn of(scope: ScopeArg, loaded: &Loaded) -> Option<Self> {
        let path = match scope {
            ScopeArg::User => environment::config_dir()?.join("mcp.json"),
            ScopeArg::Project => loaded.project_root.join(".mcp.json"),
        };
        Some(Self { path })
    }

    /// Its text; `None` where there is no file.
    pub(crate) fn text(&self) -> Result<Option<String>, UsageError> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(UsageError::new(
                format!("{} cannot be read: {error}", self.path.display()),
                "mend the file",
            )),
        }
    }

    /// Puts a server in, in the place of one of the same name.
    pub(crate) fn add(&self, name: &str, server: Value) -> miette::Result<()> {
        self.change(|servers| {
            servers.insert(name.to_owned(), server);
        })
    }

    /// Takes a server out. Returns whether it was there.
    pub(crate) fn remove(&self, name: &str) -> miette::Result<bool> {
        let mut was_there = false;
        self.change(|servers| was_there = servers.remove(name).is_some())?;
        Ok(was_there)
    }

    /// Whatever else stands in the file stays.
    fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) -> miette::Result<()> {
        let not_readable = |what: &str| {
            UsageError::new(
                format!("{} {what}, so nothing was changed", self.path.display()),
                r#"write `{"mcpServers": {"name": {"command": "..."}}}`"#,
            )
        };
        let mut whole = match self.text()? {
            Some(text) => serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text))
                .map_err(|_| not_readable("is not JSON"))?,
            None => json!({}),
        };
        let servers = whole
            .as_object_mut()
            .and_then(|whole| whole.entry("mcpServers").or_insert_with(|| json!({})).as_object_mut())
            .ok_or_else(|| not_readable("holds no object `mcpServers`"))?;
        change(servers);
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        write(&self.path, &format!("{text}\n"), None)
            .map_err(|error| miette::miette!("{} cannot be written: {error}", self.path.display()))
    }
}

/// Writes a file as a whole or not at all, readable as `mode` says.
pub(super) fn write(path: &Path, text: &str, mode: Option<u32>) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if let Some(mode) = mode {
        options.mode(mode);
    }
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&temporary, path)).inspect_err(|_| {
        let _ = std::fs::remove_file(&temporary);
    })
}
