//! Structured output: JSON of a schema in place of words.

use serde_json::Value;

/// What the words of a reply have to be: JSON that follows a schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OutputSchema {
    /// A name for it, 1-64 of `A-Z a-z 0-9 _ -`: some providers want one.
    pub name: String,
    /// The JSON Schema; its top level is an object.
    pub schema: Value,
}

impl OutputSchema {
    /// A schema under a name.
    pub fn new(name: impl Into<String>, schema: Value) -> Self {
        Self { name: name.into(), schema }
    }

    /// Whether the schema is one that OpenAI's strict mode takes: every object closed, every property required.
    /// Others are asked for without it, and checked here.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        is_closed(&self.schema)
    }
}

fn is_closed(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let properties = fields.get("properties").and_then(Value::as_object);
            let required = fields.get("required").and_then(Value::as_array);
            let is_required = |name: &String| required.is_some_and(|names| names.iter().any(|n| n == name));
            let is_object = fields.get("type").is_some_and(|kind| kind == "object") || properties.is_some();
            let is_whole = properties.is_none_or(|properties| properties.keys().all(is_required));
            (!is_object || (fields.get("additionalProperties") == Some(&Value::Bool(false)) && is_whole))
                && fields.values().all(is_closed)
        }
        Value::Array(items) => items.iter().all(is_closed),
        _ => true,
    }
}

/// The reply's JSON, or what is wrong with it in words for the model.
pub(crate) fn check(schema: &OutputSchema, text: &str) -> Result<Value, String> {
    let value: Value =
        serde_json::from_str(unfenced(text)).map_err(|error| format!("it is not JSON ({error})"))?;
    let validator = jsonschema::validator_for(&schema.schema)
        .map_err(|error| format!("the schema itself is wrong ({error})"))?;
    /// More would not help the model.
    const MOST: usize = 10;
    let problems: Vec<String> = validator
        .iter_errors(&value)
        .take(MOST)
        .map(|error| format!("{} (at `{}`)", error, error.instance_path()))
        .collect();
    if problems.is_empty() { Ok(value) } else { Err(problems.join("; ")) }
}

/// The text without the fence that models like to put around JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inner.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner).trim())
}
