//! `.proto` files to source text.

use tau_codegen::{CodegenErrorKind, GeneratedTree};

use crate::proto_folder;

const SHAPE: &str = r#"syntax = "proto3";
package test.v1;
import "test/v1/colour.proto";
// A thing with edges.
message Shape {
  // How it is painted.
  test.v1.Colour colour = 1;
  bytes mesh = 2;
  map<string, string> labels = 3;
}
"#;
const COLOUR: &str = r#"syntax = "proto3";
package test.v1;
enum Colour { COLOUR_UNSPECIFIED = 0; COLOUR_RED = 1; }
"#;

fn kind_of(files: &[(&str, &str)]) -> CodegenErrorKind {
    GeneratedTree::from_proto(proto_folder(files).path()).unwrap_err().kind().clone()
}

#[test]
fn imports_comments_and_representations() {
    let folder = proto_folder(&[("test/v1/shape.proto", SHAPE), ("test/v1/colour.proto", COLOUR)]);
    let tree = GeneratedTree::from_proto(folder.path()).unwrap();

    let names: Vec<&str> = tree.files().keys().map(String::as_str).collect();
    let expected = [
        "descriptors.binpb",
        "message/test.v1.colour.rs",
        "message/test.v1.mod.rs",
        "message/test.v1.shape.__view.rs",
        "message/test.v1.shape.rs",
    ];
    assert_eq!(names, expected);
    let shape = tree.text("message/test.v1.shape.rs").unwrap();
    for expected in [
        "/// A thing with edges.\n",
        "    /// How it is painted.\n",
        "pub colour: ::buffa::EnumValue<",
        "pub mesh: ::buffa::bytes::Bytes",
        "BTreeMap<",
    ] {
        assert!(shape.contains(expected), "no {expected:?} in:\n{shape}");
    }
    assert!(!shape.contains("HashMap<"));
}

#[test]
fn output_does_not_depend_on_where_or_in_which_order() {
    let one = proto_folder(&[("test/v1/shape.proto", SHAPE), ("test/v1/colour.proto", COLOUR)]);
    let two = proto_folder(&[("test/v1/colour.proto", COLOUR), ("test/v1/shape.proto", SHAPE)]);
    assert_eq!(
        GeneratedTree::from_proto(one.path()).unwrap(),
        GeneratedTree::from_proto(two.path()).unwrap()
    );
}

#[test]
fn bad_input_is_a_typed_error() {
    assert!(matches!(kind_of(&[("readme.txt", "no proto here")]), CodegenErrorKind::NoInput(_)));
    assert_eq!(kind_of(&[("a.proto", "syntax = \"proto3\"; message {")]), CodegenErrorKind::Compile);
    assert_eq!(kind_of(&[("test/v1/shape.proto", SHAPE)]), CodegenErrorKind::Compile);
    assert_eq!(
        kind_of(&[("a.proto", "syntax = \"proto3\"; message A { B b = 1; }")]),
        CodegenErrorKind::Compile
    );

    let missing = tempfile::tempdir().unwrap().path().join("gone");
    let error = GeneratedTree::from_proto(&missing).unwrap_err();
    assert_eq!(error.kind(), &CodegenErrorKind::Io(missing));
}

#[test]
fn the_compiler_says_where() {
    for (line, expected) in [
        ("message A { Unknown b = 1; }", "test/v1/a.proto:2:13: name 'Unknown' is not defined"),
        ("message A { int32 b 1; }", "test/v1/a.proto:2:21: expected '=', but found '1'"),
        ("import \"gone.proto\";", "test/v1/a.proto:2:1: import 'gone.proto' not found"),
    ] {
        let folder = proto_folder(&[("test/v1/a.proto", &format!("syntax = \"proto3\";\n{line}"))]);
        let error = GeneratedTree::from_proto(folder.path()).unwrap_err();
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), expected);
    }
}

#[test]
fn warnings_are_errors() {
    // Both values would be called FooBar.
    let text = r#"syntax = "proto3"; package a.v1;
        enum Thing { THING_UNSPECIFIED = 0; THING_FOO_BAR = 1; THING_FOO__BAR = 2; }"#;
    let CodegenErrorKind::Warnings(warnings) = kind_of(&[("a.proto", text)]) else {
        panic!("no warning");
    };
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn a_field_may_be_called_view() {
    let text = "syntax = \"proto3\"; package a.v1; message Request { string view = 1; }";
    GeneratedTree::from_proto(proto_folder(&[("a.proto", text)]).path()).unwrap();
}

#[test]
fn what_only_services_need_is_gated() {
    let folder = proto_folder(&[("test/v1/shape.proto", SHAPE), ("test/v1/colour.proto", COLOUR)]);
    let tree = GeneratedTree::from_proto(folder.path()).unwrap();
    let module = tree.text("message/test.v1.mod.rs").unwrap();
    assert!(module.contains("#[cfg(feature = \"rpc\")]\n    pub mod view {"), "{module}");
    let shape = tree.text("message/test.v1.shape.rs").unwrap();
    assert!(shape.contains("cfg_attr(feature = \"json\", derive("), "{shape}");
}
