//! Lists in one field: tool rules, argument names and globs, in the three forms in use.

use serde_json::Value;

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
    let mut depth = 0_usize;
    let parts = text.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (c == ',' || c == '\n')
    });
    Some(parts.map(str::trim).filter(|glob| !glob.is_empty()).map(str::to_owned).collect())
}

fn split(text: &str) -> Vec<String> {
    let mut rules = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == ',' || c.is_whitespace()) {
            rules.push(String::new());
        } else if let Some(rule) = rules.last_mut() {
            rule.push(c);
        }
    }
    rules.retain(|rule| !rule.is_empty());
    rules
}
