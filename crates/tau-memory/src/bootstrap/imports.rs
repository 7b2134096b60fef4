//! Files that instruction files take in with `@path`.

use std::path::{Path, PathBuf};

/// Files behind each other, the first that imports not counted.
pub(super) const MAX_DEPTH: usize = 4;

/// Whether a file of the project may take in files from outside the boundary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutsideImports {
    /// They are reported and not read.
    #[default]
    Refused,
    /// They are read: somebody has looked at them.
    Allowed,
}

/// Where an import of a file points; `~` is the home folder where one is known.
pub(super) fn target(written: &str, importing: &Path, home: Option<&Path>) -> Option<PathBuf> {
    match written.strip_prefix("~/") {
        Some(rest) => home.map(|home| home.join(rest)),
        None => Some(importing.parent()?.join(written)),
    }
}

/// Whether a name that leads nowhere was meant as a file, and not as `@team`.
pub(super) fn looks_like_a_file(written: &str) -> bool {
    let name = written.rsplit('/').next().unwrap_or(written);
    let has_extension =
        name.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && !extension.is_empty());
    has_extension || written.starts_with(['.', '~', '/'])
}
