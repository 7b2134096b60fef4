//! The web as far as a list of domains lets it be reached.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Client, Response};
use rustls_platform_verifier::BuilderVerifierExt;
use tau_sandbox::proxy::{Egress, EgressError};
use url::{Host, Url};

use super::fetch::{Fetch, FetchError, FetchErrorKind, Fetched};

/// How long a connection may take, and all of a page.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);
const WANTED: &str = "text/markdown, text/html;q=0.9, text/plain;q=0.9, */*;q=0.5";

/// Gets pages of the web over https, from the hosts that the sandbox's way out lets commands reach.
///
/// It is the same list and the same check: a name is resolved once, all its addresses have to be of the public network, and the
/// connection goes to one of those. No proxy of the system is used, no redirect followed, no credential and no cookie sent.
/// Certificates are those the system trusts; they are read with the first page.
#[derive(Debug)]
pub struct Web {
    egress: Egress,
    client: OnceLock<Result<Client, String>>,
}

impl Web {
    /// The web as far as `egress` goes.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        Self { egress, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, FetchError> {
        let made = self.client.get_or_init(|| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let tls = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .and_then(BuilderVerifierExt::with_platform_verifier)
                .map_err(|error| error.to_string())?;
            client(&self.egress, tls.with_no_client_auth())
        });
        made.as_ref().map_err(|problem| FetchError::new(FetchErrorKind::Unreachable, problem.clone()))
    }

    async fn page(&self, url: &str, limit: usize) -> Result<Fetched, FetchError> {
        let denied = |problem: String| FetchError::new(FetchErrorKind::Denied, problem);
        let url = Url::parse(url).map_err(|error| denied(format!("it is no address: {error}")))?;
        let (Some(Host::Domain(host)), "https") = (url.host(), url.scheme()) else {
            return Err(denied("only https, and only hosts with a name, may be fetched".to_owned()));
        };
        if !self.egress.allows(host, url.port().unwrap_or(443)) {
            return Err(denied(format!(
                "{host} is not on the list of domains that the user lets this session reach ([sandbox] network)"
            )));
        }
        let request = self.client()?.get(url.clone()).header(ACCEPT, WANTED);
        read(request.send().await.map_err(explain)?, limit).await
    }
}

impl Fetch for Web {
    fn get<'a>(&'a self, url: &'a str, limit: usize) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        self.page(url, limit).boxed()
    }
}

/// The client, which resolves names as the way out does and in no other way.
fn client(egress: &Egress, tls: rustls::ClientConfig) -> Result<Client, String> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Checked(egress.clone())))
        .https_only(true)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .user_agent(concat!("tau/", env!("CARGO_PKG_VERSION")))
        .build();
    client.map_err(|error| error.to_string())
}

/// Names, resolved once and checked.
#[derive(Debug)]
struct Checked(Egress);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.0.clone();
        Box::pin(async move {
            let addresses = egress.addresses(name.as_str(), 443).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Takes no more of an answer than the limit.
async fn read(mut response: Response, limit: usize) -> Result<Fetched, FetchError> {
    let header = |name: HeaderName| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut fetched = Fetched::new(response.status().as_u16(), Vec::new());
    (fetched.content_type, fetched.location) = (header(CONTENT_TYPE), header(LOCATION));
    while let Some(chunk) = response.chunk().await.map_err(explain)? {
        let room = limit - fetched.body.len();
        fetched.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            fetched.is_cut = true;
            break;
        }
    }
    Ok(fetched)
}

fn explain(error: reqwest::Error) -> FetchError {
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    let mut words = Vec::new();
    while let Some(cause) = source {
        if let Some(EgressError::Forbidden) = cause.downcast_ref() {
            let problem = "the host leads to an address that is not of the public network, or to none";
            return FetchError::new(FetchErrorKind::Denied, problem);
        }
        words.push(cause.to_string());
        source = cause.source();
    }
    let kind = if error.is_timeout() {
        FetchErrorKind::TimedOut
    } else if error.is_connect() {
        FetchErrorKind::Unreachable
    } else {
        FetchErrorKind::Malformed
    };
    words.dedup();
    FetchError::new(kind, words.join(": "))
}
