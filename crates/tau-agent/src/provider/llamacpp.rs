//! llama.cpp's `llama-server`, on this machine.

use super::preset::Preset;

pub(super) static LLAMACPP: Preset =
    Preset { name: "llamacpp", base_url: Some("http://localhost:8080/v1"), ..Preset::ANY };
