//! Groq. Source: its public API reference.

use tau_core::config::{MaxTokensField, Quirks};

use super::preset::Preset;

pub(super) static GROQ: Preset = Preset {
    name: "groq",
    base_url: Some("https://api.groq.com/openai/v1"),
    key_variable: Some("GROQ_API_KEY"),
    quirks,
    ..Preset::ANY
};

fn quirks() -> Quirks {
    let mut quirks = Quirks::default();
    quirks.max_tokens_field = Some(MaxTokensField::MaxCompletionTokens);
    quirks
}
