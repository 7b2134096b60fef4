//! The folders from the boundary down to the working folder.

use std::io;
use std::path::{Path, PathBuf};

use super::context::{SkipReason, Skipped};
use crate::text::ReadErrorKind;

/// Folders by their real paths, the most general first.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) boundary: PathBuf,
    pub(super) folders: Vec<PathBuf>,
}

impl Chain {
    /// Falls back to the working folder alone when the boundary is of no use: fewer instructions, never foreign ones.
    pub(super) fn resolve(working_dir: &Path, boundary: Option<&Path>) -> (Option<Self>, Vec<Skipped>) {
        let working = match folder(working_dir) {
            Ok(path) => path,
            Err(kind) => return (None, vec![skipped(working_dir, SkipReason::Unreadable(kind))]),
        };
        let alone = || Self { boundary: working.clone(), folders: vec![working.clone()] };
        let Some(given) = boundary else { return (Some(alone()), Vec::new()) };
        let boundary = match folder(given) {
            Ok(path) => path,
            Err(kind) => return (Some(alone()), vec![skipped(given, SkipReason::Unreadable(kind))]),
        };
        if !working.starts_with(&boundary) {
            let reason = SkipReason::WorkingDirOutside { working_dir: working.clone() };
            return (Some(alone()), vec![skipped(given, reason)]);
        }
        let inside = working.ancestors().take_while(|path| path.starts_with(&boundary));
        let mut folders: Vec<PathBuf> = inside.map(Path::to_path_buf).collect();
        folders.reverse();
        (Some(Self { boundary, folders }), Vec::new())
    }
}

impl Chain {
    /// The folders below the working folder down to a file, the most general first. None for a file elsewhere.
    pub(super) fn below(&self, file: &Path) -> Vec<PathBuf> {
        let Some(working) = self.folders.last() else { return Vec::new() };
        let above = file.ancestors().skip(1);
        let below = above.take_while(|folder| *folder != working && folder.starts_with(working));
        let mut folders: Vec<PathBuf> = below.map(Path::to_path_buf).collect();
        folders.reverse();
        folders
    }
}

fn folder(path: &Path) -> Result<PathBuf, ReadErrorKind> {
    let real = std::fs::canonicalize(path).map_err(|error| ReadErrorKind::Io(error.kind()))?;
    if real.is_dir() { Ok(real) } else { Err(ReadErrorKind::Io(io::ErrorKind::NotADirectory)) }
}

fn skipped(path: &Path, reason: SkipReason) -> Skipped {
    Skipped { path: path.to_path_buf(), reason }
}
