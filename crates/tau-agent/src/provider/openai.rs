//! OpenAI. Source: its public API reference.

use tau_core::config::{MaxTokensField, Quirks};

use super::preset::Preset;

pub(super) static OPENAI: Preset = Preset {
    name: "openai",
    base_url: Some("https://api.openai.com/v1"),
    format: "openai-responses",
    key_variable: Some("OPENAI_API_KEY"),
    quirks,
    ..Preset::ANY
};

fn quirks() -> Quirks {
    let mut quirks = Quirks::default();
    // Reasoning models refuse the older name.
    quirks.max_tokens_field = Some(MaxTokensField::MaxCompletionTokens);
    quirks
}
