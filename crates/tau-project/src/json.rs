//! JSON as people write it by hand.

use std::path::Path;

use serde_json::{Map, Value};
use tau_memory::text::{self, ReadErrorKind};

use crate::finding::{Finding, FindingKind, Place};

/// Bytes of a file that are read. The longest published settings are some ten KiB.
pub(crate) const LIMIT: usize = 1 << 20;

/// What a file came to.
#[derive(Debug)]
pub(crate) enum Read {
    /// There is none.
    Absent,
    /// There is one, and nobody knows what it says.
    Unclear,
    Object(Map<String, Value>),
}

/// Reads the object that a file holds. Comments and commas behind a last item are passed over and reported.
pub(crate) fn read(path: &Path, findings: &mut Vec<Finding>) -> Read {
    let text = match text::read(path, LIMIT) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ReadErrorKind::Io(std::io::ErrorKind::NotFound)) => {
            return Read::Absent;
        }
        Err(error) => {
            findings.push(Finding::new(path, FindingKind::Unreadable(error.kind())));
            return Read::Unclear;
        }
    };
    if text.truncation.is_some() {
        findings.push(Finding::new(path, FindingKind::TooLong { limit: LIMIT }));
        return Read::Unclear;
    }
    match parse(&text.content) {
        Ok((Value::Object(object), is_relaxed)) => {
            if is_relaxed {
                findings.push(Finding::new(path, FindingKind::Relaxed));
            }
            Read::Object(object)
        }
        Ok(_) => {
            findings.push(Finding::new(path, FindingKind::NotAnObject));
            Read::Unclear
        }
        Err(error) => {
            let said = error.to_string();
            let message = said.split(" at line ").next().unwrap_or_default().to_owned();
            let place = Place::new(error.line(), error.column().max(1));
            findings.push(Finding::new(path, FindingKind::Syntax { message }).at(place));
            Read::Unclear
        }
    }
}

/// The value, and whether it needed more than JSON.
pub(crate) fn parse(text: &str) -> Result<(Value, bool), serde_json::Error> {
    // Nothing but white space says nothing, as an empty object does.
    if text.trim().is_empty() {
        return Ok((Value::Object(Map::new()), false));
    }
    match serde_json::from_str(text) {
        Ok(value) => Ok((value, false)),
        Err(strict) => match serde_json::from_str(&plain(text)) {
            Ok(value) => Ok((value, true)),
            Err(_) => Err(strict),
        },
    }
}

/// The same text with blanks for comments and for commas before a closing bracket.
fn plain(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut comma) = (0, None);
    while at < bytes.len() {
        let end = match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => end_of_string(&bytes, at),
            (b'/', Some(b'/')) => blank(&mut bytes, at, |rest| rest.iter().position(|byte| *byte == b'\n')),
            (b'/', Some(b'*')) => blank(&mut bytes, at, |rest| {
                rest.windows(2).skip(2).position(|pair| pair == b"*/").map(|end| end + 4)
            }),
            _ => at + 1,
        };
        match bytes[at] {
            b',' => comma = Some(at),
            b']' | b'}' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at = end;
    }
    // Only whole comments were made blank, so this is text.
    String::from_utf8(bytes).unwrap_or_default()
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// Makes a comment blank but for its line ends, so that places stay what they are.
fn blank(bytes: &mut [u8], start: usize, end: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let end = end(&bytes[start..]).map_or(bytes.len(), |length| start + length);
    for byte in &mut bytes[start..end] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse, plain};

    #[test]
    fn what_json_does_not_have_is_passed_over() {
        for (text, expected) in [
            (r#"{"a": 1}"#, Some((json!({"a": 1}), false))),
            ("", Some((json!({}), false))),
            (" \n", Some((json!({}), false))),
            (
                "{\"a\": [1, 2,], // one\n /* two */ \"b\": {},\n}",
                Some((json!({"a": [1, 2], "b": {}}), true)),
            ),
            (r#"{"a": "// no, /* no */ ,]",}"#, Some((json!({"a": "// no, /* no */ ,]"}), true))),
            (r#"{"a": "\",}",}"#, Some((json!({"a": "\",}"}), true))),
            ("/* ü */ {}", Some((json!({}), true))),
            ("{} // end", Some((json!({}), true))),
            ("{\"a\": 1 /* open", None),
            ("{,}", Some((json!({}), true))),
            ("{\"a\" 1}", None),
            ("[1,,]", None),
            ("/*/ {}", None),
        ] {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn places_stay_what_they_are() {
        let text = "{ /* a\nb */ \"x\": 1, // c\n}";
        assert_eq!(plain(text), "{     \n     \"x\": 1      \n}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:/*\\\\ \nä1a]{0,40}") {
            let strict = serde_json::from_str::<serde_json::Value>(&text);
            let read = parse(&text);
            if let Ok(strict) = strict {
                proptest::prop_assert_eq!(read.unwrap(), (strict, false));
            }
        }
    }
}
