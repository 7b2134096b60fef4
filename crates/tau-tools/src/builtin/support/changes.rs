//! Which files a call changes.

use std::path::Path;

use serde_json::Value;

use crate::environment::WorkspacePath;
use crate::queue::Concurrency;

/// The class of a call that changes the file its argument `path` names.
pub(in crate::builtin) fn changes_path(arguments: &Value, root: &Path) -> Concurrency {
    let path = arguments.get("path").and_then(Value::as_str);
    changes_files(path.into_iter(), root)
}

/// The class of a call that changes files of these names. Where one means nothing, what the call changes is not known.
pub(in crate::builtin) fn changes_files<'a>(
    names: impl Iterator<Item = &'a str>,
    root: &Path,
) -> Concurrency {
    let paths: Result<Vec<WorkspacePath>, _> = names.map(|name| WorkspacePath::parse(root, name)).collect();
    match paths {
        Ok(paths) if !paths.is_empty() => Concurrency::Files(paths),
        _ => Concurrency::Alone,
    }
}
