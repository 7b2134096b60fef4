//! What goes wrong with plugins.

use std::io;
use std::path::{Path, PathBuf};

use tau_memory::text::{ReadError, ReadErrorKind};

/// Why a plugin, a marketplace or the library could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", path.display())]
pub struct PluginError {
    path: PathBuf,
    kind: PluginErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The ways in which that fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginErrorKind {
    /// The operating system refused.
    #[error("{0}")]
    Io(io::ErrorKind),
    /// No text file.
    #[error("{0}")]
    Unreadable(ReadErrorKind),
    /// Not JSON, or a field has the wrong type.
    #[error("not as it should be, at line {line}, column {column}: {problem}")]
    Format {
        /// Line, from 1.
        line: usize,
        /// Column.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// A name is empty or has other characters than letters, digits, `.`, `-` and `_`.
    #[error("`{name}` cannot be a name")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// A path is absolute or leads upward.
    #[error("`{path}` leads out of the plugin")]
    InvalidPath {
        /// The path.
        path: String,
    },
    /// There is no marketplace file.
    #[error(
        "no marketplace: there is no marketplace.json in .tau-plugin, .claude-plugin, .codex-plugin or .agents/plugins"
    )]
    NoMarketplace,
    /// Neither a manifest nor anything that a plugin could bring.
    #[error("no plugin: there is no plugin.json, and no skills, commands or agents")]
    NoPlugin,
    /// There is none of this name.
    #[error("there is no `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// There are several of this name.
    #[error("`{name}` is in several marketplaces; write `{name}@MARKETPLACE`")]
    Ambiguous {
        /// The name.
        name: String,
    },
    /// Bigger than a plugin may be.
    #[error("more than {files} files or {bytes} bytes")]
    TooBig {
        /// Files that are allowed.
        files: usize,
        /// Bytes that are allowed.
        bytes: u64,
    },
}

impl PluginError {
    pub(super) fn new(path: &Path, kind: PluginErrorKind) -> Self {
        Self { path: path.to_path_buf(), kind, source: None }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let kind = PluginErrorKind::Io(source.kind());
        Self { path: path.to_path_buf(), kind, source: Some(Box::new(source)) }
    }

    pub(super) fn unreadable(path: &Path, source: ReadError) -> Self {
        let kind = PluginErrorKind::Unreadable(source.kind());
        Self { path: path.to_path_buf(), kind, source: Some(Box::new(source)) }
    }

    pub(super) fn json(path: &Path, source: serde_json::Error) -> Self {
        let (line, column, problem) = (source.line(), source.column(), source.to_string());
        let kind = PluginErrorKind::Format { line, column, problem };
        Self { path: path.to_path_buf(), kind, source: Some(Box::new(source)) }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &PluginErrorKind {
        &self.kind
    }
}
