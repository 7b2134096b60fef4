//! OpenRouter, a gateway to many providers. Source: its public API reference.

use super::preset::Preset;

pub(super) static OPENROUTER: Preset = Preset {
    name: "openrouter",
    base_url: Some("https://openrouter.ai/api/v1"),
    key_variable: Some("OPENROUTER_API_KEY"),
    ..Preset::ANY
};
