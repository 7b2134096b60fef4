//! DeepSeek. Source: its public API reference.

use tau_core::config::{Quirks, StructuredOutput};

use super::preset::Preset;

pub(super) static DEEPSEEK: Preset = Preset {
    name: "deepseek",
    base_url: Some("https://api.deepseek.com/v1"),
    key_variable: Some("DEEPSEEK_API_KEY"),
    quirks,
    ..Preset::ANY
};

fn quirks() -> Quirks {
    let mut quirks = Quirks::default();
    // It knows `json_object` alone.
    quirks.structured_output = Some(StructuredOutput::Json);
    quirks
}
