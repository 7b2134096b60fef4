use proptest::prelude::*;
use serde_json::{Value, json};
use tau_core::ToolArguments;

use crate::strategies;

#[test]
fn the_text_is_kept_as_the_model_wrote_it() {
    for raw in ["{ \"a\" : 1.50 }", "[1,]", "{\"a\":1,\"a\":2}", " \n", "nonsense", "{\"é\":\"\\u00e9\"}"] {
        let arguments = ToolArguments::parse(raw);
        assert_eq!(arguments.raw(), raw);
        assert_eq!(serde_json::to_value(&arguments).unwrap(), Value::from(raw));
        assert_eq!(serde_json::from_value::<ToolArguments>(Value::from(raw)).unwrap(), arguments);
    }
}

/// The value of a text, or what the parser says.
fn value(raw: &str) -> Result<Value, String> {
    ToolArguments::parse(raw).value().map_err(|error| error.to_string())
}

#[test]
fn json_has_its_value() {
    assert_eq!(value("{ \"a\": [1, null] }"), Ok(json!({"a": [1, null]})));
    assert_eq!(value("null"), Ok(Value::Null));
    assert_eq!(value("3"), Ok(json!(3)));
}

#[test]
fn blanks_are_the_empty_object() {
    for raw in ["", " ", "\t\r\n "] {
        assert_eq!(value(raw), Ok(json!({})), "{raw:?}");
    }
}

#[test]
fn text_that_is_not_json_has_no_value_and_says_where() {
    let table = [
        ("{\"path\": \"a.rs\"", "EOF while parsing an object at line 1 column 15"),
        ("{'path': 'a.rs'}", "key must be a string at line 1 column 2"),
        ("{}\n}", "trailing characters at line 2 column 1"),
        ("```json\n{}\n```", "expected value at line 1 column 1"),
    ];
    for (raw, said) in table {
        assert_eq!(value(raw), Err(said.to_owned()), "{raw:?}");
    }
}

#[test]
fn nesting_too_deep_for_the_parser_is_refused_not_a_crash() {
    let deep = "[".repeat(100_000);
    assert_eq!(ToolArguments::parse(deep.as_str()).raw().len(), deep.len());
    assert_eq!(value(&deep), Err("recursion limit exceeded at line 1 column 128".to_owned()));
}

#[test]
fn only_a_text_reads_as_arguments() {
    assert!(serde_json::from_str::<ToolArguments>("{\"path\":\"a.rs\"}").is_err());
}

proptest! {
    #[test]
    fn any_text_is_kept(raw in any::<String>()) {
        let arguments = ToolArguments::parse(raw.as_str());
        prop_assert_eq!(arguments.raw(), raw.as_str());
        let parsed = serde_json::from_str::<Value>(&raw).ok();
        if !raw.trim().is_empty() {
            prop_assert_eq!(arguments.value().ok(), parsed);
        }
    }

    #[test]
    fn a_value_is_what_its_text_parses_to(value in strategies::json()) {
        let arguments = ToolArguments::from(value.clone());
        prop_assert_eq!(arguments.value().ok(), Some(value));
        prop_assert_eq!(ToolArguments::parse(arguments.raw()), arguments);
    }
}
