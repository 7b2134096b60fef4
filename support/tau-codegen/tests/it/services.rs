//! What is generated for services: stubs, validators and descriptors.

use std::path::Path;

use tau_codegen::{CodegenErrorKind, GeneratedTree};

use crate::proto_folder;

/// The file that defines what rules may say.
fn rules() -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(workspace.join("proto/buf/validate/validate.proto")).unwrap()
}

/// Generates from one file that declares `body` beside what rules need.
fn generate(body: &str) -> Result<GeneratedTree, CodegenErrorKind> {
    let head =
        "syntax = \"proto3\"; package tau.test.v1; import \"buf/validate/validate.proto\";\n// A remark.\n";
    let text = format!("{head}{body}");
    let folder = proto_folder(&[("tau/test/v1/a.proto", &text), ("buf/validate/validate.proto", &rules())]);
    GeneratedTree::from_proto(folder.path()).map_err(|error| error.kind().clone())
}

/// A service that receives a message with this field.
fn receiving(field: &str) -> String {
    format!("service S {{ rpc Do(Ask) returns (Tell); }} message Ask {{ {field} }} message Tell {{}}")
}

fn broken_rules(body: &str) -> Vec<String> {
    match generate(body) {
        Err(CodegenErrorKind::Rules(rules)) => rules,
        other => panic!("no broken rule: {:?}", other.map(|tree| tree.files().len())),
    }
}

#[test]
fn stubs_validators_and_descriptors_are_files_of_their_own() {
    let tree = generate(&receiving("string name = 1 [(buf.validate.field).string.min_len = 1];")).unwrap();
    let names: Vec<&str> = tree.files().keys().map(String::as_str).collect();
    let expected = [
        "descriptors.binpb",
        "message/tau.test.v1.a.__view.rs",
        "message/tau.test.v1.a.rs",
        "message/tau.test.v1.mod.rs",
        "service/tau.test.v1.a.__connect.rs",
        "service/tau.test.v1.mod.rs",
        "validate/tau.test.v1.validate.rs",
    ];
    assert_eq!(names, expected);

    let stubs = tree.text("service/tau.test.v1.a.__connect.rs").unwrap();
    for expected in ["pub trait S:", "pub struct SClient<", "crate::test::v1::Ask"] {
        assert!(stubs.contains(expected), "no {expected:?} in:\n{stubs}");
    }
    let descriptors = String::from_utf8_lossy(&tree.files()["descriptors.binpb"]);
    for expected in ["tau.test.v1", "buf/validate/validate.proto", "google/protobuf/descriptor.proto"] {
        assert!(descriptors.contains(expected), "no {expected:?}");
    }
    assert!(!descriptors.contains("A remark."), "comments are in the descriptors");
}

#[test]
fn only_what_a_server_receives_is_validated() {
    let body = r"
        service S { rpc Do(stream Ask) returns (Tell); }
        message Ask {
          message Part { string name = 1 [(buf.validate.field).string.min_len = 1]; }
          map<string, Part> parts = 1;
          oneof more { Loop loop = 2; }
        }
        message Loop { Loop again = 1; Kind kind = 2; }
        enum Kind { KIND_UNSPECIFIED = 0; }
        message Tell { Told told = 1; }
        message Told { string name = 1 [(buf.validate.field).string.min_len = 1]; }";
    let tree = generate(body).unwrap();
    let text = tree.text("validate/tau.test.v1.validate.rs").unwrap();
    let validated: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("impl ::protovalidate_buffa::Validate for "))
        .collect();
    let expected = [
        "Ask {",
        "__buffa::view::AskView<'_> {",
        "ask::Part {",
        "__buffa::view::ask::PartView<'_> {",
        "Loop {",
        "__buffa::view::LoopView<'_> {",
    ];
    assert_eq!(validated, expected);
}

#[test]
fn a_rule_for_another_type_is_an_error() {
    let rules = broken_rules(&receiving("string name = 1 [(buf.validate.field).int32.gt = 1];"));
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert!(rules[0].starts_with("tau.test.v1.Ask: "), "{rules:?}");
}

#[test]
fn a_pattern_that_is_none_is_an_error() {
    for field in [
        "string name = 1 [(buf.validate.field).string.pattern = '['];",
        "repeated string name = 1 [(buf.validate.field).repeated.items.string.pattern = '['];",
        "map<string, string> name = 1 [(buf.validate.field).map.keys.string.pattern = '['];",
        "oneof some { string name = 1 [(buf.validate.field).string.pattern = '[']; }",
    ] {
        let rules = broken_rules(&receiving(field));
        assert_eq!(rules.len(), 1, "{rules:?}");
        assert!(rules[0].starts_with("tau.test.v1.Ask.name: regex parse error"), "{rules:?}");
    }
}

#[test]
fn an_expression_without_an_equivalent_in_rust_is_an_error() {
    let expression = |text: &str| {
        receiving(&format!(
            "string name = 1; option (buf.validate.message).cel = {{ id: \"odd\" expression: \"{text}\" }};"
        ))
    };
    assert!(generate(&expression("this.name != ''")).is_ok());
    for (text, expected) in [
        ("this.nothing == 1", "tau.test.v1.Ask: expression references a non-existent field nothing"),
        ("this.name.unheardOf()", "cel runtime error in rule \\\"odd\\\""),
        ("this.name +", "cel runtime error in rule \\\"odd\\\""),
        ("this.name.size()", "cel runtime error in rule \\\"odd\\\""),
    ] {
        let rules = broken_rules(&expression(text));
        assert!(rules[0].contains(expected), "{text}: {rules:?}");
    }
}
