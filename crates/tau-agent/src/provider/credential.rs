//! Credentials that end and are renewed.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::Secret;

/// Where tokens come from: a program, a file, a service of the machine. Libraries read none of these, so whoever puts
/// an agent together brings a source.
///
/// An implementer must keep true: every call asks anew; no error holds a token.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// A token that is good now.
    fn token(&self) -> BoxFuture<'static, Result<Credential, CredentialError>>;
}

/// A token, and how long it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credential {
    /// The token.
    pub token: Secret,
    /// How long from now; `None` when nobody said.
    pub good_for: Option<Duration>,
}

impl Credential {
    /// A token of which nobody said how long it is good for.
    #[must_use]
    pub const fn new(token: Secret) -> Self {
        Self { token, good_for: None }
    }

    /// Reads what programs print and files hold: the token alone, or an object of it, as `az account get-access-token`
    /// (`accessToken`, `expires_on` in seconds since 1970) and OAuth servers (`access_token`, `expires_in`) give it, and
    /// credentials of AWS as `aws configure export-credentials` does (`AccessKeyId`, `Expiration`), for the kind `bedrock`.
    ///
    /// `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When there is no token in it.
    pub fn parse(text: &str, now: u64) -> Result<Self, CredentialError> {
        let text = text.trim();
        if !text.starts_with('{') {
            let is_token = !text.is_empty() && !text.contains(char::is_whitespace);
            return if is_token { Ok(Self::new(Secret::new(text))) } else { Err(CredentialError::NoToken) };
        }
        let value: Value = serde_json::from_str(text).map_err(|_| CredentialError::NoToken)?;
        if value["AccessKeyId"].is_string() {
            // Credentials of AWS: all of it is needed to sign with.
            let end = value["Expiration"].as_str().and_then(seconds).map(|end| end.saturating_sub(now));
            return Ok(Self { token: Secret::new(text), good_for: end.map(Duration::from_secs) });
        }
        let first = |names: &[&str]| names.iter().map(|name| &value[*name]).find(|value| !value.is_null());
        let token = first(&["accessToken", "access_token", "token"]).and_then(Value::as_str);
        let token = token.filter(|token| !token.is_empty()).ok_or(CredentialError::NoToken)?;
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let until = first(&["expires_on"]).and_then(number).map(|end| end.saturating_sub(now));
        let good_for = first(&["expires_in"]).and_then(number).or(until).map(Duration::from_secs);
        Ok(Self { token: Secret::new(token), good_for })
    }
}

/// Seconds since 1970, of a time as AWS writes it, which is in UTC.
fn seconds(time: &str) -> Option<u64> {
    let time = time.strip_suffix("+00:00").map_or_else(|| time.to_owned(), |time| format!("{time}Z"));
    let time = humantime::parse_rfc3339(&time).ok()?;
    time.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// No token could be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// What was read holds none.
    #[error("there is no token in it")]
    NoToken,
    /// The source failed, in words that hold no secret.
    #[error("{0}")]
    Source(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_every_form() {
        let good = |text: &str| {
            let credential = Credential::parse(text, 1_000).unwrap();
            (credential.token.expose().to_owned(), credential.good_for.map(|time| time.as_secs()))
        };
        assert_eq!(good("eyJ0\n"), ("eyJ0".to_owned(), None));
        assert_eq!(good(r#"{"accessToken":"t","expires_on":1600}"#), ("t".to_owned(), Some(600)));
        assert_eq!(good(r#"{"accessToken":"t","expires_on":"900"}"#), ("t".to_owned(), Some(0)));
        assert_eq!(good(r#"{"access_token":"t","expires_in":60}"#), ("t".to_owned(), Some(60)));
        let aws = r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s","Expiration":"1970-01-01T00:20:00+00:00"}"#;
        assert_eq!(good(aws), (aws.to_owned(), Some(200)));
        assert_eq!(good(&aws.replace("+00:00", "Z")).1, Some(200));
        for text in ["", "two words", "{", "{}", r#"{"accessToken":""}"#] {
            assert_eq!(Credential::parse(text, 0), Err(CredentialError::NoToken), "{text}");
        }
    }
}
