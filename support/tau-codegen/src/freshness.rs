//! Generated files against the folder they are checked in to.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use crate::error::{CodegenError, CodegenErrorKind};
use crate::generate::GeneratedTree;

/// A file in the folder that is not as it would be generated. Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaleFile {
    /// Name within the folder, with forward slashes.
    pub name: String,
    /// How it differs.
    pub staleness: Staleness,
}

/// How a checked-in file differs from what would be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Staleness {
    /// It would be generated and is not there.
    Missing,
    /// It is there and would not be generated.
    Leftover,
    /// Its bytes differ, and it is not text.
    ChangedBinary,
    /// Its text differs.
    #[non_exhaustive]
    Changed {
        /// Lines that generating would add.
        added: usize,
        /// Lines that generating would remove.
        removed: usize,
        /// The first line of the checked-in file that differs, from 1.
        first_line: usize,
    },
}

impl fmt::Display for StaleFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match self.staleness {
            Staleness::Missing => f.write_str("missing"),
            Staleness::Leftover => f.write_str("left over, no longer generated"),
            Staleness::ChangedBinary => f.write_str("differs"),
            Staleness::Changed { added, removed, first_line } => {
                write!(f, "differs from line {first_line} on (+{added} -{removed} lines)")
            }
        }
    }
}

impl GeneratedTree {
    /// The files of `folder` that are not as generated, by name. Empty: the folder is fresh. A folder that does not
    /// exist is an empty one. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`CodegenErrorKind::Io`] and [`CodegenErrorKind::FileName`].
    pub fn compare(&self, folder: &Path) -> Result<Vec<StaleFile>, CodegenError> {
        let present = file_names(folder)?;
        let mut names: BTreeSet<&String> = present.iter().collect();
        names.extend(self.files().keys());

        let mut stale = Vec::new();
        for name in names {
            let staleness = match (self.files().get(name), present.contains(name)) {
                (Some(_), false) => Some(Staleness::Missing),
                (None, _) => Some(Staleness::Leftover),
                (Some(wanted), true) => {
                    let path = folder.join(name);
                    let bytes = std::fs::read(&path).map_err(|error| io(&path, error))?;
                    changed(name, &bytes, wanted)
                }
            };
            stale.extend(staleness.map(|staleness| StaleFile { name: name.clone(), staleness }));
        }
        Ok(stale)
    }

    /// Makes `folder` hold exactly the generated files and returns what was not so before. Files that are fresh are
    /// not touched, so their modification time stays. Every file in the folder belongs to the generator: leftovers
    /// are deleted, in sub-folders too.
    ///
    /// # Errors
    ///
    /// [`CodegenErrorKind::Io`] and [`CodegenErrorKind::FileName`].
    pub fn write(&self, folder: &Path) -> Result<Vec<StaleFile>, CodegenError> {
        let stale = self.compare(folder)?;
        std::fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
        for StaleFile { name, .. } in &stale {
            let path = folder.join(name);
            match self.files().get(name) {
                Some(content) => path
                    .parent()
                    .map_or(Ok(()), std::fs::create_dir_all)
                    .and_then(|()| std::fs::write(&path, content)),
                None => std::fs::remove_file(&path),
            }
            .map_err(|error| io(&path, error))?;
        }
        Ok(stale)
    }
}

fn io(path: &Path, error: std::io::Error) -> CodegenError {
    CodegenError::because(CodegenErrorKind::Io(path.to_owned()), error)
}

fn file_names(folder: &Path) -> Result<BTreeSet<String>, CodegenError> {
    let mut names = BTreeSet::new();
    add_file_names(folder, "", &mut names)?;
    Ok(names)
}

/// Adds the names of the files in `folder`, each after `prefix`.
fn add_file_names(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) -> Result<(), CodegenError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| io(folder, error))?;
        let path = entry.path();
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| CodegenError::new(CodegenErrorKind::FileName(path.clone())))?;
        let kind = entry.file_type().map_err(|error| io(folder, error))?;
        if kind.is_dir() {
            add_file_names(&path, &format!("{prefix}{name}/"), names)?;
        } else if kind.is_file() {
            names.insert(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

fn changed(name: &str, present: &[u8], wanted: &[u8]) -> Option<Staleness> {
    if present == wanted {
        return None;
    }
    if Path::new(name).extension().is_none_or(|extension| extension != "rs") {
        return Some(Staleness::ChangedBinary);
    }
    let (present, wanted) = (String::from_utf8_lossy(present), String::from_utf8_lossy(wanted));
    let diff = TextDiff::from_lines(present.as_ref(), wanted.as_ref());
    let (mut added, mut removed, mut same_before, mut differs) = (0, 0, 0, false);
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Insert => added += 1,
            ChangeTag::Delete => removed += 1,
            ChangeTag::Equal if !differs => same_before += 1,
            ChangeTag::Equal => continue,
        }
        differs |= change.tag() != ChangeTag::Equal;
    }
    Some(Staleness::Changed { added, removed, first_line: same_before + 1 })
}
