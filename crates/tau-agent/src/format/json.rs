//! JSON, written and read so that what a provider wants back keeps its bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Appends a value. Writing to memory cannot fail, and neither can the types used here, whose keys are strings.
pub(super) fn write_json(value: &impl Serialize, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "JSON of plain values is always writable");
}

/// Writes an object field by field, in the order given.
#[derive(Debug)]
pub(super) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    pub(super) fn field(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> &mut Self {
        let out = self.key(key);
        write_json(&value, out);
        self
    }

    /// A field whose value is JSON already.
    pub(super) fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).extend_from_slice(json.as_bytes());
        self
    }

    /// A field whose value is written by the caller, who must write exactly one.
    pub(super) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.separate();
        write_json(&key, self.out);
        self.out.push(b':');
        self.out
    }

    /// The fields of an object that is JSON already.
    pub(super) fn fields(&mut self, object: &str) -> &mut Self {
        let inner = object.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(inner) = inner.map(str::trim).filter(|inner| !inner.is_empty()) {
            self.separate();
            self.out.extend_from_slice(inner.as_bytes());
        }
        self
    }

    pub(super) fn end(&mut self) {
        self.out.push(b'}');
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
    }
}

/// The fields of an object, each as the text it came in, in the order of their names.
pub(super) fn raw_fields(object: &str) -> BTreeMap<Cow<'_, str>, &RawValue> {
    serde_json::from_str(object).unwrap_or_default()
}

/// The items of a list, each as the text it came in.
pub(super) fn raw_items(list: &str) -> Vec<&RawValue> {
    serde_json::from_str(list).unwrap_or_default()
}

/// What lies below these keys, as the text it came in.
pub(super) fn raw_at<'a>(object: &'a str, keys: &[&str]) -> Option<&'a str> {
    keys.iter().try_fold(object, |text, key| Some(raw_fields(text).get(*key)?.get()))
}

/// An object of the fields that are not named and say something; `None` when none is left.
pub(super) fn other_fields(object: &str, named: &[&str]) -> Option<String> {
    let mut out = Vec::new();
    let mut writer = ObjectWriter::new(&mut out);
    for (key, value) in raw_fields(object) {
        if !named.contains(&&*key) && !matches!(value.get(), "null" | "[]" | "{}" | "\"\"") {
            writer.raw(&key, value.get());
        }
    }
    writer.end();
    String::from_utf8(out).ok().filter(|object| object.len() > "{}".len())
}

/// Keeps the first text that is not empty.
pub(super) fn keep_first(held: &mut String, value: &Value) {
    if let Some(text) = value.as_str()
        && held.is_empty()
    {
        text.clone_into(held);
    }
}

/// The text of a value that is one and not empty.
pub(super) fn words(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// The beginning of what cannot be read, for an error.
pub(super) fn shown(data: &str) -> &str {
    /// In bytes.
    const MOST: usize = 200;
    &data[..data.floor_char_boundary(MOST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_bytes() {
        let object = r#"{"type":"x", "b": {"z":1.0,"a":"\u00e9"} ,"n":null}"#;
        assert_eq!(raw_at(object, &["b"]), Some(r#"{"z":1.0,"a":"\u00e9"}"#));
        assert_eq!(other_fields(object, &["type"]).as_deref(), Some(r#"{"b":{"z":1.0,"a":"\u00e9"}}"#));
        assert_eq!(other_fields(object, &["type", "b"]), None);
        let mut out = Vec::new();
        ObjectWriter::new(&mut out)
            .field("a", "x")
            .fields(r#"{ "b" : 2 }"#)
            .fields("{}")
            .raw("c", "[ ]")
            .end();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":"x","b" : 2,"c":[ ]}"#);
    }
}
