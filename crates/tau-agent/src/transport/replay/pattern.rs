//! Patterns in recorded requests: what may be anything.

use serde_json::Value;

/// Stands for any text within a string; as the whole string, for any value.
pub(crate) const ANY: &str = "{{any}}";

/// [`ANY`] itself, where it was really sent.
const ESCAPED: &str = "{{any\u{0}}}";

/// A text that was really sent, as it is recorded.
pub(crate) fn escaped(text: &str) -> String {
    text.replace(ANY, ESCAPED)
}

/// What a recorded text without patterns really was.
pub(super) fn unescaped(text: &str) -> String {
    text.replace(ESCAPED, ANY)
}

/// Keeps texts that were really sent from being read as patterns.
pub(super) fn escape(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(ANY) => *text = escaped(text),
        Value::Array(items) => items.iter_mut().for_each(escape),
        Value::Object(fields) => fields.values_mut().for_each(escape),
        _ => {}
    }
}

/// Whether a text is the pattern with something in the place of each [`ANY`].
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(ANY).map(unescaped);
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first.as_str())) else { return false };
    let mut parts: Vec<String> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    let mut rest = rest;
    for part in parts {
        // The leftmost place is as good as any: whatever follows may still begin later.
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let cases = [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("{{any}}", "", true),
            ("a{{any}}c", "abbbc", true),
            ("a{{any}}c", "ac", true),
            ("a{{any}}c", "acb", false),
            ("a{{any}}b{{any}}c", "a-b-b-c", true),
            ("a{{any}}aa", "aa", false),
            ("took {{any}}s in {{any}}", "took 0.1s in /tmp/x", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} / {text}");
        }
    }
}
