//! The HTTP client of remote servers and of their authorization servers.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

use crate::config::RemoteConfig;
use crate::error::{McpError, McpErrorKind};

/// A server that does not take a connection within this is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// So many redirects are followed.
const REDIRECTS: usize = 5;

/// Whether a client goes where an answer sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// Within the same scheme, host and port: headers may hold keys, and only some are taken off elsewhere.
    SameOrigin,
    Never,
}

/// A client for the server at this address.
pub(crate) fn client(name: &str, url: &Url, redirects: Redirects) -> Result<reqwest::Client, McpError> {
    let failed = |error: &dyn Error| {
        McpError::new(McpErrorKind::Unreachable, name, format!("cannot be connected to: {error}"))
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    let tls = if url.scheme() == "https" {
        tls.with_platform_verifier().map_err(|error| failed(&error))?.with_no_client_auth()
    } else {
        // Reading the system's certificates takes milliseconds that a local server need not pay for.
        tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    };
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(policy(redirects))
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .user_agent(concat!("tau/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| failed(&error))
}

fn policy(redirects: Redirects) -> Policy {
    match redirects {
        Redirects::Never => Policy::none(),
        Redirects::SameOrigin => Policy::custom(|attempt| {
            let from = attempt.previous().last().map(Url::origin);
            if from == Some(attempt.url().origin()) && attempt.previous().len() <= REDIRECTS {
                attempt.follow()
            } else {
                attempt.stop()
            }
        }),
    }
}

/// The address of a server, if HTTP reaches it.
pub(crate) fn check_scheme(name: &str, url: &Url) -> Result<(), McpError> {
    match url.scheme() {
        "http" | "https" => Ok(()),
        other => {
            let problem = format!("has an address of the scheme `{other}`, but speaks over HTTP");
            Err(McpError::new(McpErrorKind::UnsupportedTransport, name, problem)
                .with_hint("write an address that starts with https://"))
        }
    }
}

/// The headers of every request, marked as secrets.
pub(crate) fn headers(
    name: &str,
    config: &RemoteConfig,
) -> Result<HashMap<HeaderName, HeaderValue>, McpError> {
    let mut headers = HashMap::new();
    for (key, value) in &config.headers {
        let invalid = |what: &str| {
            let problem = format!("has a header `{}` whose {what} cannot be sent", key.escape_debug());
            McpError::new(McpErrorKind::Unreachable, name, problem)
        };
        let key = HeaderName::from_bytes(key.as_bytes()).map_err(|_| invalid("name"))?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| invalid("value"))?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

/// The same headers as the client's own type has them.
pub(crate) fn header_map(headers: &HashMap<HeaderName, HeaderValue>) -> HeaderMap {
    headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
