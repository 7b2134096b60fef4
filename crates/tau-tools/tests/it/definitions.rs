//! What a model is told of the built-in tools.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{self, BoxFuture};
use serde_json::{Value, json};
use tau_core::ToolDefinition;
use tau_tools::{ToolContext, ToolExecutor, ToolOutput, ToolRegistry, builtin};

fn definitions() -> Vec<ToolDefinition> {
    let tools = builtin::all();
    tools.specs().into_iter().map(|spec| spec.definition).collect()
}

#[test]
fn names_stand_in_a_fixed_order() {
    let standard = ["read", "write", "edit", "bash", "jobs", "glob", "grep", "todo"];
    assert_eq!(builtin::standard().names().collect::<Vec<_>>(), standard);
    let all = [standard.as_slice(), &["apply_patch", "ls", "web_fetch"]].concat();
    assert_eq!(builtin::all().names().collect::<Vec<_>>(), all);
}

#[test]
fn bytes_are_few_and_the_same_every_time() {
    let bytes = |tools: ToolRegistry| {
        let definitions: Vec<ToolDefinition> =
            tools.specs().into_iter().map(|spec| spec.definition).collect();
        serde_json::to_string(&definitions).unwrap()
    };
    let (standard, all) = (bytes(builtin::standard()), bytes(builtin::all()));
    assert_eq!((&standard, &all), (&bytes(builtin::standard()), &bytes(builtin::all())));
    assert!(standard.len() <= 6_800, "{} bytes: {standard}", standard.len());
    assert!(all.len() <= 8_500, "{} bytes: {all}", all.len());
}

/// A tool like those that a server of tools offers.
#[derive(Debug)]
struct Offered(ToolDefinition);

impl ToolExecutor for Offered {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, _: &'a Value) -> BoxFuture<'a, ToolOutput> {
        future::ready(ToolOutput::text("")).boxed()
    }
}

#[test]
fn a_hundred_definitions_are_made_once_and_shared_by_every_turn() {
    let mut tools = builtin::all();
    for number in 0..100 - tools.names().count() {
        let schema = json!({"type": "object", "properties": {"query": {"type": "string"}}});
        tools.add(Arc::new(Offered(ToolDefinition::new(format!("offered_{number}"), "Searches.", schema))));
    }
    let turn = || tools.specs().into_iter().map(|spec| spec.definition).collect::<Vec<_>>();
    let (first, second) = (turn(), turn());
    assert_eq!(first.len(), 100);
    assert_eq!(serde_json::to_vec(&first).unwrap(), serde_json::to_vec(&second).unwrap());
    for (first, second) in first.iter().zip(&second) {
        assert!(Arc::ptr_eq(&first.description, &second.description), "{} is copied", first.name);
        assert!(Arc::ptr_eq(&first.parameters, &second.parameters), "{} is built again", first.name);
    }
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
            let is_plain = property["enum"].is_array();
            assert!(
                is_plain || property["description"].is_string(),
                "{}.{name} is not described",
                definition.name
            );
        }
    }
}

#[test]
fn what_edit_takes() {
    let edit = definitions().remove(2);
    assert_eq!(edit.parameters["required"], json!(["path"]));
    assert_eq!(edit.parameters["properties"]["replace_all"]["type"], "boolean");
}

#[test]
fn what_bash_takes() {
    let bash = definitions().remove(3);
    assert_eq!(bash.parameters["properties"]["timeout_seconds"]["minimum"], 1);
    assert_eq!(bash.parameters["properties"]["timeout_seconds"]["maximum"], 600);
    assert_eq!(bash.parameters["required"], json!(["command"]));
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
        for name in definition.parameters["required"].as_array().into_iter().flatten() {
            assert!(example.get(name.as_str().unwrap()).is_some(), "{}: no {name}", definition.name);
        }
    }
}
