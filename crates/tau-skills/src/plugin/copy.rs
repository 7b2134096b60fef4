//! Copies of plugins.

use std::path::{Path, PathBuf};

use super::error::{PluginError, PluginErrorKind};

const FILES: usize = 20_000;
const BYTES: u64 = 256 * 1024 * 1024;
const DEPTH: usize = 32;
/// How many files that were left out are told of.
const LEFT_OUT: usize = 100;

/// Copies a folder, without `.git`. Links become what they lead to, as long as that is inside of `boundary`; others are left
/// out and told of, so that no plugin brings files of the user's along.
pub(super) fn copy(from: &Path, to: &Path, boundary: &Path) -> Result<Vec<PathBuf>, PluginError> {
    let boundary = std::fs::canonicalize(boundary).map_err(|error| PluginError::io(boundary, error))?;
    let mut copy = Copy { boundary, trail: Vec::new(), files: 0, bytes: 0, left_out: Vec::new() };
    copy.folder(from, to)?;
    Ok(copy.left_out)
}

struct Copy {
    boundary: PathBuf,
    /// The folders that are being copied, free of links: one inside of itself has no end.
    trail: Vec<PathBuf>,
    files: usize,
    bytes: u64,
    left_out: Vec<PathBuf>,
}

impl Copy {
    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), PluginError> {
        let io = |error| PluginError::io(from, error);
        self.trail.push(std::fs::canonicalize(from).map_err(io)?);
        std::fs::create_dir_all(to).map_err(|error| PluginError::io(to, error))?;
        for entry in std::fs::read_dir(from).map_err(io)? {
            let entry = entry.map_err(io)?;
            let (name, path) = (entry.file_name(), entry.path());
            let real = std::fs::canonicalize(&path).ok().filter(|real| real.starts_with(&self.boundary));
            let Some(real) = real else {
                self.leave_out(path);
                continue;
            };
            if name == ".git" {
                continue;
            }
            if real.is_dir() && self.trail.len() < DEPTH && !self.trail.contains(&real) {
                self.count(&path, 0)?;
                self.folder(&real, &to.join(name))?;
            } else if real.is_file() {
                let bytes = std::fs::metadata(&real).map_or(0, |metadata| metadata.len());
                self.count(&path, bytes)?;
                std::fs::copy(&real, to.join(name)).map_err(|error| PluginError::io(&path, error))?;
            } else {
                self.leave_out(path);
            }
        }
        self.trail.pop();
        Ok(())
    }

    fn leave_out(&mut self, path: PathBuf) {
        if self.left_out.len() < LEFT_OUT {
            self.left_out.push(path);
        }
    }

    fn count(&mut self, path: &Path, bytes: u64) -> Result<(), PluginError> {
        self.files += 1;
        self.bytes += bytes;
        if self.files > FILES || self.bytes > BYTES {
            return Err(PluginError::new(path, PluginErrorKind::TooBig { files: FILES, bytes: BYTES }));
        }
        Ok(())
    }
}
