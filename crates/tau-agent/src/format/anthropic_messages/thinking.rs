//! How models of Anthropic are told how hard to think.

use serde_json::{Map, Value, json};
use tau_core::config::ReasoningEffort;

/// The least a model that is given a number of tokens to think may be given.
const LEAST_BUDGET: u64 = 1024;

/// Puts in how hard to think, in the way of the model: models from 4.6 on are told the effort and think as they see
/// fit, older ones are told the most tokens.
pub(super) fn put(fields: &mut Map<String, Value>, model: &str, effort: ReasoningEffort, max_tokens: u64) {
    if effort == ReasoningEffort::None {
        return;
    }
    if is_adaptive(model) {
        fields.insert("thinking".into(), json!({ "type": "adaptive" }));
        let effort = if effort == ReasoningEffort::Minimal { "low" } else { effort.as_str() };
        fields.insert("output_config".into(), json!({ "effort": effort }));
    } else {
        let asked = match effort {
            ReasoningEffort::Medium => 8 * LEAST_BUDGET,
            ReasoningEffort::High => 16 * LEAST_BUDGET,
            _ => 2 * LEAST_BUDGET,
        };
        // It counts as output, and words must fit beside it.
        let budget = asked.min(max_tokens / 2);
        if budget < LEAST_BUDGET {
            return;
        }
        fields.insert("thinking".into(), json!({ "type": "enabled", "budget_tokens": budget }));
    }
    // Refused beside thinking.
    fields.remove("temperature");
}

/// Whether a model is of version 4.6 or later. Names are `claude-opus-4-8` or, until 3.7, `claude-3-7-sonnet-20250219`.
fn is_adaptive(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let numbers: Vec<u64> = name
        .split(['-', '.', '@', ':'])
        // Longer numbers are dates.
        .filter_map(|part| part.parse().ok().filter(|number| *number < 100))
        .collect();
    let major = numbers.first().copied().unwrap_or(0);
    (major, numbers.get(1).copied().unwrap_or(0)) >= (4, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_out_of_names() {
        for name in ["claude-opus-4-8", "claude-sonnet-4-6", "anthropic/claude-opus-4.6", "claude-sonnet-5"] {
            assert!(is_adaptive(name), "{name}");
        }
        for name in
            ["claude-3-7-sonnet-20250219", "claude-sonnet-4-20250514", "claude-opus-4-5-20251101", "glm"]
        {
            assert!(!is_adaptive(name), "{name}");
        }
    }

    #[test]
    fn thinking_leaves_room_for_words() {
        let thinking = |effort, max_tokens| {
            let mut fields = Map::from_iter([("temperature".to_owned(), json!(0.5))]);
            put(&mut fields, "claude-sonnet-4", effort, max_tokens);
            Value::Object(fields)
        };
        let budget = |tokens: u64| json!({ "thinking": { "type": "enabled", "budget_tokens": tokens } });
        assert_eq!(thinking(ReasoningEffort::High, 64_000), budget(16_384));
        assert_eq!(thinking(ReasoningEffort::High, 8_192), budget(4_096));
        assert_eq!(thinking(ReasoningEffort::High, 1_024), json!({ "temperature": 0.5 }));
    }
}
