//! How models of Google are told how hard to think. Models of the kind Pro cannot be told not to.
//!
//! Source: the public guides of Google ("Gemini thinking": "Thinking levels", "Set budget").

use serde_json::{Value, json};
use tau_core::config::ReasoningEffort;

/// The least number of tokens that a model of the kind Pro takes.
const LEAST_OF_PRO: u32 = 128;

/// How hard to think: models up to 2.5 are told the most tokens, later ones a level.
pub(super) fn config(model: &str, effort: ReasoningEffort) -> Value {
    let shows = effort != ReasoningEffort::None;
    if has_levels(model) {
        return json!({ "thinkingLevel": level(model, effort), "includeThoughts": shows });
    }
    let budget = match effort {
        ReasoningEffort::None if is_pro(model) => LEAST_OF_PRO,
        ReasoningEffort::None => 0,
        ReasoningEffort::Minimal => 512,
        ReasoningEffort::Low => 1024,
        ReasoningEffort::Medium => 8192,
        _ => 24_576,
    };
    json!({ "thinkingBudget": budget, "includeThoughts": shows })
}

/// The level that is nearest to the effort among those of the model.
pub(in crate::format) fn level(model: &str, effort: ReasoningEffort) -> &'static str {
    match effort {
        ReasoningEffort::None | ReasoningEffort::Minimal if is_pro(model) => "low",
        ReasoningEffort::None => "minimal",
        // The first of its version knows no more than two.
        ReasoningEffort::Medium if model.contains("gemini-3-pro") => "high",
        other => other.as_str(),
    }
}

/// Whether a model is of version 3 or later, which knows levels, and refuses calls without a signature.
pub(super) fn has_levels(model: &str) -> bool {
    let version = model.rsplit("gemini-").next().filter(|rest| rest.len() < model.len());
    let major = version.and_then(|rest| rest.split(['.', '-']).next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 3)
}

fn is_pro(model: &str) -> bool {
    model.contains("-pro")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_told_what_it_takes() {
        use ReasoningEffort::{High, Low, Medium, Minimal, None};
        let budget = |tokens: u32, shows: bool| json!({ "thinkingBudget": tokens, "includeThoughts": shows });
        let level = |level: &str, shows: bool| json!({ "thinkingLevel": level, "includeThoughts": shows });
        let cases = [
            ("gemini-2.5-flash", None, budget(0, false)),
            ("gemini-2.5-pro", None, budget(128, false)),
            ("gemini-2.5-pro", Minimal, budget(512, true)),
            ("gemini-3-flash-preview", None, level("minimal", false)),
            ("gemini-3-flash-preview", Medium, level("medium", true)),
            ("gemini-3-pro-preview", None, level("low", false)),
            ("gemini-3-pro-preview", Minimal, level("low", true)),
            ("gemini-3-pro-preview", Low, level("low", true)),
            ("gemini-3-pro-preview", Medium, level("high", true)),
            ("models/gemini-3.1-pro", Medium, level("medium", true)),
            ("gemini-3-pro-preview", High, level("high", true)),
        ];
        for (model, effort, expected) in cases {
            assert_eq!(config(model, effort), expected, "{model} {effort:?}");
        }
    }
}
