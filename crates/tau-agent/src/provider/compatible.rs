//! Any server that speaks OpenAI's chat completions, or the format that is configured.

use super::preset::Preset;

pub(super) static COMPATIBLE: Preset = Preset::ANY;
