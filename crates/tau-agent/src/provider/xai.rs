//! xAI. Source: its public API reference.

use tau_core::config::{MaxTokensField, Quirks};

use super::preset::Preset;

pub(super) static XAI: Preset = Preset {
    name: "xai",
    base_url: Some("https://api.x.ai/v1"),
    key_variable: Some("XAI_API_KEY"),
    quirks,
    ..Preset::ANY
};

fn quirks() -> Quirks {
    let mut quirks = Quirks::default();
    quirks.max_tokens_field = Some(MaxTokensField::MaxCompletionTokens);
    quirks
}
