use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::Place;

const SCHEMAS: [&str; 8] =
    ["config", "summary", "stream-json", "sessions", "session", "search", "permissions", "graph"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/schema/{name}.schema.json"))
}

/// A schema as it is published.
pub(crate) fn published(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
}

#[track_caller]
pub(crate) fn assert_valid(name: &str, value: &Value) {
    let validator = jsonschema::validator_for(&published(name)).unwrap();
    let problems: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:#?} in {value:#}");
}

#[tokio::test]
async fn the_published_schemas_are_those_of_the_program() {
    let place = Place::new();
    for name in SCHEMAS {
        let printed = place.tau(&["schema", name]).await.assert_code(0).stdout.clone();
        let published = std::fs::read_to_string(path(name)).unwrap_or_default();
        assert!(
            published == printed,
            "docs/schema/{name}.schema.json is not what the program prints; write it anew:\n  \
             cargo run -p tau-cli -- schema {name} > docs/schema/{name}.schema.json"
        );
    }
}

#[test]
fn the_schemas_are_valid_and_say_no_to_what_is_wrong() {
    for name in SCHEMAS {
        jsonschema::meta::validate(&published(name)).unwrap();
        let validator = jsonschema::validator_for(&published(name)).unwrap();
        assert!(!validator.is_valid(&serde_json::json!({ "modle": 1, "type": "unheard_of" })), "{name}");
    }
}

/// The blocks of a language in a page of the guide.
fn examples(page: &str, language: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/guide/{page}.md"));
    let text = std::fs::read_to_string(path).unwrap();
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_guide_shows_configurations_that_are_right() {
    let (toml, json) = (examples("configuration", "toml"), examples("configuration", "json"));
    assert!(toml.len() >= 3 && !json.is_empty(), "the guide shows examples");
    for example in &toml {
        assert_valid("config", &toml::from_str(example).unwrap());
    }
    for example in &json {
        assert_valid("config", &serde_json::from_str(example).unwrap());
    }
    for (file, texts) in [("config.toml", toml), ("config.json", json)] {
        for text in texts {
            let place = Place::new();
            place.write_home(&format!(".config/tau/{file}"), &text);
            place.tau(&["config", "check"]).await.assert_code(0);
        }
    }
}

#[tokio::test]
async fn the_guide_names_every_key_and_its_default() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/configuration.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let mut keys = Vec::new();
    leaves(&published("config"), &published("config"), String::new(), &mut keys);
    assert!(keys.len() > 40, "{keys:?}");
    for key in keys {
        assert!(guide.contains(&format!("`{key}`")), "the guide does not name `{key}`");
    }
    // The defaults that the program has are those in the tables.
    let place = Place::new();
    let shown = place.tau(&["config", "show", "--origin"]).await;
    let defaults = shown.stdout.lines().filter(|line| !line.starts_with("providers."));
    for (key, value) in defaults.map(|line| line.split('#').next().unwrap().split_once(" = ").unwrap()) {
        let value = value.trim();
        let rows = [
            format!("| `{key}` | number | {value} |"),
            format!("| `{key}` | duration | `{value}` |"),
            format!("| `{key}` | text | `{value}` |"),
        ];
        assert!(rows.iter().any(|row| guide.contains(row)), "{rows:?}");
    }
}

/// The keys of a schema as the guide writes them: `NAME` for names of one's own, and options once.
fn leaves(root: &Value, schema: &Value, path: String, keys: &mut Vec<String>) {
    let whole = schema.get("$ref").or_else(|| schema["anyOf"][0].get("$ref")).and_then(Value::as_str);
    let schema = whole.map_or(schema, |name| root.pointer(&name[1..]).unwrap());
    let elsewhere = ["agent.options", "providers.NAME.client", "models.NAME.quirks"];
    let is_shown_elsewhere = elsewhere.contains(&path.as_str());
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (schema["properties"].as_object(), &schema["additionalProperties"]) {
        (Some(fields), _) if !is_shown_elsewhere => {
            for (key, field) in fields {
                leaves(root, field, below(key), keys);
            }
        }
        (None, entry @ Value::Object(_)) if entry["$ref"] != "#/$defs/Secret" => {
            leaves(root, entry, below("NAME"), keys);
        }
        _ => keys.push(path),
    }
}

#[test]
fn the_guide_shows_output_that_is_right() {
    let mut types = BTreeSet::new();
    for example in examples("output", "json").iter().flat_map(|block| block.lines()) {
        let value: Value = serde_json::from_str(example).unwrap();
        match value["type"].as_str() {
            Some(kind) => {
                types.insert(kind.to_owned());
                assert_valid("stream-json", &value);
            }
            None => assert_valid("summary", &value),
        }
    }
    assert_eq!(types, types_of_lines(), "a type without an example");
}

/// The types of lines that the schema knows.
pub(crate) fn types_of_lines() -> BTreeSet<String> {
    let schema = published("stream-json");
    let variants = schema["oneOf"].as_array().unwrap();
    let kind = |variant: &Value| variant["properties"]["type"]["const"].as_str().unwrap().to_owned();
    variants.iter().map(kind).collect()
}
