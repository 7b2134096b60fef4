//! Rules that can never be met: the validator generator writes them down as code that fails, or panics, when it runs.

use protoc_gen_protovalidate_buffa::scan::{FieldValidator, MessageValidators};
use regex::Regex;

/// What a rule looks like in generated text whose expression could not be made into Rust.
const BROKEN_EXPRESSION: &str = "cel runtime error in rule";

/// Says of each rule that cannot be met what is wrong: those for another type of field, patterns that are no regular
/// expressions, and expressions without an equivalent in Rust. `texts` is what was generated.
pub(crate) fn unmeetable<'a>(
    messages: &[MessageValidators],
    texts: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let mut found = Vec::new();
    for message in messages {
        let name = &message.proto_name;
        found.extend(message.compile_error.iter().map(|error| format!("{name}: {error}")));
        let in_oneofs = message.oneof_rules.iter().flat_map(|oneof| &oneof.fields);
        for field in message.field_rules.iter().chain(in_oneofs) {
            patterns(&format!("{name}.{}", field.field_name), field, &mut found);
        }
    }
    let lines = texts.flat_map(str::lines).filter(|line| line.contains(BROKEN_EXPRESSION));
    found.extend(lines.map(|line| line.trim().to_owned()));
    found.dedup(); // a rule is written for the message and for its view
    found
}

fn patterns(place: &str, field: &FieldValidator, found: &mut Vec<String>) {
    let rules = &field.standard;
    let of_text = rules.string.as_ref().and_then(|string| string.pattern.as_deref());
    let of_bytes = rules.bytes.as_ref().and_then(|bytes| bytes.pattern.as_deref());
    let wrong = of_text.into_iter().chain(of_bytes).filter_map(|pattern| Regex::new(pattern).err());
    found.extend(wrong.map(|error| format!("{place}: {error}")));

    let of_items = rules.repeated.as_ref().and_then(|repeated| repeated.items.as_deref());
    let map = rules.map.as_ref();
    let of_keys = map.and_then(|map| map.keys.as_deref());
    let of_values = map.and_then(|map| map.values.as_deref());
    for inner in of_items.into_iter().chain(of_keys).chain(of_values) {
        patterns(place, inner, found);
    }
}
