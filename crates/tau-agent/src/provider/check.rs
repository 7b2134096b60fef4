//! What of the configuration of providers only this crate can check, and what follows from it.

use tau_core::config::{Config, ConfigError, ConfigErrorKind, ProviderConfig, suggest};
use url::Url;

use super::{Provider, all, by_name, compatible};
use crate::format::{self, Format};

/// What is wrong with the kinds and formats of the providers, and with addresses that are missing; empty when nothing is.
#[must_use]
pub fn check(config: &Config) -> Vec<ConfigError> {
    let mut problems = Vec::new();
    for (name, provider) in &config.providers {
        let path = format!("providers.{name}");
        match kind_of(provider, &path) {
            Err(error) => problems.push(error),
            Ok(kind) => {
                problems.extend(format_of(provider, kind, &path).err());
                if provider.base_url.is_none() && provider.kind.is_some() {
                    problems.extend(base_url(provider, kind, &path).err());
                }
            }
        }
    }
    problems
}

/// The kind in force.
pub(crate) fn kind_of(config: &ProviderConfig, path: &str) -> Result<&'static dyn Provider, ConfigError> {
    let Some(name) = &config.kind else { return Ok(&compatible::COMPATIBLE) };
    by_name(name).ok_or_else(|| {
        let hint = suggest(name, all().map(|provider| provider.name()).collect::<Vec<_>>().into_iter());
        ConfigError::new(
            ConfigErrorKind::UnknownName,
            format!("{path}.kind"),
            format!("`{name}` is not a kind of provider"),
        )
        .with_hint(hint)
    })
}

/// The format in force.
pub(crate) fn format_of(
    config: &ProviderConfig,
    kind: &dyn Provider,
    path: &str,
) -> Result<&'static dyn Format, ConfigError> {
    let name = config.format.as_deref().unwrap_or(kind.format());
    format::by_name(name).map_err(|_| {
        let known: Vec<&str> = format::all().map(Format::name).collect();
        ConfigError::new(
            ConfigErrorKind::UnknownName,
            format!("{path}.format"),
            format!("`{name}` is not a wire format"),
        )
        .with_hint(format!("known: `{}`", known.join("`, `")))
    })
}

/// The address in force.
pub(crate) fn base_url(config: &ProviderConfig, kind: &dyn Provider, path: &str) -> Result<Url, ConfigError> {
    match kind.base_url() {
        Some(address) if config.base_url.is_none() => ProviderConfig::new(address).base_url(path),
        _ => config.base_url(path),
    }
}
