//! Secrets, and addresses that may hold one.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use url::Url;

const REDACTED: &str = "[redacted]";

/// A text that does not print: an API key, a header value.
///
/// `Debug`, `Display` and `Serialize` give `[redacted]`, so a secret cannot reach a log, an error, a journal
/// or an exported configuration by accident. It follows that a serialised secret does not read back.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A secret. Never printed.", "writeOnly": true })
    }
}

/// An address fit for a log or an error: user, password, query values and fragment are replaced.
///
/// Query values go because keys are passed there (`?key=...`, `?api-key=...`); their names stay. A query part
/// without a name goes whole. The path stays, so an address with a key in its path is not fit for a log.
#[must_use]
pub fn redact_url(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for addresses that cannot hold credentials at all.
    if !shown.username().is_empty() {
        let _ = shown.set_username("redacted");
    }
    if shown.password().is_some() {
        let _ = shown.set_password(Some("redacted"));
    }
    if let Some(query) = url.query() {
        let parts: Vec<String> = query.split('&').map(redact_query_part).collect();
        shown.set_query(Some(&parts.join("&")));
    }
    if shown.fragment().is_some() {
        shown.set_fragment(Some("redacted"));
    }
    shown.to_string()
}

fn redact_query_part(part: &str) -> String {
    match part.split_once('=') {
        Some((name, _)) => format!("{name}=redacted"),
        None if part.is_empty() => String::new(),
        None => "redacted".to_owned(),
    }
}
