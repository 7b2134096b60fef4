//! Messages that no decoder may take.
use tau_testkit::random::Random;

use super::methods::Method;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Json,
    Proto,
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Random,
    Truncated,
    WrongType,
    Deep,
    HugeField,
    BadUtf8,
}

/// All of them.
pub(super) const FLAWS: [Flaw; 6] =
    [Flaw::Random, Flaw::Truncated, Flaw::WrongType, Flaw::Deep, Flaw::HugeField, Flaw::BadUtf8];

/// A tag with a wire type that does not exist: whatever follows it, the message is malformed.
const NO_SUCH_WIRE_TYPE: u8 = 0x0f;
/// Field 1, length-delimited.
const FIELD_1: u8 = 0x0a;
/// The start and the end of a group, field 1.
const START_GROUP: u8 = 0x0b;
const END_GROUP: u8 = 0x0c;

/// A message of a call with a flaw.
pub(super) fn message(random: &mut Random, method: &Method, codec: Codec, flaw: Flaw) -> Vec<u8> {
    match codec {
        Codec::Json => json(random, method, flaw),
        Codec::Proto => proto(random, method, flaw),
    }
}

fn json(random: &mut Random, method: &Method, flaw: Flaw) -> Vec<u8> {
    let field = method.text.unwrap_or("nothing");
    match flaw {
        Flaw::Random => {
            // No JSON begins so.
            let size = random.below(300);
            [vec![0xff], random.bytes(size)].concat()
        }
        Flaw::Truncated => {
            let whole = format!(r#"{{"{field}": "{}", "other": [1, 2, {{"a": null}}]}}"#, "x".repeat(20));
            whole.as_bytes()[..=random.below(whole.len() - 1)].to_vec()
        }
        Flaw::WrongType => random.pick(&["7", r#""text""#, "true", "-0.5e3", "{]", "{,}", "nul"]).into(),
        Flaw::Deep => {
            let depth = 200 + random.below(5_000);
            let (open, close) = random.pick(&[("[", "]"), (r#"{"a":"#, "}")]);
            format!(r#"{{"{field}": {}1{}}}"#, open.repeat(depth), close.repeat(depth)).into_bytes()
        }
        Flaw::HugeField => {
            let huge = random.pick(&["1e999999999", "-1e400", "9".repeat(5_000).as_str()]).to_owned();
            // A number is of no use where there is no field, and never one where a string is.
            format!(r#"{{"{field}": {huge}, }}"#).into_bytes()
        }
        Flaw::BadUtf8 => {
            let bad = random.pick(&[&b"\xff\xfe"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"]);
            [format!(r#"{{"{field}": ""#).as_bytes(), bad, br#""}"#].concat()
        }
    }
}

fn proto(random: &mut Random, method: &Method, flaw: Flaw) -> Vec<u8> {
    match flaw {
        Flaw::Random => {
            let size = random.below(300);
            [vec![NO_SUCH_WIRE_TYPE], random.bytes(size)].concat()
        }
        Flaw::Truncated => {
            let size = random.below(100);
            [vec![FIELD_1, 127], random.bytes(size)].concat()
        }
        // An end of no beginning; a field 0; a number without its end.
        Flaw::WrongType => {
            random.pick(&[&[END_GROUP][..], &[0x00, 0x01], &[0x08, 0xff], &[0x0d, 1, 2]]).into()
        }
        Flaw::Deep => {
            // Groups of an unknown field, more than any decoder goes down.
            let depth = 200 + random.below(5_000);
            let (start, end) = ([0xa3, 0x06], [0xa4, 0x06]);
            [start.repeat(depth), end.repeat(depth)].concat()
        }
        Flaw::HugeField => {
            // A length of gigabytes; one of more bits than there are.
            let length = random.pick(&[&[0xff, 0xff, 0xff, 0xff, 0x07][..], &[0xff; 11]]);
            [&[FIELD_1][..], length, &random.bytes(50)].concat()
        }
        Flaw::BadUtf8 if method.text.is_some() => vec![FIELD_1, 2, 0xc3, 0x28],
        Flaw::BadUtf8 => vec![START_GROUP, NO_SUCH_WIRE_TYPE, 0xff, 0xfe],
    }
}
