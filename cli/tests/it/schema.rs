use std::path::PathBuf;

use serde_json::Value;

use crate::support::Place;

const SCHEMAS: [&str; 3] = ["config", "summary", "stream-json"];

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

#[test]
fn the_schema_of_the_configuration_takes_what_the_guide_shows() {
    let guide = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/configuration.md");
    let text = std::fs::read_to_string(guide).unwrap();
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 3, "the guide shows examples");
    for example in examples {
        let value: Value = toml::from_str(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
        assert_valid("config", &value);
    }
}
