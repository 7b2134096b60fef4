//! Paths: what rules say of them, where they lead, and which ones are never taken for granted.

mod pattern;
mod protected;
mod resolve;

pub(super) use pattern::{Anchors, PathPattern};
pub(super) use protected::is_protected;
pub use resolve::{FileKind, PathResolver, Resolved, SystemPaths};

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

/// The longest path, and the longest name in one, that Linux opens.
const LONGEST_PATH: usize = 4_095;
const LONGEST_NAME: usize = 255;

/// A path as the text says, without `.` and `..`.
pub(super) fn lexical(base: &Path, home: &Path, text: &str) -> PathBuf {
    let text = kernel_names(base, text);
    let text = text.as_ref();
    let joined = match text.strip_prefix('~') {
        Some("") => home.to_owned(),
        Some(rest) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => base.join(text),
    };
    normal(&joined)
}

/// The text with what the kernel calls the working folder and the root of a process, as they are called elsewhere.
fn kernel_names<'a>(base: &Path, text: &'a str) -> Cow<'a, str> {
    let Some((process, rest)) = text.strip_prefix("/proc/").and_then(|rest| rest.split_once('/')) else {
        return Cow::Borrowed(text);
    };
    let is_process =
        matches!(process, "self" | "thread-self") || process.bytes().all(|byte| byte.is_ascii_digit());
    let behind = |name: &str| rest.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (behind("cwd"), behind("root")) {
        (Some(rest), _) if is_process => Cow::Owned(format!("{}{rest}", base.display())),
        (_, Some(rest)) if is_process => Cow::Owned(format!("/{}", rest.trim_start_matches('/'))),
        _ => Cow::Borrowed(text),
    }
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
