//! Providers: a server that answers for models, and how to speak to it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::client::ClientConfig;
use super::error::{ConfigError, ConfigErrorKind};
use super::merge::Merge;
use crate::secret::{Secret, redact_url};

/// A provider: its address, how it is spoken to and with which credential.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ProviderConfig {
    /// The wire format it speaks. Default: `openai-chat`, the OpenAI-compatible chat completions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Where it answers, version included: `http://localhost:11434/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The key itself. Prefer `api_key_env` or `api_key_file`: a file with a key in it gets shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// The environment variable that holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// The file that holds the key and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// Headers sent with every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Secret>,
    /// Time limits and retries.
    pub client: ClientConfig,
}

impl Merge for ProviderConfig {
    /// A credential of `over` replaces that of `self` wherever it is kept: a provider has one key, so a layer that
    /// names a file must not be in conflict with a variable named below it.
    fn merge(self, over: Self) -> Self {
        let replaced = over.api_key.is_some() || over.api_key_env.is_some() || over.api_key_file.is_some();
        let (api_key, api_key_env, api_key_file) = if replaced {
            (over.api_key, over.api_key_env, over.api_key_file)
        } else {
            (self.api_key, self.api_key_env, self.api_key_file)
        };
        Self {
            format: self.format.merge(over.format),
            base_url: self.base_url.merge(over.base_url),
            api_key,
            api_key_env,
            api_key_file,
            headers: self.headers.merge(over.headers),
            client: self.client.merge(over.client),
        }
    }
}

impl fmt::Debug for ProviderConfig {
    /// Shows the address redacted, because it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, base_url, api_key, api_key_env, api_key_file, headers, client } = self;
        let base_url = base_url
            .as_deref()
            .map(|text| Url::parse(text).map_or("[not an address]".into(), |url| redact_url(&url)));
        f.debug_struct("ProviderConfig")
            .field("format", format)
            .field("base_url", &base_url)
            .field("api_key", api_key)
            .field("api_key_env", api_key_env)
            .field("api_key_file", api_key_file)
            .field("headers", headers)
            .field("client", client)
            .finish()
    }
}

impl ProviderConfig {
    /// A provider at an address.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: Some(base_url.into()), ..Self::default() }
    }

    /// The wire format in force.
    #[must_use]
    pub fn format(&self) -> &str {
        self.format.as_deref().unwrap_or("openai-chat")
    }

    /// The parsed address.
    ///
    /// # Errors
    /// When there is none, or it is not an `http` or `https` address.
    pub fn base_url(&self, path: &str) -> Result<Url, ConfigError> {
        let key = format!("{path}.base_url");
        let text = self.base_url.as_deref().ok_or_else(|| {
            ConfigError::new(ConfigErrorKind::Missing, &key, "a provider needs its address")
                .with_hint("for example \"http://localhost:11434/v1\"")
        })?;
        let invalid = |problem: String| {
            ConfigError::new(ConfigErrorKind::InvalidValue, &key, problem)
                .with_hint("write it with its scheme, for example \"https://api.openai.com/v1\"")
        };
        let url = Url::parse(text).map_err(|error| invalid(format!("not an address ({error})")))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            // Not the address: what stands behind an unknown scheme cannot be told from a secret.
            other => Err(invalid(format!("its scheme is `{other}`, not http or https"))),
        }
    }

    pub(crate) fn validate(&self, path: &str, problems: &mut Vec<ConfigError>) {
        if let Err(error) = self.base_url(path) {
            problems.push(error);
        }
        self.client.validate(&format!("{path}.client"), problems);
        let keys = [
            ("api_key", self.api_key.is_some()),
            ("api_key_env", self.api_key_env.is_some()),
            ("api_key_file", self.api_key_file.is_some()),
        ];
        let set: Vec<&str> = keys.into_iter().filter_map(|(name, is_set)| is_set.then_some(name)).collect();
        if let [first, second, ..] = set[..] {
            problems.push(
                ConfigError::new(
                    ConfigErrorKind::Conflict,
                    format!("{path}.{second}"),
                    format!("`{first}` is set too, and a provider has one key"),
                )
                .with_hint("keep one of them"),
            );
        }
    }
}
