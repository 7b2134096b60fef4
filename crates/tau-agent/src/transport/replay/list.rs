//! The list that a conversation is in a request, whatever the format calls it.
//!
//! Marks of places for the prompt cache move from message to message and say nothing, so they do not count where a
//! conversation is said to be only added to.

use serde_json::{Map, Value};

/// Its names: chat completions, Anthropic, Ollama and Bedrock; OpenAI's responses; Gemini.
const NAMES: [&str; 3] = ["messages", "input", "contents"];

/// The field of a message that holds its blocks.
const BLOCKS: &str = "content";

/// The field of a block that marks a place.
const MARK: &str = "cache_control";

fn name(request: &Value) -> Option<&'static str> {
    NAMES.into_iter().find(|name| request.get(name).is_some_and(Value::is_array))
}

/// The list of a request.
pub(super) fn of(request: &mut Value) -> Option<&mut Vec<Value>> {
    request.get_mut(name(request)?)?.as_array_mut()
}

/// The request with more messages.
pub(super) fn with(mut request: Value, messages: &[Value]) -> Value {
    if let Some(list) = of(&mut request) {
        list.extend(messages.iter().cloned());
    }
    request
}

/// Takes the marks out of the messages of a request.
pub(super) fn unmark(request: &mut Value) {
    for message in of(request).into_iter().flatten() {
        let blocks = message.get_mut(BLOCKS).and_then(Value::as_array_mut);
        for block in blocks.into_iter().flatten().filter_map(Value::as_object_mut) {
            block.remove(MARK);
        }
    }
}

/// What a request adds to the messages of the one before; `None` when more than that differs.
pub(crate) fn appended(before: &Value, request: &Value) -> Option<Vec<Value>> {
    let name = name(request)?;
    let (held, list) = (before.get(name)?.as_array()?, request.get(name)?.as_array()?);
    let is_longer = list.len() >= held.len()
        && is_same_but(name, before.as_object()?, request.as_object()?)
        && held.iter().zip(list).all(|(held, message)| is_same_message(held, message));
    is_longer.then(|| list[held.len()..].to_vec())
}

/// Whether two messages differ in marks at most.
fn is_same_message(one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return false };
    match (one.get(BLOCKS), other.get(BLOCKS)) {
        (Some(Value::Array(held)), Some(Value::Array(blocks))) => {
            is_same_but(BLOCKS, one, other)
                && held.len() == blocks.len()
                && held.iter().zip(blocks).all(|pair| match pair {
                    (Value::Object(held), Value::Object(block)) => is_same_but(MARK, held, block),
                    (held, block) => held == block,
                })
        }
        _ => false,
    }
}

/// Whether two objects are the same, but for a field.
fn is_same_but(field: &str, one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let count = |fields: &Map<String, Value>| fields.len() - usize::from(fields.contains_key(field));
    count(one) == count(other) && one.iter().all(|(key, value)| key == field || other.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_added() {
        let cases = [
            (
                json!({"messages": [1], "model": "m"}),
                json!({"messages": [1, 2, 3], "model": "m"}),
                Some(json!([2, 3])),
            ),
            (json!({"input": [1]}), json!({"input": [1]}), Some(json!([]))),
            (json!({"contents": [1]}), json!({"contents": [2, 1]}), None),
            (json!({"messages": [1], "model": "m"}), json!({"messages": [1, 2], "model": "n"}), None),
            (json!({"messages": [1, 2]}), json!({"messages": [1]}), None),
            (json!({"prompt": "x"}), json!({"prompt": "x"}), None),
            (json!({"messages": [1]}), json!({"messages": [1], "model": "m"}), None),
            (
                json!({"messages": [{"role": "user", "content": [{"text": "a", "cache_control": {}}]}]}),
                json!({"messages": [{"role": "user", "content": [{"text": "a"}]}, 2]}),
                Some(json!([2])),
            ),
            (
                json!({"messages": [{"role": "user", "content": [{"text": "a", "cache_control": {}}]}]}),
                json!({"messages": [{"role": "user", "content": [{"text": "b"}]}, 2]}),
                None,
            ),
            (
                json!({"messages": [{"content": [{"input": {"cache_control": 1}}]}]}),
                json!({"messages": [{"content": [{"input": {}}]}]}),
                None,
            ),
        ];
        for (before, request, expected) in cases {
            assert_eq!(appended(&before, &request).map(Value::Array), expected, "{before} {request}");
        }
    }
}
