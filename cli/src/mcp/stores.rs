//! What is kept of servers: tokens, which nobody else may read, and what their tools said when the user agreed.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use tau_core::Secret;
use tau_mcp::auth::TokenStore;
use tau_mcp::pin::{PinStore, Pins};
use url::Url;

use super::file::{make_private, write};
use crate::environment;

/// Files in a folder of the user's state, one for each key.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn of(name: &str) -> Option<Self> {
        Some(Self(environment::state_dir()?.join("mcp").join(name)))
    }

    /// A key may be longer than the name of a file, and hold characters that none may.
    fn file(&self, key: &str) -> PathBuf {
        let digest = Sha256::digest(key);
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.0.join(format!("{name}.json"))
    }

    fn read(&self, key: &str) -> io::Result<Option<String>> {
        match std::fs::read_to_string(self.file(key)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, key: &str, text: &str) -> io::Result<()> {
        make_private(&self.0)?;
        write(&self.file(key), text, 0o600)
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        match std::fs::remove_file(self.file(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Tokens in files that only the user reads.
#[derive(Debug)]
pub(crate) struct FileTokens(Folder);

impl FileTokens {
    pub(crate) fn open() -> Option<Self> {
        Folder::of("tokens").map(Self)
    }
}

impl TokenStore for FileTokens {
    fn load(&self, server: &Url) -> io::Result<Option<Secret>> {
        Ok(self.0.read(server.as_str())?.map(Secret::new))
    }

    fn save(&self, server: &Url, tokens: &Secret) -> io::Result<()> {
        self.0.write(server.as_str(), tokens.expose())
    }

    fn clear(&self, server: &Url) -> io::Result<()> {
        self.0.remove(server.as_str())
    }
}

/// Pins in files, by the file a server stands in and its name: a server of another project is another one.
#[derive(Debug)]
pub(crate) struct FilePins {
    folder: Folder,
    /// The file of each server.
    files: BTreeMap<String, PathBuf>,
}

impl FilePins {
    pub(crate) fn open(files: BTreeMap<String, PathBuf>) -> Option<Self> {
        Some(Self { folder: Folder::of("pins")?, files })
    }

    fn key(&self, server: &str) -> String {
        let file = self.files.get(server).map(|file| file.display().to_string()).unwrap_or_default();
        format!("{file}\n{server}")
    }
}

impl PinStore for FilePins {
    fn load(&self, server: &str) -> io::Result<Option<Pins>> {
        let Some(text) = self.folder.read(&self.key(server))? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(io::Error::other)
    }

    fn save(&self, server: &str, pins: &Pins) -> io::Result<()> {
        let text = serde_json::to_string(pins).map_err(io::Error::other)?;
        self.folder.write(&self.key(server), &text)
    }
}
