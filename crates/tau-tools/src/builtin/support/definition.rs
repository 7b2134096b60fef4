//! Definitions: the schema of the argument type, without what a model does not need.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use tau_core::ToolDefinition;

/// The definition of a tool whose arguments are `T`.
pub(in crate::builtin) fn definition<T: JsonSchema>(name: &str, description: &str) -> ToolDefinition {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    compact(&mut schema);
    ToolDefinition::new(name, description.trim(), schema)
}

/// Takes out what says nothing: titles, formats of numbers, defaults that mean "none", that an optional argument
/// may also be null. Every byte is paid for on every turn.
fn compact(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for noise in ["title", "format"] {
        schema.remove(noise);
    }
    if schema.get("default").is_some_and(is_nothing) {
        schema.remove("default");
    }
    if schema.get("minimum").is_some_and(|minimum| minimum == 0) {
        schema.remove("minimum");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(compact);
    }
    if let Some(items) = schema.get_mut("items") {
        compact(items);
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == false
}
