//! What a provider wants back unchanged, kept between the blocks of a message.
//!
//! It is the opaque data of a reasoning block, in one of three forms:
//!
//! - `{"with": {...}}`: fields of the block itself, such as the signature of its words.
//! - `{"next": {...}}`: fields of the block that follows, such as the citations of a text.
//! - `{"whole": ...}`: a block for which there is no other type, such as a search the provider did.
//!
//! The values are kept as the text they came in.

use serde::Deserialize;
use serde_json::value::RawValue;
use tau_core::{ContentBlock, Opaque, Reasoning};

use super::json::ObjectWriter;

/// What a reasoning block holds for the encoder of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo<'a> {
    With(&'a str),
    Next(&'a str),
    Whole(&'a str),
}

/// Reasoning with fields of its own.
pub(super) fn with(format: &str, text: String, fields: &str) -> ContentBlock {
    block(format, text, "with", fields)
}

/// Fields of the block that comes next.
pub(super) fn next(format: &str, fields: &str) -> ContentBlock {
    block(format, String::new(), "next", fields)
}

/// A block that goes back as it is, and what of it can be read.
pub(super) fn whole(format: &str, text: String, json: &str) -> ContentBlock {
    block(format, text, "whole", json)
}

fn block(format: &str, text: String, form: &str, json: &str) -> ContentBlock {
    let mut out = Vec::new();
    ObjectWriter::new(&mut out).raw(form, json).end();
    let json = String::from_utf8(out).unwrap_or_default();
    ContentBlock::Reasoning(Reasoning::with_data(text, Opaque::new(format, json)))
}

/// Reads what a block holds for a format; `None` when it is of another.
pub(super) fn read<'a>(format: &str, reasoning: &'a Reasoning) -> Option<Echo<'a>> {
    #[derive(Deserialize)]
    struct Forms<'a> {
        #[serde(borrow, default)]
        with: Option<&'a RawValue>,
        #[serde(borrow, default)]
        next: Option<&'a RawValue>,
        #[serde(borrow, default)]
        whole: Option<&'a RawValue>,
    }
    let data = reasoning.data.as_ref().filter(|data| data.format == format)?;
    let forms: Forms<'_> = serde_json::from_str(&data.json).ok()?;
    let with = forms.with.map(|json| Echo::With(json.get()));
    let next = forms.next.map(|json| Echo::Next(json.get()));
    with.or(next).or(forms.whole.map(|json| Echo::Whole(json.get())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_as_it_was() {
        let json = r#"{"b" : 1.0, "a":"\u00e9"}"#;
        let cases = [
            (with("f", "t".to_owned(), json), Echo::With(json)),
            (next("f", json), Echo::Next(json)),
            (whole("f", String::new(), json), Echo::Whole(json)),
        ];
        for (block, expected) in cases {
            let ContentBlock::Reasoning(reasoning) = block else { unreachable!() };
            assert_eq!(read("f", &reasoning), Some(expected));
            assert_eq!(read("g", &reasoning), None, "another format's data stays where it is");
        }
    }
}
