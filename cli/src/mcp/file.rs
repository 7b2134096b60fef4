//! A file of servers, read and changed.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tau_memory::text::{self, ReadErrorKind};

use crate::args::ScopeArg;
use crate::config::Loaded;
use crate::environment;
use crate::exit::UsageError;

/// Bytes of a file that are read.
const LIMIT: usize = 1 << 20;

/// A file such as `.mcp.json`.
#[derive(Debug)]
pub(crate) struct ServerFile {
    pub(crate) path: PathBuf,
    /// Who may read it where it is new: the user's may hold keys.
    mode: u32,
}

impl ServerFile {
    /// The user's file or the project's.
    pub(crate) fn of(scope: ScopeArg, loaded: &Loaded) -> Option<Self> {
        match scope {
            ScopeArg::User => Some(Self { path: environment::config_dir()?.join("mcp.json"), mode: 0o600 }),
            ScopeArg::Project => Some(Self::of_project(&loaded.project_root)),
        }
    }

    /// The file of a project.
    pub(crate) fn of_project(root: &Path) -> Self {
        Self { path: root.join(".mcp.json"), mode: 0o644 }
    }

    /// Its text; `None` where there is no file.
    pub(crate) fn text(&self) -> Result<Option<String>, UsageError> {
        let refused = |message: String| Err(UsageError::new(message, "mend the file"));
        match text::read(&self.path, LIMIT) {
            Ok(text) if text.truncation.is_some() => {
                refused(format!("{} is longer than {LIMIT} bytes", self.path.display()))
            }
            Ok(text) => Ok(Some(text.content)),
            Err(error) if error.kind() == ReadErrorKind::Io(std::io::ErrorKind::NotFound) => Ok(None),
            Err(error) => refused(error.to_string()),
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
            Some(text) => serde_json::from_str(&text).map_err(|_| not_readable("is not JSON"))?,
            None => json!({}),
        };
        let servers = whole
            .as_object_mut()
            .and_then(|whole| whole.entry("mcpServers").or_insert_with(|| json!({})).as_object_mut())
            .ok_or_else(|| not_readable("holds no object `mcpServers`"))?;
        change(servers);
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        write(&self.path, &format!("{text}\n"), self.mode)
            .map_err(|error| miette::miette!("{} cannot be written: {error}", self.path.display()))
    }
}

/// Writes a file as a whole or not at all. It stays as readable as it was, and one that is new is as `mode` says.
pub(super) fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let permissions =
        path.metadata().map_or_else(|_| Permissions::from_mode(mode), |known| known.permissions());
    file.as_file().set_permissions(permissions)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Makes a folder that only the user may look into.
pub(super) fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))
}
