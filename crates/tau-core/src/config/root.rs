//! The whole configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agent::{AgentConfig, PermissionConfig};
use super::client::ClientConfig;
use super::error::{ConfigError, ConfigErrorKind, key, suggest};
use super::merge::{Merge, merge_fields};
use super::model::{ModelConfig, ModelOptions};
use super::provider::ProviderConfig;
use super::sandbox::SandboxConfig;
use super::serve::ServeConfig;
use crate::model::{Model, ModelRef};

/// The whole configuration of an agent runtime.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Config {
    /// The model to use: a name under `[models]`, or `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How the agent works.
    pub agent: AgentConfig,
    /// Who may do what.
    pub permissions: PermissionConfig,
    /// How commands are kept apart from the machine.
    pub sandbox: SandboxConfig,
    /// How `tau serve` serves.
    pub serve: ServeConfig,
    /// Time limits and retries of every provider that does not say otherwise.
    pub client: ClientConfig,
    /// Servers that answer for models, by a name of one's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Models, by a name of one's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, ModelConfig>,
}

merge_fields!(Config { model, agent, permissions, sandbox, serve, client, providers, models });

/// A model with everything needed to reach it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResolvedModel {
    /// The name of the provider in the configuration.
    pub provider_name: String,
    /// The provider.
    pub provider: ProviderConfig,
    /// The model.
    pub model: Model,
    /// How it is asked: the model's options with the agent's laid over.
    pub options: ModelOptions,
    /// The models asked in its place while it does not answer, in order; these have none of their own.
    pub fallbacks: Vec<ResolvedModel>,
}

impl Config {
    /// Everything that is wrong, each problem with the path of its key; empty when nothing is.
    #[must_use]
    pub fn validate(&self) -> Vec<ConfigError> {
        let mut problems = Vec::new();
        self.client.validate("client", &mut problems);
        self.serve.validate("serve", &mut problems);
        for (name, provider) in &self.providers {
            provider.validate(&format!("providers.{}", key(name)), &mut problems);
        }
        for (name, model) in &self.models {
            self.validate_model(name, model, &mut problems);
        }
        validate_options("agent.options", &self.agent.options, &mut problems);
        if self.agent.budget.max_turns == Some(0) {
            problems.push(ConfigError::new(
                ConfigErrorKind::InvalidValue,
                "agent.budget.max_turns",
                "a run needs at least one turn",
            ));
        }
        if let Some(text) = &self.model
            && let Err(error) = self.resolve(text)
            && !problems.contains(&error)
        {
            problems.push(error);
        }
        problems
    }

    /// Finds a model by the name people gave: one under `[models]`, or `provider/model`.
    ///
    /// A configured name wins over `provider/model`, so a name may hold a slash. Blanks around the name are
    /// ignored.
    ///
    /// # Errors
    /// When the name leads nowhere; the error names the key and the nearest known name.
    pub fn resolve(&self, text: &str) -> Result<ResolvedModel, ConfigError> {
        let text = text.trim();
        let mut resolved = self.resolve_alone(text)?;
        let fallbacks = self.models.get(text).and_then(|model| model.fallbacks.as_deref());
        for (place, name) in fallbacks.unwrap_or_default().iter().enumerate() {
            resolved.fallbacks.push(self.resolve_fallback(text, place, name)?);
        }
        Ok(resolved)
    }

    fn resolve_fallback(&self, of: &str, place: usize, name: &str) -> Result<ResolvedModel, ConfigError> {
        let path = format!("models.{}.fallbacks[{place}]", key(of));
        if name.trim() == of {
            let problem = "a model cannot take its own place";
            return Err(ConfigError::new(ConfigErrorKind::Conflict, path, problem));
        }
        self.resolve_alone(name).map_err(|error| error.at(path))
    }

