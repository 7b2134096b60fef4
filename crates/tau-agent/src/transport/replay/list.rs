//! The list that a conversation is in a request, whatever the format calls it.

use serde_json::Value;

/// Its names: chat completions, Anthropic, Ollama and Bedrock; OpenAI's responses; Gemini.
const NAMES: [&str; 3] = ["messages", "input", "contents"];

/// The list of a request.
pub(super) fn of(request: &mut Value) -> Option<&mut Vec<Value>> {
    let name = NAMES.into_iter().find(|name| request.get(name).is_some_and(Value::is_array))?;
    request.get_mut(name)?.as_array_mut()
}

/// The request with more messages.
pub(super) fn with(mut request: Value, messages: &[Value]) -> Value {
    if let Some(list) = of(&mut request) {
        list.extend(messages.iter().cloned());
    }
    request
}

/// What a request adds to the messages of the one before; `None` when more than that differs.
pub(crate) fn appended(before: &Value, request: &Value) -> Option<Vec<Value>> {
    let (mut before, mut request) = (before.clone(), request.clone());
    let held = std::mem::take(of(&mut before)?);
    let mut list = std::mem::take(of(&mut request)?);
    let is_longer = before == request && list.len() >= held.len() && list[..held.len()] == held[..];
    is_longer.then(|| list.split_off(held.len()))
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
        ];
        for (before, request, expected) in cases {
            assert_eq!(appended(&before, &request).map(Value::Array), expected, "{before} {request}");
        }
    }
}
