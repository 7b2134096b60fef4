//! Google Gemini, by its own interface. Source: the public reference of the Gemini API.

use super::preset::Preset;

pub(super) static GEMINI: Preset = Preset {
    name: "gemini",
    base_url: Some("https://generativelanguage.googleapis.com/v1beta"),
    format: "gemini",
    key_variable: Some("GEMINI_API_KEY"),
    ..Preset::ANY
};
