//! Providers: a server that answers for models, and how to speak to it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::client::ClientConfig;
use super::error::{ConfigError, ConfigErrorKind};
use super::merge::Merge;
use super::quirks::Quirks;
use crate::duration::HumanDuration;
use crate::secret::{Secret, redact_url};

/// A provider: its address, how it is spoken to and with which credential.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ProviderConfig {
    /// Which provider it is, such as `openai`, `anthropic` or `azure`: it gives the defaults of all the other keys.
    /// Default: `compatible`, any server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The wire format it speaks. Default: that of the kind, or `openai-chat`, the OpenAI-compatible chat completions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Where it answers, version included: `http://localhost:8000/v1`. Default: that of the kind, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The version of the interface, of `azure`: with it deployments are asked, without it `/openai/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The key itself. Prefer `api_key_env` or `api_key_file`: a file with a key in it gets shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// The environment variable that holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// The file that holds the key and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// Where a token comes from that is sent as `Authorization: Bearer` in place of a key, and gets renewed.
    #[serde(skip_serializing_if = "TokenConfig::is_empty")]
    pub token: TokenConfig,
    /// Headers sent with every request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Secret>,
    /// What it wants otherwise than its format says.
    #[serde(skip_serializing_if = "Quirks::is_empty")]
    pub quirks: Quirks,
    /// Time limits and retries.
    pub client: ClientConfig,
}

/// Where a token comes from: one of three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct TokenConfig {
    /// The environment variable that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The file that holds it, read again when the token is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The program and its arguments that print it: the token alone, or what `az account get-access-token` prints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// How long a token is used whose end is not told. Default: 5m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<HumanDuration>,
}

impl TokenConfig {
    /// Whether no source is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How long a token is used whose end is not told.
    #[must_use]
    pub fn refresh(&self) -> Duration {
        self.refresh.map_or(Duration::from_secs(300), HumanDuration::get)
    }

    fn sources(&self) -> [(&'static str, bool); 3] {
        [
            ("token.env", self.env.is_some()),
            ("token.file", self.file.is_some()),
            ("token.command", self.command.is_some()),
        ]
    }
}

impl Merge for ProviderConfig {
    /// A credential of `over` replaces that of `self` wherever it is kept: a provider has one key, so a layer that
    /// names a file must not be in conflict with a variable named below it.
    fn merge(self, over: Self) -> Self {
        let key = if over.credentials().any(|(_, is_set)| is_set) { &over } else { &self };
        let mut token = key.token.clone();
        token.refresh = self.token.refresh.merge(over.token.refresh);
        let (api_key, api_key_env, api_key_file) =
            (key.api_key.clone(), key.api_key_env.clone(), key.api_key_file.clone());
        Self {
            kind: self.kind.merge(over.kind),
            format: self.format.merge(over.format),
            base_url: self.base_url.merge(over.base_url),
            api_version: self.api_version.merge(over.api_version),
            api_key,
            api_key_env,
            api_key_file,
            token,
            headers: self.headers.merge(over.headers),
            quirks: self.quirks.merge(over.quirks),
            client: self.client.merge(over.client),
        }
    }
}

impl fmt::Debug for ProviderConfig {
    /// Shows the address redacted, because it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            format,
            base_url,
            api_version,
            api_key,
            api_key_env,
            api_key_file,
            token,
            headers,
            quirks,
            client,
        } = self;
        let base_url = base_url
            .as_deref()
            .map(|text| Url::parse(text).map_or("[not an address]".into(), |url| redact_url(&url)));
        f.debug_struct("ProviderConfig")
            .field("kind", kind)
            .field("format", format)
            .field("base_url", &base_url)
            .field("api_version", api_version)
            .field("api_key", api_key)
            .field("api_key_env", api_key_env)
            .field("api_key_file", api_key_file)
            .field("token", token)
            .field("headers", headers)
            .field("quirks", quirks)
            .field("client", client)
            .finish()
    }
}

impl ProviderConfig {
    /// A provider at an address.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: Some(base_url.into()), ..Self::default() }
    }

    /// The kinds of credentials that are set, by their keys.
    fn credentials(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let keys = [
            ("api_key", self.api_key.is_some()),
            ("api_key_env", self.api_key_env.is_some()),
            ("api_key_file", self.api_key_file.is_some()),
        ];
        keys.into_iter().chain(self.token.sources())
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
        // A kind may know the address itself.
        if (self.kind.is_none() || self.base_url.is_some())
            && let Err(error) = self.base_url(path)
        {
            problems.push(error);
        }
        self.client.validate(&format!("{path}.client"), problems);
        let set: Vec<&str> = self.credentials().filter_map(|(name, is_set)| is_set.then_some(name)).collect();
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
        if self.token.command.as_ref().is_some_and(Vec::is_empty) {
            problems.push(
                ConfigError::new(
                    ConfigErrorKind::InvalidValue,
                    format!("{path}.token.command"),
                    "it names no program",
                )
                .with_hint("a list: the program, then its arguments"),
            );
        }
    }
}
