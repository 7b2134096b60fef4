//! A server that is asked.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls_platform_verifier::BuilderVerifierExt;
use tau_runtime::hooks::HookFailure;

use super::declare::HttpHandler;

/// Bytes of an answer that are read.
const KEPT: usize = 1 << 20;
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// Asks servers. Made when the first is asked: reading the system's certificates takes its time.
#[derive(Debug, Default)]
pub(super) struct Servers(OnceLock<Option<Client>>);

impl Servers {
    /// The text that a server answers a payload with.
    pub(super) async fn ask(
        &self,
        handler: &HttpHandler,
        variables: &BTreeMap<String, String>,
        payload: Vec<u8>,
    ) -> Result<String, HookFailure> {
        let client = self.0.get_or_init(|| client().ok()).as_ref();
        let client = client.ok_or_else(|| failed("the certificates of the system cannot be read"))?;
        let mut request =
            client.post(handler.url.clone()).header("content-type", "application/json").body(payload);
        for (name, value) in &handler.headers {
            request = request.header(name, filled(value, &handler.variables, variables));
        }
        // The words of these errors can hold the address, and that a credential.
        let mut response = request.send().await.map_err(|error| failed(reason(&error)))?;
        if !response.status().is_success() {
            return Err(failed(&format!("the server answered {}", response.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(reason(&error)))? {
            if body.len() + chunk.len() > KEPT {
                return Err(failed("it said too much"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

fn client() -> Result<Client, Box<dyn Error>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    // A redirect would carry headers elsewhere.
    let client = Client::builder().tls_backend_preconfigured(tls).redirect(Policy::none());
    Ok(client.connect_timeout(CONNECTED_WITHIN).build()?)
}

fn failed(words: &str) -> HookFailure {
    HookFailure::Failed(words.to_owned())
}

fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_connect() {
        "the server cannot be reached"
    } else if error.is_builder() {
        "its address or a header is none"
    } else {
        "the connection broke off"
    }
}

/// A header with the variables that it may name; others are left out.
fn filled(value: &str, allowed: &[String], variables: &BTreeMap<String, String>) -> String {
    let mut made = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('$') {
        made.push_str(before);
        let (name, after) = name_of(behind);
        if name.is_empty() {
            made.push('$');
        } else if allowed.iter().any(|allowed| allowed == name) {
            made.push_str(variables.get(name).map_or("", String::as_str));
        }
        rest = after;
    }
    made + rest
}

/// The name that a text begins with, in braces or not, and what follows it.
fn name_of(text: &str) -> (&str, &str) {
    if let Some((name, after)) = text.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return (name, after);
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::filled;

    #[test]
    fn headers_name_variables_that_are_allowed() {
        let variables = BTreeMap::from([("KEY", "k"), ("OTHER", "o")]);
        let variables =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for (value, expected) in [
            ("Bearer $KEY", "Bearer k"),
            ("Bearer ${KEY}.", "Bearer k."),
            ("$OTHER", ""),
            ("$MISSING", ""),
            ("5 $ and ${", "5 $ and ${"),
        ] {
            assert_eq!(
                filled(value, &["KEY".to_owned(), "MISSING".to_owned()], &variables),
                expected,
                "{value}"
            );
        }
    }
}
