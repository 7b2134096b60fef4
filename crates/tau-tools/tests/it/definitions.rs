//! What a model is told of the built-in tools.

use serde_json::Value;
use tau_core::ToolDefinition;
use tau_tools::builtin;

fn definitions() -> Vec<ToolDefinition> {
    let tools = builtin::all();
    tools.specs().into_iter().map(|spec| spec.definition).collect()
}

#[test]
fn names_stand_in_a_fixed_order() {
    assert_eq!(builtin::all().names().collect::<Vec<_>>(), ["read", "write", "edit", "bash", "glob", "grep"]);
}

#[test]
fn bytes_are_few_and_the_same_every_time() {
    let bytes = serde_json::to_string(&definitions()).unwrap();
    assert_eq!(bytes, serde_json::to_string(&definitions()).unwrap());
    assert!(bytes.len() <= 4_500, "{} bytes: {bytes}", bytes.len());
}

#[test]
fn schemas_are_compact_and_closed() {
    for definition in definitions() {
        let text = definition.parameters.to_string();
        for noise in ["$schema", "\"title\"", "\"format\"", "null", "$ref", "$defs"] {
            assert!(!text.contains(noise), "{} has {noise}: {text}", definition.name);
        }
        assert_eq!(definition.parameters["type"], "object");
        assert_eq!(definition.parameters["additionalProperties"], false);
        for (name, property) in definition.parameters["properties"].as_object().unwrap() {
            assert!(property["type"].is_string(), "{}.{name}: {property}", definition.name);
            assert!(property["description"].is_string(), "{}.{name} is not described", definition.name);
        }
    }
}

#[test]
fn what_edit_takes() {
    let edit = definitions().remove(2);
    assert_eq!(edit.parameters["required"], serde_json::json!(["path", "old_string", "new_string"]));
    assert_eq!(edit.parameters["properties"]["replace_all"]["type"], "boolean");
}

#[test]
fn what_bash_takes() {
    let bash = definitions().remove(3);
    assert_eq!(bash.parameters["properties"]["timeout_seconds"]["minimum"], 1);
    assert_eq!(bash.parameters["properties"]["timeout_seconds"]["maximum"], 600);
    assert_eq!(bash.parameters["required"], serde_json::json!(["command"]));
}

#[test]
fn the_example_in_every_description_is_valid() {
    for definition in definitions() {
        let (_, example) = definition.description.split_once("Example: ").unwrap();
        let example: Value = serde_json::from_str(example).unwrap();
        let properties = definition.parameters["properties"].as_object().unwrap();
        for name in example.as_object().unwrap().keys() {
            assert!(properties.contains_key(name), "{}: {name}", definition.name);
        }
        for name in definition.parameters["required"].as_array().unwrap() {
            assert!(example.get(name.as_str().unwrap()).is_some(), "{}: no {name}", definition.name);
        }
    }
}
