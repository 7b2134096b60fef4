//! Shapes that the interface has none of, on a small set of descriptors.

use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    ServiceDescriptorProto,
};
use tau_proto::buffa::Message;

use super::JsonShapes;

const WELL_KNOWN: [&str; 6] = ["Struct", "Value", "ListValue", "Any", "Duration", "Int64Value"];

fn message(name: &str, fields: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), field: fields, ..Default::default() }
}

fn field(number: i32, name: &str, type_name: Option<&str>, label: Label) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        json_name: Some(name.replace("_t", "T")),
        number: Some(number),
        label: Some(label),
        r#type: Some(if type_name.is_some() { Type::TYPE_MESSAGE } else { Type::TYPE_STRING }),
        type_name: type_name.map(Into::into),
        ..Default::default()
    }
}

/// A method whose request has a field of each well-known type, named as it is in small letters.
fn shapes() -> JsonShapes {
    let well_known = FileDescriptorProto {
        name: Some("known.proto".into()),
        package: Some("google.protobuf".into()),
        message_type: WELL_KNOWN.iter().map(|name| message(name, Vec::new())).collect(),
        ..Default::default()
    };
    let numbered = (1..).zip(WELL_KNOWN);
    let mut fields: Vec<FieldDescriptorProto> = numbered
        .map(|(number, name)| {
            let type_name = format!(".google.protobuf.{name}");
            field(number, &name.to_lowercase(), Some(&type_name), Label::LABEL_OPTIONAL)
        })
        .collect();
    fields.push(field(20, "some_text", None, Label::LABEL_OPTIONAL));
    fields.push(field(21, "many", Some(".a.Request"), Label::LABEL_REPEATED));
    let method = MethodDescriptorProto {
        name: Some("Call".into()),
        input_type: Some(".a.Request".into()),
        output_type: Some(".a.Request".into()),
        ..Default::default()
    };
    let service =
        ServiceDescriptorProto { name: Some("S".into()), method: vec![method], ..Default::default() };
    let own = FileDescriptorProto {
        name: Some("own.proto".into()),
        package: Some("a".into()),
        dependency: vec!["known.proto".into()],
        message_type: vec![message("Request", fields)],
        service: vec![service],
        ..Default::default()
    };
    let set = FileDescriptorSet { file: vec![well_known, own], ..Default::default() };
    JsonShapes::decode(&set.encode_to_vec()).unwrap()
}

fn check(json: &str) -> Result<(), String> {
    shapes().check("a.S/Call", json.as_bytes(), 5)
}

#[test]
fn well_known_types_have_their_own_form() {
    let right = [
        r#"{"struct":{"any":["thing",{"x":1}]}}"#,
        r#"{"value":[1,{"x":null}]}"#,
        r#"{"value":1.5}"#,
        r#"{"listvalue":[1,"a",{}]}"#,
        r#"{"any":{"@type":"x","y":1}}"#,
        r#"{"duration":"1.5s"}"#,
        r#"{"int64value":"7"}"#,
        r#"{"int64value":-7}"#,
    ];
    for json in right {
        assert_eq!(check(json), Ok(()), "{json}");
    }
    let wrong = [
        r#"{"struct":[1]}"#,
        r#"{"struct":"a"}"#,
        r#"{"struct":{"a":1,"a":2}}"#,
        r#"{"value":{"a":{"b":1,"b":1}}}"#,
        r#"{"listvalue":{}}"#,
        r#"{"any":[]}"#,
        r#"{"duration":{"seconds":1}}"#,
        r#"{"int64value":{"value":7}}"#,
    ];
    for json in wrong {
        assert!(check(json).is_err(), "{json}");
    }
}

#[test]
fn errors_say_what_is_wrong_and_repeat_little() {
    let error = |json: &str| check(json).unwrap_err();
    let of = "the JSON of the request is malformed: ";
    assert_eq!(error(r#"{"zzz":1}"#), format!("{of}a.Request has no field `zzz` at line 1 column 6"));
    assert_eq!(error("[]"), format!("{of}an array where an object is due, for a.Request at line 1 column 2"));
    let twice = format!("{of}the key `someText` is there twice at line 1 column 27");
    assert_eq!(error(r#"{"some_text":"a","someText":"a"}"#), twice);
    assert!(error(&format!(r#"{{"{}":1}}"#, "z".repeat(9_999))).len() < 200);
}

#[test]
fn depth_counts_objects_and_arrays() {
    let many = |depth: usize| format!("{}{}", r#"{"many":["#.repeat(depth), "]}".repeat(depth));
    assert_eq!(check(&many(2)), Ok(()));
    assert_eq!(check(r#"{"many":[{"many":[{"someText":"a"}]}]}"#), Ok(()));
    let error = check(&many(3)).unwrap_err();
    assert!(error.contains("deeper than 5"), "{error}");
    assert!(check(r#"{"value":[[[[[1]]]]]}"#).is_err());
}

#[test]
fn a_method_that_is_not_described_is_held_to_the_rest() {
    let check = |json: &str| shapes().check("a.S/Other", json.as_bytes(), 5);
    assert_eq!(check(r#"{"whatever":[1]}"#), Ok(()));
    for json in [r#"{"a":1,"a":1}"#, "[[[[[[1]]]]]]", "{", "null", "\"\u{0}\""] {
        assert!(check(json).is_err(), "{json}");
    }
}

#[test]
fn incomplete_descriptors_are_an_error() {
    let mut request = message("Request", Vec::new());
    request.field.push(field(1, "a", Some(".b.Missing"), Label::LABEL_OPTIONAL));
    let file = FileDescriptorProto { message_type: vec![request], ..Default::default() };
    let set = FileDescriptorSet { file: vec![file], ..Default::default() };
    assert!(JsonShapes::decode(&set.encode_to_vec()).is_err());
}
