//! Ollama, by its own interface, on this machine.

use super::preset::Preset;

pub(super) static OLLAMA: Preset =
    Preset { name: "ollama", base_url: Some("http://localhost:11434"), format: "ollama-chat", ..Preset::ANY };
