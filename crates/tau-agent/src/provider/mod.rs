//! Providers: where models are, and what is particular about each place.
//!
//! A provider and a wire format are separate things: a format can be spoken at many providers, and a provider may
//! speak several. A provider is a small file of data; only one whose addresses are made otherwise has code.

mod anthropic;
mod auth;
mod authorized;
#[cfg(feature = "bedrock")]
mod aws;
mod azure;
#[cfg(feature = "bedrock")]
mod bedrock;
mod check;
mod compatible;
mod credential;
mod deepseek;
mod gemini;
mod groq;
mod llamacpp;
mod lmstudio;
mod mistral;
mod ollama;
mod openai;
mod openrouter;
mod preset;
mod vllm;
mod xai;

use std::fmt;

use tau_core::config::Quirks;
use url::Url;

pub use auth::AuthScheme;
pub use check::check;
pub use credential::{Credential, CredentialError, CredentialSource};

pub(crate) use authorized::Authorized;
pub(crate) use check::{base_url, format_of, kind_of};

/// A place where models are.
///
/// An implementer must keep true: everything it says is the same every time; no answer holds a secret.
pub trait Provider: fmt::Debug + Send + Sync {
    /// The name configuration knows it by, as `kind`.
    fn name(&self) -> &'static str;

    /// Where it answers; `None` when every customer or machine has an address of its own.
    fn base_url(&self) -> Option<&'static str>;

    /// The wire format that is spoken with it where nothing else is configured.
    fn format(&self) -> &'static str;

    /// The environment variable that people keep its key in; `None` when it needs no key. Nothing here reads it.
    fn key_variable(&self) -> Option<&'static str>;

    /// How a key is sent; `None` when as the format says.
    fn auth(&self) -> Option<AuthScheme> {
        None
    }

    /// What it wants otherwise than the format says.
    fn quirks(&self) -> Quirks {
        Quirks::default()
    }

    /// The address below which the format's own addresses lie.
    fn address(&self, place: &Place<'_>) -> Url {
        place.base.clone()
    }
}

/// What an address depends on.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The address that is configured.
    pub base: &'a Url,
    /// The version of the interface that is configured.
    pub api_version: Option<&'a str>,
    /// The name of the wire format.
    pub format: &'a str,
    /// The model.
    pub model: &'a str,
    /// What is asked.
    pub purpose: Purpose,
}

/// What is asked of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A reply of a model.
    Model,
    /// Something else of a model: vectors, the words of a recording.
    Auxiliary,
    /// Which models there are.
    Models,
}

static PROVIDERS: &[&'static dyn Provider] = &[
    &openai::OPENAI,
    &azure::Azure,
    &anthropic::ANTHROPIC,
    &gemini::GEMINI,
    #[cfg(feature = "bedrock")]
    &bedrock::BEDROCK,
    &openrouter::OPENROUTER,
    &deepseek::DEEPSEEK,
    &mistral::MISTRAL,
    &groq::GROQ,
    &xai::XAI,
    &ollama::OLLAMA,
    &llamacpp::LLAMACPP,
    &lmstudio::LMSTUDIO,
    &vllm::VLLM,
    &compatible::COMPATIBLE,
];

/// Every provider that is built in.
pub fn all() -> impl Iterator<Item = &'static dyn Provider> {
    PROVIDERS.iter().copied()
}

/// The provider of a kind; `None` when there is none.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Provider> {
    all().find(|provider| provider.name() == name)
}
