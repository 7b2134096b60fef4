//! Texts with places for values: `Review {{draft}}`.
//!
//! Values are put into prompts and arguments, and never into the text of a command: what a model wrote must not become
//! part of a program.

use serde_json::Value;
use tau_orchestrate::graph::Context;

use super::error::NodeError;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// The name under which the item stands that a `map` gave its node.
const INPUT: &str = "input";

/// A place in a text: a key, and the way into its value.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    key: &'a str,
    way: Vec<&'a str>,
}

/// What the keys are that a text wants.
pub(super) fn keys(text: &str) -> Result<Vec<&str>, String> {
    let parts = parse(text)?;
    Ok(parts.into_iter().filter_map(|(_, place)| place.map(|place| place.key)).collect())
}

/// Whether a name means the item that a `map` gives, and no key.
pub(super) fn is_input(key: &str) -> bool {
    key == INPUT
}

/// The text with every value in its place: a text as it is, any other value as JSON.
pub(super) fn fill(text: &str, context: &Context) -> Result<String, NodeError> {
    let mut filled = String::new();
    for (before, place) in parse(text).map_err(NodeError::failed)? {
        filled.push_str(before);
        if let Some(place) = place {
            filled.push_str(&shown(&place.value(context)?));
        }
    }
    Ok(filled)
}

/// The same in all texts of a JSON value. A text that is one place and nothing else becomes the value itself.
pub(super) fn fill_json(value: &Value, context: &Context) -> Result<Value, NodeError> {
    Ok(match value {
        Value::String(text) => match parse(text).map_err(NodeError::failed)?.as_slice() {
            [("", Some(place)), ("", None)] => place.value(context)?,
            _ => Value::String(fill(text, context)?),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill_json(item, context)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fill = |(name, value): (&String, &Value)| Ok((name.clone(), fill_json(value, context)?));
            Value::Object(fields.iter().map(fill).collect::<Result<_, NodeError>>()?)
        }
        other => other.clone(),
    })
}

/// The value of a key as text.
pub(super) fn text_of(name: &str, context: &Context) -> Result<String, NodeError> {
    Ok(shown(&place(name).map_err(NodeError::failed)?.value(context)?))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Texts, each with the place behind it; behind the last there is none.
fn parse(text: &str) -> Result<Vec<(&str, Option<Place<'_>>)>, String> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, behind)) = rest.split_once(OPEN) {
        let Some((name, after)) = behind.split_once(CLOSE) else {
            return Err(format!("a `{OPEN}` is never closed"));
        };
        parts.push((before, Some(place(name.trim())?)));
        rest = after;
    }
    parts.push((rest, None));
    Ok(parts)
}

fn place(name: &str) -> Result<Place<'_>, String> {
    let mut parts = name.split('.');
    let key = parts.next().unwrap_or_default();
    let way: Vec<&str> = parts.collect();
    if key.is_empty() || way.iter().any(|part| part.is_empty()) {
        return Err(format!(
            "`{OPEN}{name}{CLOSE}` names no key; write a key, or a way into its value: `a.b.0`"
        ));
    }
    Ok(Place { key, way })
}

impl Place<'_> {
    fn value(&self, context: &Context) -> Result<Value, NodeError> {
        let none = || NodeError::failed(format!("there is no value under `{}` yet", self.key));
        let input = is_input(self.key).then(|| context.input::<Value>().ok()).flatten();
        let value = match input {
            Some(input) => input,
            None => context.state().json(self.key).ok().flatten().ok_or_else(none)?,
        };
        let mut at = &value;
        for part in &self.way {
            let next = match at {
                Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
                other => other.get(part),
            };
            at = next.ok_or_else(|| {
                NodeError::failed(format!("the value under `{}` has no `{}`", self.key, self.way.join(".")))
            })?;
        }
        Ok(at.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{keys, parse};

    #[test]
    fn places_are_found() {
        assert_eq!(keys("{{a}} and {{ b.c.0 }}: {{input}}").unwrap(), ["a", "b", "input"]);
        assert_eq!(keys("none { here } }}").unwrap(), Vec::<&str>::new());
        let whole = parse("{{a.b}}").unwrap();
        assert_eq!(whole[0].1.as_ref().map(|place| place.way.clone()), Some(vec!["b"]));
    }

    #[test]
    fn mistakes_are_told() {
        for wrong in ["{{", "{{}}", "{{ }}", "{{a..b}}", "{{.a}}", "x {{y"] {
            assert!(keys(wrong).is_err(), "{wrong}");
        }
    }
}