    /// The model without those that may take its place.
    fn resolve_alone(&self, text: &str) -> Result<ResolvedModel, ConfigError> {
        let text = text.trim();
        if let Some(model) = self.models.get(text) {
            return self.resolve_configured(text, model);
        }
        let reference: ModelRef = text
            .parse()
            .map_err(|error| ConfigError::new(ConfigErrorKind::InvalidValue, "model", format!("{error}")))?;
        match reference {
            ModelRef::Named(name) => {
                let problem = format!("no model `{name}` under [models]");
                Err(ConfigError::new(ConfigErrorKind::UnknownName, "model", problem)
                    .with_hint(suggest(&name, self.models.keys().map(String::as_str))))
            }
            ModelRef::AtProvider { provider, model } => {
                self.at_provider("model", &provider, Model::new(model))
            }
        }
    }

    fn resolve_configured(&self, name: &str, config: &ModelConfig) -> Result<ResolvedModel, ConfigError> {
        let path = format!("models.{}.provider", key(name));
        let provider = config.provider.as_deref().ok_or_else(|| {
            ConfigError::new(ConfigErrorKind::Missing, &path, "a model needs its provider")
                .with_hint("name one under [providers]")
        })?;
        let mut model = Model::new(config.name.as_deref().unwrap_or(name));
        model.capabilities = config.capabilities.clone().unwrap_or_default();
        model.prices.clone_from(&config.prices);
        let mut resolved = self.at_provider(&path, provider, model)?;
        resolved.options = config.options.clone().merge(resolved.options);
        resolved.provider.quirks = resolved.provider.quirks.merge(config.quirks.clone());
        Ok(resolved)
    }

    fn at_provider(&self, path: &str, name: &str, model: Model) -> Result<ResolvedModel, ConfigError> {
        let provider = self.providers.get(name).ok_or_else(|| {
            ConfigError::new(
                ConfigErrorKind::UnknownName,
                path,
                format!("no provider `{name}` under [providers]"),
            )
            .with_hint(suggest(name, self.providers.keys().map(String::as_str)))
        })?;
        let mut provider = provider.clone();
        provider.client = self.client.clone().merge(provider.client);
        let options = self.agent.options.clone();
        Ok(ResolvedModel { provider_name: name.to_owned(), provider, model, options, fallbacks: Vec::new() })
    }

    fn validate_model(&self, name: &str, config: &ModelConfig, problems: &mut Vec<ConfigError>) {
        if let Err(error) = self.resolve_configured(name, config) {
            problems.push(error);
        }
        let path = format!("models.{}", key(name));
        validate_options(&format!("{path}.options"), &config.options, problems);
        for (place, fallback) in config.fallbacks.iter().flatten().enumerate() {
            if let Err(error) = self.resolve_fallback(name, place, fallback) {
                problems.push(error);
            }
        }
        let Some(capabilities) = &config.capabilities else { return };
        if let (Some(window), Some(output)) = (capabilities.context_window, capabilities.max_output)
            && output > window
        {
            problems.push(ConfigError::new(
                ConfigErrorKind::Conflict,
                format!("{path}.capabilities.max_output"),
                format!("{output} tokens do not fit the context window of {window}"),
            ));
        }
    }
}

fn validate_options(path: &str, options: &ModelOptions, problems: &mut Vec<ConfigError>) {
    let ranges = [("temperature", options.temperature, 2.0), ("top_p", options.top_p, 1.0)];
    for (key, value, most) in ranges {
        if let Some(value) = value
            && !(0.0..=most).contains(&value)
        {
            problems.push(ConfigError::new(
                ConfigErrorKind::InvalidValue,
                format!("{path}.{key}"),
                format!("{value} is not between 0 and {most}"),
            ));
        }
    }
    if options.max_tokens == Some(0) {
        problems.push(ConfigError::new(
            ConfigErrorKind::InvalidValue,
            format!("{path}.max_tokens"),
            "a reply needs at least one token",
        ));
    }
}
