//! Where each value comes from, and values as they may be shown.

use serde_json::Value;
use tau_core::config::{Config, ProviderConfig};
use tau_core::redact_url;

use super::Loaded;

/// A value in force.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its key, as TOML writes it.
    pub(crate) key: String,
    /// The value, as JSON, which TOML reads too.
    pub(crate) value: String,
    /// The layer it comes from; several where they add up.
    pub(crate) origin: String,
}

/// Lists to which every layer adds: all that do are named.
const ADD_UP: [&str; 3] = ["allow", "ask", "deny"];

impl Loaded {
    /// The configuration without secrets.
    pub(crate) fn shown(&self) -> Config {
        let mut config = self.config.clone();
        for provider in config.providers.values_mut().filter(|provider| provider.base_url.is_some()) {
            provider.base_url = Some(shown_address(provider));
        }
        config
    }

    /// Every value in force with its origin, in the order of the keys.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let layers: Vec<(&str, Value)> =
            self.layers.iter().map(|layer| (layer.name.as_str(), as_value(&layer.config))).collect();
        let mut settings = Vec::new();
        let mut path = Vec::new();
        each_leaf(&as_value(&self.shown()), &mut path, &mut |path, value| {
            let sets = |layer: &Value| path.iter().try_fold(layer, |below, key| below.get(key)).is_some();
            let mut origins: Vec<&str> =
                layers.iter().filter(|(_, layer)| sets(layer)).map(|(name, _)| *name).collect();
            let adds_up =
                matches!(path, [first, last] if first == "permissions" && ADD_UP.contains(&last.as_str()));
            if !adds_up {
                origins.drain(..origins.len().saturating_sub(1));
            }
            settings.push(Setting {
                key: path.iter().map(|key| bare_or_quoted(key)).collect::<Vec<_>>().join("."),
                value: value.to_string(),
                origin: origins.join(", "),
            });
        });
        settings
    }
}

fn as_value(config: &Config) -> Value {
    serde_json::to_value(config).unwrap_or_default()
}

/// The address of a provider, redacted where it holds more than a place.
fn shown_address(provider: &ProviderConfig) -> String {
    match provider.base_url("") {
        Ok(url) => {
            let redacted = redact_url(&url);
            let as_written = provider.base_url.clone().filter(|_| redacted == url.as_str());
            as_written.unwrap_or(redacted)
        }
        // Nobody knows what it holds.
        Err(_) => "[not an address]".to_owned(),
    }
}

fn each_leaf(value: &Value, path: &mut Vec<String>, found: &mut impl FnMut(&[String], &Value)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(key.clone());
                each_leaf(value, path, found);
                path.pop();
            }
        }
        leaf => found(path, leaf),
    }
}

fn bare_or_quoted(key: &str) -> String {
    let is_bare =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if is_bare { key.to_owned() } else { Value::from(key).to_string() }
}
