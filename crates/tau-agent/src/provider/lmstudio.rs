//! LM Studio, on this machine.

use super::preset::Preset;

pub(super) static LMSTUDIO: Preset =
    Preset { name: "lmstudio", base_url: Some("http://localhost:1234/v1"), ..Preset::ANY };
