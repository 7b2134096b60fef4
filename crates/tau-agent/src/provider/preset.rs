//! A provider that is data alone.

use tau_core::config::Quirks;

use super::{AuthScheme, Provider};

/// A provider that is data alone: its formats' addresses lie below its own.
#[derive(Debug)]
pub(super) struct Preset {
    /// The name configuration knows it by.
    pub(super) name: &'static str,
    /// Where it answers, if at one place.
    pub(super) base_url: Option<&'static str>,
    /// The wire format.
    pub(super) format: &'static str,
    /// The environment variable that people keep its key in.
    pub(super) key_variable: Option<&'static str>,
    /// How a key is sent, where not as the format says.
    pub(super) auth: Option<AuthScheme>,
    /// What it wants otherwise than the format says.
    pub(super) quirks: fn() -> Quirks,
}

impl Preset {
    /// Any server: nothing is known but that it speaks OpenAI's chat completions.
    pub(super) const ANY: Self = Self {
        name: "compatible",
        base_url: None,
        format: "openai-chat",
        key_variable: None,
        auth: None,
        quirks: Quirks::default,
    };
}

impl Provider for Preset {
    fn name(&self) -> &'static str {
        self.name
    }

    fn base_url(&self) -> Option<&'static str> {
        self.base_url
    }

    fn format(&self) -> &'static str {
        self.format
    }

    fn key_variable(&self) -> Option<&'static str> {
        self.key_variable
    }

    fn auth(&self) -> Option<AuthScheme> {
        self.auth
    }

    fn quirks(&self) -> Quirks {
        (self.quirks)()
    }
}
