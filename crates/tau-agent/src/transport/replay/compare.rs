//! A request beside what was recorded.

use serde_json::Value;
use similar::TextDiff;

/// Stands for any text within a string; as the whole string, for any value.
const ANY: &str = "{{any}}";

/// [`ANY`] itself, where it was really sent.
const ESCAPED: &str = "{{any\u{0}}}";

/// The longest difference that is shown, in bytes.
const MOST: usize = 8_000;

/// Whether a request is what was recorded.
///
/// # Errors
/// The difference, line by line; what patterns cover does not show as one.
pub(super) fn compare(expected: &Value, actual: &Value) -> Result<(), String> {
    let expected = fill(expected, actual);
    if expected == *actual {
        return Ok(());
    }
    let (old, new) = (pretty(&expected), pretty(actual));
    let diff = TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).to_string();
    let end = diff.floor_char_boundary(MOST);
    Err(if end < diff.len() { format!("{}\n[... cut ...]", &diff[..end]) } else { diff })
}

/// Keeps texts that were really sent from being read as patterns.
pub(super) fn escape(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(ANY) => *text = text.replace(ANY, ESCAPED),
        Value::Array(items) => items.iter_mut().for_each(escape),
        Value::Object(fields) => fields.values_mut().for_each(escape),
        _ => {}
    }
}

/// The expected value with what its patterns cover taken from the actual one.
fn fill(expected: &Value, actual: &Value) -> Value {
    match (expected, actual) {
        (Value::String(pattern), _) if pattern == ANY => actual.clone(),
        (Value::String(pattern), Value::String(text)) if matches(pattern, text) => actual.clone(),
        (Value::String(pattern), _) => Value::String(pattern.replace(ESCAPED, ANY)),
        (Value::Array(expected), Value::Array(actual)) => {
            let filled = expected.iter().enumerate();
            filled.map(|(i, item)| fill(item, actual.get(i).unwrap_or(&Value::Null))).collect()
        }
        (Value::Object(expected), Value::Object(actual)) => expected
            .iter()
            .map(|(key, item)| (key.clone(), fill(item, actual.get(key).unwrap_or(&Value::Null))))
            .collect(),
        (other, _) => other.clone(),
    }
}

/// Whether a text is the pattern with something in the place of each [`ANY`].
fn matches(pattern: &str, text: &str) -> bool {
    let unescaped = |part: &str| part.replace(ESCAPED, ANY);
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

fn pretty(value: &Value) -> String {
    // Line ends inside strings become real ones, so that the difference of a long text is a few lines of it.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", text.replace("\\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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

    #[test]
    fn a_difference_shows_what_patterns_do_not_cover() {
        let recorded =
            json!({"messages": [{"content": "in {{any}} now"}, {"content": "one"}], "tools": "{{any}}"});
        let same = json!({"messages": [{"content": "in /x now"}, {"content": "one"}], "tools": [1, 2]});
        assert_eq!(compare(&recorded, &same), Ok(()));

        let other = json!({"messages": [{"content": "in /x now"}, {"content": "two"}], "tools": [1]});
        let diff = compare(&recorded, &other).unwrap_err();
        assert!(diff.contains("-      \"content\": \"one\"\n+      \"content\": \"two\""), "{diff}");
        assert!(!diff.contains("- ") || !diff.contains("-      \"content\": \"in"), "{diff}");
    }

    #[test]
    fn braces_that_were_really_sent_are_no_pattern() {
        let mut sent = json!(["{{any}}"]);
        escape(&mut sent);
        assert_eq!(compare(&sent, &json!(["{{any}}"])), Ok(()));
        assert!(compare(&sent, &json!(["other"])).is_err());
    }
}
