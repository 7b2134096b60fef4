//! Texts and JSON without credentials.

use std::collections::BTreeMap;

use serde_json::Value;

use super::secrets::SecretFinder;
use crate::transport::pattern;

/// Stands where a credential stood in what the server said.
const REDACTED: &str = "[redacted]";

/// A request with patterns in the place of credentials, and of texts that differ from machine to machine; so a replay of
/// the same request on another machine is the same request.
pub(super) fn request(value: &mut Value, finder: &SecretFinder, varying: &[String]) {
    match value {
        Value::String(text) => {
            let mut clean = pattern::escaped(text);
            for varies in varying {
                clean = clean.replace(varies.as_str(), pattern::ANY);
            }
            *text = finder.replace(&clean, pattern::ANY).unwrap_or(clean);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| request(item, finder, varying)),
        Value::Object(fields) => fields.values_mut().for_each(|item| request(item, finder, varying)),
        _ => {}
    }
}

/// Any JSON with a word in the place of credentials.
pub(super) fn value(value: &mut Value, finder: &SecretFinder) {
    match value {
        Value::String(text) => {
            if let Some(clean) = finder.replace(text, REDACTED) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| self::value(item, finder)),
        Value::Object(fields) => fields.values_mut().for_each(|item| self::value(item, finder)),
        _ => {}
    }
}

/// The body of an answer without credentials, be they whole or streamed in pieces.
pub(super) fn answer(body: &str, finder: &SecretFinder) -> String {
    let mut lines = parts(body);
    clean_pieces(&mut lines, finder);
    let text: Vec<String> = lines.into_iter().map(Line::write).collect();
    line(text.join("\n"), finder)
}

/// Whether the body of an answer holds a credential, whole or in pieces.
pub(super) fn holds_credential(body: &str, finder: &SecretFinder) -> bool {
    answer(body, finder) != body
}

/// The body as one part where it is JSON as a whole, which may be written over many lines; otherwise its lines.
fn parts(body: &str) -> Vec<Line<'_>> {
    let whole = Line::read(body);
    if whole.value.is_some() { vec![whole] } else { body.split('\n').map(Line::read).collect() }
}

/// A text as it goes to the disk: what is known as a credential is in no case in it.
pub(super) fn line(text: String, finder: &SecretFinder) -> String {
    finder.replace(&text, REDACTED).unwrap_or(text)
}

/// A line of a streamed answer: JSON, perhaps behind `data:`.
struct Line<'a> {
    text: &'a str,
    /// Where the JSON begins.
    begin: usize,
    value: Option<Value>,
    is_changed: bool,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Self {
        let json = text.strip_prefix("data:").unwrap_or(text).trim_start();
        let value =
            json.starts_with(['{', '[']).then(|| serde_json::from_str(json.trim_end()).ok()).flatten();
        Self { text, begin: text.len() - json.len(), value, is_changed: false }
    }

    fn write(self) -> String {
        match self.value {
            Some(value) if self.is_changed => format!("{}{value}", &self.text[..self.begin]),
            _ => self.text.to_owned(),
        }
    }
}

/// A piece of a text that is streamed.
struct Piece {
    /// In which line.
    line: usize,
    /// Where in it.
    pointer: String,
    text: String,
}

/// Takes credentials out of texts that are streamed in pieces: those at the same place of consecutive values are one text.
fn clean_pieces(lines: &mut [Line<'_>], finder: &SecretFinder) {
    let mut texts: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        if let Some(value) = &line.value {
            // Some servers send the parts of a stream as one list.
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for (index, item) in items.iter().enumerate() {
                let root = if value.is_array() { format!("/{index}") } else { String::new() };
                let mut add = |place: &str, text: &str| {
                    let piece =
                        Piece { line: number, pointer: format!("{root}{place}"), text: text.to_owned() };
                    texts.entry(place.to_owned()).or_default().push(piece);
                };
                collect(item, &mut String::new(), &mut add);
            }
        }
    }
    for pieces in texts.into_values() {
        let joined: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let found = finder.find(&joined);
        if found.is_empty() {
            continue;
        }
        let mut start = 0;
        for Piece { line, pointer, text } in &pieces {
            let end = start + text.len();
            if let Some(clean) = clean_piece(text, start..end, &found) {
                let line = &mut lines[*line];
                if let Some(held) = line.value.as_mut().and_then(|value| value.pointer_mut(pointer)) {
                    *held = Value::String(clean);
                    line.is_changed = true;
                }
            }
            start = end;
        }
    }
}

