//! Paths: what rules say of them, where they lead, and which ones are never taken for granted.

mod pattern;
mod protected;
mod resolve;

pub(super) use pattern::{Anchors, PathPattern};
pub(super) use protected::is_protected;
pub use resolve::{FileKind, PathResolver, Resolved, SystemPaths};

use std::path::{Component, Path, PathBuf};

/// The longest path, and the longest name in one, that Linux opens.
const LONGEST_PATH: usize = 4_095;
const LONGEST_NAME: usize = 255;

/// A path as the text says, without `.` and `..`.
pub(super) fn lexical(base: &Path, home: &Path, text: &str) -> PathBuf {
    let joined = match text.strip_prefix('~') {
        Some("") => home.to_owned(),
        Some(rest) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => base.join(text),
    };
    normal(&joined)
}

/// A path without `.` and `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut made = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                made.pop();
            }
            part => made.push(part),
        }
    }
    made
}

/// Why a text is no path to act on.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    if text.contains('\0') {
        Some("the path holds a NUL")
    } else if text.len() > LONGEST_PATH || text.split('/').any(|name| name.len() > LONGEST_NAME) {
        Some("the path is longer than any file's")
    } else {
        None
    }
}
