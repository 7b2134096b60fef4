//! Anthropic. Source: its public API reference.

use super::preset::Preset;

pub(super) static ANTHROPIC: Preset = Preset {
    name: "anthropic",
    base_url: Some("https://api.anthropic.com"),
    format: "anthropic-messages",
    key_variable: Some("ANTHROPIC_API_KEY"),
    ..Preset::ANY
};