/// A piece without what lies in one of the ranges; `None` when nothing does.
fn clean_piece(text: &str, at: std::ops::Range<usize>, found: &[std::ops::Range<usize>]) -> Option<String> {
    let mut clean = String::new();
    let mut end = at.start;
    let touched = found.iter().filter(|range| range.start < at.end && range.end > at.start);
    for range in touched.clone() {
        clean.push_str(&text[end - at.start..range.start.max(at.start) - at.start]);
        if range.start >= at.start {
            clean.push_str(REDACTED);
        }
        end = range.end.min(at.end);
    }
    clean.push_str(&text[end - at.start..]);
    touched.count().gt(&0).then_some(clean)
}

/// Gives every text of a value with its place.
fn collect(value: &Value, place: &mut String, add: &mut impl FnMut(&str, &str)) {
    let mut below = |key: &str, item: &Value| {
        let length = place.len();
        place.push('/');
        place.push_str(&key.replace('~', "~0").replace('/', "~1"));
        collect(item, place, add);
        place.truncate(length);
    };
    match value {
        Value::String(text) => add(place, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| below(&index.to_string(), item));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, item)| below(key, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tau_core::Secret;

    fn finder() -> SecretFinder {
        let mut finder = SecretFinder::default();
        finder.add([Secret::new("s3cret=value")]);
        finder
    }

    #[test]
    fn an_answer_whose_pieces_make_a_credential() {
        let body = "data: {\"d\":\"the s3c\",\"n\":1}\n\ndata:{\"d\":\"ret=va\"}\r\n\n{\"d\":\"lue!\"}\ndata: [DONE]\n";
        let expected =
            "data: {\"d\":\"the [redacted]\",\"n\":1}\n\ndata:{\"d\":\"\"}\n\n{\"d\":\"!\"}\ndata: [DONE]\n";
        assert_eq!(answer(body, &finder()), expected);
    }

    #[test]
    fn an_answer_that_escapes_a_credential() {
        assert_eq!(answer("{\"d\":\"s3cret\\u003dvalue\"}", &finder()), "{\"d\":\"[redacted]\"}");
        let over_lines = "{\n  \"d\": [\n    \"s3cret\\u003dvalue\"\n  ]\n}\n";
        assert_eq!(answer(over_lines, &finder()), "{\"d\":[\"[redacted]\"]}");
    }

    #[test]
    fn a_list_of_parts_whose_pieces_make_a_credential() {
        let body = "[{\n  \"d\": \"a s3cret\"\n},\n{\n  \"d\": \"=value b\"\n}\n]";
        assert_eq!(answer(body, &finder()), "[{\"d\":\"a [redacted]\"},{\"d\":\" b\"}]");
    }

    #[test]
    fn an_answer_without_one_is_the_same_bytes() {
        let body = ": ping\r\n\r\ndata: {\"b\": 1.0,  \"a\":\"\\u0041\"}\n\n{oops\nevent: x";
        assert_eq!(answer(body, &finder()), body);
    }

    #[test]
    fn a_request_gets_patterns() {
        let mut value = serde_json::json!({"a": ["key s3cret=value in /srv/me/x", "{{any}}"], "n": 1});
        request(&mut value, &finder(), &["/srv/me".to_owned()]);
        assert_eq!(value["a"][0], "key {{any}} in {{any}}/x");
        assert_ne!(value["a"][1], "{{any}}", "what was really sent is no pattern");
    }
}
