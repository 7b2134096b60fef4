//! Arguments held against their schema, in words for the model that made them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tau_core::ToolDefinition;

use crate::executor::ToolOutput;

/// The most problems of one call that are told.
const PROBLEMS: usize = 8;
/// The most characters of a value that is shown.
const VALUE_CHARS: usize = 60;
/// How alike a name must be to be suggested.
const ALIKE: f64 = 0.8;

/// Reads a tool's arguments into its type.
///
/// # Errors
/// The output that tells the model everything that is wrong with them.
pub(crate) fn parse<T: DeserializeOwned>(
    definition: &ToolDefinition,
    arguments: &Value,
) -> Result<T, ToolOutput> {
    let name = &definition.name;
    let found = problems(&definition.parameters, arguments);
    if !found.is_empty() {
        let found: Vec<String> = found.into_iter().take(PROBLEMS).collect();
        return Err(ToolOutput::error(format!(
            "Invalid arguments for `{name}`; nothing was done:\n- {}",
            found.join("\n- ")
        )));
    }
    T::deserialize(arguments).map_err(|error| {
        ToolOutput::error(format!("Invalid arguments for `{name}`: {error}. Nothing was done."))
    })
}

/// What is wrong with arguments, by the part of JSON Schema that definitions of this crate use.
fn problems(schema: &Value, arguments: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, arguments, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(kind) = schema.get("type").and_then(Value::as_str)
        && !is_of(kind, value)
    {
        found.push(format!("`{at}` must be {}, not {}", with_article(kind), shown(value)));
        return;
    }
    if let Some(Value::Array(choices)) = schema.get("enum")
        && !choices.contains(value)
    {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        found.push(format!("`{at}` must be one of {}, not {}", choices.join(", "), shown(value)));
    }
    check_range(schema, value, at, found);
    match value {
        Value::Object(fields) => check_fields(schema, fields, at, found),
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(schema, item, &format!("{at}[{index}]"), found);
                }
            }
        }
        _ => {}
    }
}

fn check_range(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let (value, count) = match value {
        Value::Number(number) => (number.as_f64(), ["minimum", "maximum"]),
        Value::Array(items) => (Some(items.len() as f64), ["minItems", "maxItems"]),
        _ => return,
    };
    let [least, most] = count.map(|name| schema.get(name).and_then(Value::as_f64));
    let Some(value) = value else { return };
    if least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most) {
        return;
    }
    let unit = if count[0] == "minItems" { " long" } else { "" };
    let range = match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => return,
    };
    found.push(format!("`{at}` must be {range}{unit}, not {value}"));
}

fn check_fields(schema: &Value, fields: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    let Some(Value::Object(properties)) = schema.get("properties") else { return };
    let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: Vec<&str> = required.filter_map(Value::as_str).collect();
    for (name, value) in fields {
        match properties.get(name) {
            // Some models write every argument and null for those they do not mean.
            Some(_) if value.is_null() && !required.contains(&name.as_str()) => {}
            Some(schema) => check(schema, value, &inside(name), found),
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                found.push(format!("`{}` is no argument; {}", inside(name), meant(name, properties)));
            }
            None => {}
        }
    }
    for name in required.into_iter().filter(|name| !fields.contains_key(*name)) {
        let about = properties.get(name).and_then(|property| property.get("description"));
        let about = about.and_then(Value::as_str).map(|about| format!(": {about}")).unwrap_or_default();
        found.push(format!("`{}` is missing{about}", inside(name)));
    }
}

/// What a name that does not exist may have meant.
fn meant(name: &str, properties: &Map<String, Value>) -> String {
    let near = properties.keys().map(|known| (alike(name, known), known));
    let near = near.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => {
            let known: Vec<String> = properties.keys().map(|known| format!("`{known}`")).collect();
            format!("there are {}", known.join(", "))
        }
    }
}

/// How alike two names are: `file_path` is `path`, and `ignoreCase` is `ignore_case`.
fn alike(name: &str, known: &str) -> f64 {
    let plain =
        |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let (name, known) = (plain(name), plain(known));
    if !known.is_empty() && (name.ends_with(&known) || name.starts_with(&known)) {
        return 0.95;
    }
    strsim::jaro_winkler(&name, &known)
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn with_article(kind: &str) -> &str {
    match kind {
        "string" => "a string",
        "boolean" => "true or false",
        "integer" => "an integer",
        "number" => "a number",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let kind = match value {
        Value::String(_) => "the string ",
        Value::Array(_) => "the list ",
        Value::Object(_) => "the object ",
        _ => "",
    };
    match text.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => format!("{kind}{}...", &text[..end]),
        None => format!("{kind}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "path": {"type": "string", "description": "Where."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 10},
                "mode": {"type": "string", "enum": ["a", "b"]},
                "ignore_case": {"type": "boolean"},
                "edits": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {"old": {"type": "string"}},
                        "required": ["old"]
                    }
                }
            },
            "required": ["path"]
        })
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let rows = [
            (json!({"path": "a"}), vec![]),
            (json!({"path": "a", "limit": null}), vec![]),
            (json!({}), vec!["`path` is missing: Where."]),
            (json!({"path": null}), vec!["`path` must be a string, not null"]),
            (
                json!({"file_path": "a"}),
                vec!["`file_path` is no argument; did you mean `path`?", "`path` is missing: Where."],
            ),
            (
                json!({"path": "a", "ignoreCase": true}),
                vec!["`ignoreCase` is no argument; did you mean `ignore_case`?"],
            ),
            (
                json!({"path": "a", "zzz": 1}),
                vec!["`zzz` is no argument; there are `edits`, `ignore_case`, `limit`, `mode`, `path`"],
            ),
            (json!({"path": ["a"]}), vec!["`path` must be a string, not the list [\"a\"]"]),
            (json!({"path": "a", "limit": "3"}), vec!["`limit` must be an integer, not the string \"3\""]),
            (json!({"path": "a", "limit": 11}), vec!["`limit` must be 1 to 10, not 11"]),
            (json!({"path": "a", "limit": 1.5}), vec!["`limit` must be an integer, not 1.5"]),
            (
                json!({"path": "a", "mode": "c"}),
                vec!["`mode` must be one of \"a\", \"b\", not the string \"c\""],
            ),
            (json!({"path": "a", "edits": []}), vec!["`edits` must be at least 1 long, not 0"]),
            (
                json!({"path": "a", "edits": [{"old": "x"}, {"new": 1}]}),
                vec!["`edits[1].new` is no argument; there are `old`", "`edits[1].old` is missing"],
            ),
        ];
        for (arguments, expected) in rows {
            assert_eq!(problems(&schema(), &arguments), expected, "{arguments}");
        }
    }
}
