//! Mistral. Source: its public API reference.

use tau_core::config::{Quirks, SeedField};

use super::preset::Preset;

pub(super) static MISTRAL: Preset = Preset {
    name: "mistral",
    base_url: Some("https://api.mistral.ai/v1"),
    key_variable: Some("MISTRAL_API_KEY"),
    quirks,
    ..Preset::ANY
};

fn quirks() -> Quirks {
    let mut quirks = Quirks::default();
    // Fields it does not know are refused; it tells token counts unasked.
    quirks.stream_options = Some(false);
    quirks.seed_field = Some(SeedField::RandomSeed);
    quirks
}
