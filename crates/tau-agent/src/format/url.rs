//! Addresses below a provider's.

use ::url::Url;

/// The address of a path below another; its query stays.
///
/// People end the address of a provider with the version or without, and a path may begin with it; it is not said
/// twice.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let held = base.path().trim_end_matches('/');
    let (version, _) = path.split_once('/').unwrap_or_default();
    let held =
        held.strip_suffix(version).filter(|rest| rest.ends_with('/') && is_version(version)).unwrap_or(held);
    url.set_path(&format!("{}/{path}", held.trim_end_matches('/')));
    url
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_not_said_twice() {
        let cases = [
            ("https://a/v1", "chat/completions", "https://a/v1/chat/completions"),
            ("https://a/v1/", "chat/completions", "https://a/v1/chat/completions"),
            ("https://a", "v1/messages", "https://a/v1/messages"),
            ("https://a/v1", "v1/messages", "https://a/v1/messages"),
            ("https://a/x/v1/", "v1/messages", "https://a/x/v1/messages"),
            ("https://a/x?k=1", "v1/messages", "https://a/x/v1/messages?k=1"),
            ("https://a/models", "models/m", "https://a/models/models/m"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(below(&base.parse().unwrap(), path).as_str(), expected);
        }
    }
}
