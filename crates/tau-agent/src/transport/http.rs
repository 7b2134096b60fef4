//! HTTP, over TLS or not.

use std::error::Error;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use rustls_platform_verifier::BuilderVerifierExt;
use tau_core::config::ClientConfig;
use tau_core::event::ModelFailureKind;
use url::Url;

use super::{Method, Transport, TransportError, WireRequest, WireResponse};

/// HTTP/1.1 and HTTP/2 with pooled connections. Redirects are not followed: they would carry the key elsewhere.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// A transport for the server at `base_url`.
    ///
    /// # Errors
    /// When the system's trusted certificates cannot be read, for an `https` address.
    pub fn new(base_url: &Url, config: &ClientConfig) -> Result<Self, TransportError> {
        let failed =
            |error: &dyn Error| TransportError::new(ModelFailureKind::Unreachable, error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let tls = if base_url.scheme() == "https" {
            tls.with_platform_verifier().map_err(|error| failed(&error))?.with_no_client_auth()
        } else {
            // Reading the system's certificates takes milliseconds that a local server need not pay for.
            tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(config.connect_timeout())
            .tcp_nodelay(true)
            .user_agent(concat!("tau/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Self { client })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let mut url = request.url;
        if request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            // User and password of the address would be sent as a second such header; servers refuse two.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self
                .client
                .post(url)
                .header("content-type", &request.content_type)
                .header("accept", "text/event-stream, application/json")
                .body(reqwest::Body::wrap(request.body)),
        };
        for (name, value) in &request.headers {
            builder = builder.header(name, value.expose());
        }
        let sent = builder.send();
        async move {
            let response = sent.await.map_err(|error| classify(&error))?;
            let headers = response.headers().clone();
            let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
            let content_type = content_type.unwrap_or_default();
            let texts =
                headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
            let status = response.status().as_u16();
            let body = response.bytes_stream().map_err(|error| classify(&error)).boxed();
            Ok(WireResponse::new(status, content_type, body).with_headers(texts))
        }
        .boxed()
    }
}

fn classify(error: &reqwest::Error) -> TransportError {
    let kind = if error.is_builder() {
        ModelFailureKind::InvalidRequest
    } else if error.is_timeout() && !error.is_connect() {
        ModelFailureKind::Timeout
    } else if error.is_body() || error.is_decode() {
        ModelFailureKind::Interrupted
    } else {
        ModelFailureKind::Unreachable
    };
    TransportError::new(kind, causes(error))
}

/// What went wrong underneath: the outermost error names the address, which may hold a secret.
fn causes(error: &dyn Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // Layers repeat what the layer below says.
        if !causes.iter().any(|said| said.contains(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    if causes.is_empty() { "the request failed".to_owned() } else { causes.join(": ") }
}
