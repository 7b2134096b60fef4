//! A request beside what was recorded.

use serde_json::Value;
use similar::TextDiff;

use super::pattern;

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

/// The expected value with what its patterns cover taken from the actual one.
fn fill(expected: &Value, actual: &Value) -> Value {
    match (expected, actual) {
        (Value::String(expected), _) if expected == pattern::ANY => actual.clone(),
        (Value::String(expected), Value::String(text)) if pattern::matches(expected, text) => actual.clone(),
        (Value::String(expected), _) => Value::String(pattern::unescaped(expected)),
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
        pattern::escape(&mut sent);
        assert_eq!(compare(&sent, &json!(["{{any}}"])), Ok(()));
        assert!(compare(&sent, &json!(["other"])).is_err());
    }
}
