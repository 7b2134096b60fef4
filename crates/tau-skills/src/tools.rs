//! Lists in one field: tool rules, argument names and globs, in the three forms in use.

use serde_json::Value;
use tau_memory::text::split_outside;

/// Rules from a YAML list, or from a string with blanks or commas between them.
///
/// Blanks and commas inside parentheses belong to a rule: `Bash(git add:*), Read`. `None` when it is none of the forms.
pub(crate) fn parse(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(split(text)),
        Value::Array(items) => {
            let rules: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            // An item of a list is one rule: no splitting, as it may hold blanks.
            Some(
                rules?
                    .into_iter()
                    .map(str::trim)
                    .filter(|rule| !rule.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )
        }
        _ => None,
    }
}

/// Globs from a YAML list, or from a string with commas between them. Commas inside braces belong to a glob.
pub(crate) fn globs(value: &Value) -> Option<Vec<String>> {
    let Value::String(text) = value else { return parse(value) };
    let parts = split_outside(text, ('{', '}'), |c| matches!(c, ',' | '\n')).into_iter();
    Some(parts.map(str::trim).filter(|glob| !glob.is_empty()).map(str::to_owned).collect())
}

fn split(text: &str) -> Vec<String> {
    let rules = split_outside(text, ('(', ')'), |c| c == ',' || c.is_whitespace());
    rules.into_iter().filter(|rule| !rule.is_empty()).map(str::to_owned).collect()
}
