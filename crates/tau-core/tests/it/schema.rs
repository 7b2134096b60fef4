use std::collections::BTreeSet;

use serde_json::Value;
use tau_core::config::Config;

use crate::config_toml::FULL;

fn schema() -> Value {
    schemars::schema_for!(Config).to_value()
}

/// The schema a `$ref` leads to, or the schema itself; of `anyOf: [X, null]`, X.
fn target<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return target(root, root.pointer(reference.trim_start_matches('#')).unwrap());
    }
    match schema["anyOf"].as_array() {
        Some(choices) => target(root, choices.iter().find(|choice| choice["type"] != "null").unwrap()),
        None => schema,
    }
}

/// Checks that the schema has a documented place for every key of a value; collects the paths met.
fn walk(root: &Value, schema: &Value, value: &Value, path: &str, met: &mut BTreeSet<String>) {
    let schema = target(root, schema);
    // `true` allows anything: the provider's own fields.
    let (Some(object), false) = (value.as_object(), *schema == true) else { return };
    for (key, value) in object {
        let path = format!("{path}.{key}");
        let of_key = match schema["properties"].get(key) {
            Some(of_key) => {
                let described =
                    of_key["description"].is_string() || target(root, of_key)["description"].is_string();
                assert!(described, "{path} has no description");
                assert_eq!(schema["additionalProperties"], false, "{path} stands where any key may");
                of_key
            }
            None => {
                let of_any = &schema["additionalProperties"];
                assert!(
                    of_any.is_object() || *of_any == true,
                    "{path}: no such property, and {of_any} for others"
                );
                of_any
            }
        };
        walk(root, of_key, value, &path, met);
        met.insert(path);
    }
}

#[test]
fn the_schema_describes_every_key_of_a_full_configuration() {
    let root = schema();
    let full: toml::Table = toml::from_str(FULL).unwrap();
    let mut met = BTreeSet::new();
    walk(&root, &root, &serde_json::to_value(full).unwrap(), "", &mut met);
    assert!(met.contains(".models.fast.capabilities.context_window"), "{met:?}");
    assert!(met.contains(".agent.budget.max_cost"), "{met:?}");
}

#[test]
fn the_schema_has_no_key_that_the_full_configuration_lacks() {
    let root = schema();
    let full: Config = toml::from_str(FULL).unwrap();
    let written = serde_json::to_value(&full).unwrap();
    let top: BTreeSet<&String> = root["properties"].as_object().unwrap().keys().collect();
    assert_eq!(top, written.as_object().unwrap().keys().collect());
    for (name, at) in [
        ("AgentConfig", "/agent"),
        ("Budget", "/agent/budget"),
        ("ModelOptions", "/agent/options"),
        ("PermissionConfig", "/permissions"),
        ("ClientConfig", "/client"),
        ("ModelConfig", "/models/fast"),
        ("Quirks", "/providers/cloud/quirks"),
        ("Capabilities", "/models/fast/capabilities"),
        ("Prices", "/models/fast/prices"),
    ] {
        let described: BTreeSet<&String> =
            root["$defs"][name]["properties"].as_object().unwrap().keys().collect();
        let written: BTreeSet<&String> = written.pointer(at).unwrap().as_object().unwrap().keys().collect();
        assert_eq!(described, written, "{name}");
    }
}

#[test]
fn a_secret_is_marked_as_one() {
    assert_eq!(schema()["$defs"]["Secret"]["writeOnly"], true);
}
