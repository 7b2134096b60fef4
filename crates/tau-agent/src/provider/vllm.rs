//! vLLM, on this machine.

use super::preset::Preset;

pub(super) static VLLM: Preset =
    Preset { name: "vllm", base_url: Some("http://localhost:8000/v1"), ..Preset::ANY };
