//! Where an agent's requests go and what they carry: a provider and a format, put together.

use tau_core::Secret;
use tau_core::config::{ConfigError, Merge, Quirks, ResolvedModel};
use url::Url;

use crate::format::Format;
use crate::images::ImageLimits;
use crate::provider::{Place, Provider, Purpose, base_url, format_of, kind_of};

/// Where an agent's requests go and what they carry.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) format: &'static dyn Format,
    pub(crate) quirks: Quirks,
    /// What is taken of pictures.
    pub(crate) images: ImageLimits,
    /// The address that is configured.
    pub(crate) base: Url,
    /// The address below which vectors and the words of recordings are asked for.
    pub(crate) auxiliary_base: Url,
    pub(crate) chat_url: Url,
    pub(crate) models_url: Url,
    pub(crate) headers: Vec<(String, Secret)>,
}

impl Target {
    /// The address in force.
    pub(crate) fn base_url(resolved: &ResolvedModel) -> Result<Url, ConfigError> {
        let path = path(resolved);
        base_url(&resolved.provider, kind_of(&resolved.provider, &path)?, &path)
    }

    pub(crate) fn new(resolved: &ResolvedModel) -> Result<Self, ConfigError> {
        Self::at(resolved, kind_of(&resolved.provider, &path(resolved))?)
    }

    /// The target at a provider, whatever kind is configured.
    pub(crate) fn at(resolved: &ResolvedModel, kind: &dyn Provider) -> Result<Self, ConfigError> {
        let path = path(resolved);
        let provider = &resolved.provider;
        let format = format_of(provider, kind, &path)?;
        let base = base_url(provider, kind, &path)?;
        let model = &resolved.model.name;
        let address = |purpose| {
            let api_version = provider.api_version.as_deref();
            kind.address(&Place { base: &base, api_version, format: format.name(), model, purpose })
        };
        let mut headers: Vec<(String, Secret)> =
            provider.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in format.headers() {
            if !headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name)) {
                headers.push(((*name).to_owned(), Secret::new(*value)));
            }
        }
        if let Some(key) = &provider.api_key {
            headers.push(kind.auth().unwrap_or_else(|| format.auth()).header(key));
        }
        Ok(Self {
            format,
            images: ImageLimits::of(kind.name(), format.name()),
            quirks: kind.quirks().merge(provider.quirks.clone()),
            chat_url: format.chat_url(&address(Purpose::Model), model),
            models_url: format.models_url(&address(Purpose::Models)),
            auxiliary_base: address(Purpose::Auxiliary),
            base,
            headers,
        })
    }
}

fn path(resolved: &ResolvedModel) -> String {
    format!("providers.{}", resolved.provider_name)
}
