//! Paths, as they are told and as they come back.

use std::path::Component;

use tau_tools::environment::{EnvironmentError, EnvironmentErrorKind, WorkspacePath};

/// The longest path that is taken, in bytes.
const MAX_PATH: usize = 4_096;

/// A path as the interface says it.
pub(super) fn told(path: &WorkspacePath) -> Result<String, EnvironmentError> {
    let names = path.as_path().components().map(|name| name.as_os_str().to_str());
    let names: Option<Vec<&str>> = names.collect();
    let names = names.ok_or_else(|| {
        EnvironmentError::new(EnvironmentErrorKind::Unsupported, path, "the name is no UTF-8")
    })?;
    Ok(names.join("/"))
}

/// A path that a provider tells; `None` where it is none below the root.
pub(super) fn heard(text: &str) -> Option<WorkspacePath> {
    if text.is_empty() || text.len() > MAX_PATH {
        return None;
    }
    text.split('/').try_fold(WorkspacePath::root(), |path, name| is_name(name).then(|| path.join(name)))
}

/// Whether a text is the name of an entry of a folder.
pub(super) fn is_name(text: &str) -> bool {
    let mut parts = std::path::Path::new(text).components();
    let is_one = matches!(parts.next(), Some(Component::Normal(name)) if name == text);
    is_one && parts.next().is_none() && !text.contains(['/', '\0'])
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{heard, told};

    #[test]
    fn nothing_outside_is_heard() {
        for text in ["", ".", "..", "/", "/etc", "a/..", "../a", "a/./b", "a//b", "a/", "a\0"] {
            assert_eq!(heard(text), None, "{text:?}");
        }
        assert_eq!(heard("a/line\nbreak").map(|path| told(&path).unwrap()), Some("a/line\nbreak".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_heard_is_what_is_told(parts in vec("[ab./]{0,3}", 0..5)) {
            let text = parts.join("/");
            if let Some(path) = heard(&text) {
                prop_assert_eq!(told(&path).unwrap(), text);
                prop_assert!(path.as_path().is_relative());
            }
        }
    }
}
