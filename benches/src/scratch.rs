//! Folders that go away.

use anyhow::Context;
use tempfile::TempDir;

/// A folder beside this program: on a disk, where a folder for temporary files may be memory.
pub(crate) fn folder() -> anyhow::Result<TempDir> {
    let program = std::env::current_exe()?;
    let parent = program.parent().context("the program is in no folder")?;
    Ok(tempfile::Builder::new().prefix("bench.").tempdir_in(parent)?)
}
