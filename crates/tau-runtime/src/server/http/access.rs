//! Who may call: the `Host` and `Origin` headers and the token.

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use subtle::ConstantTimeEq;
use tau_core::Secret;

use super::options::{AccessOptions, AllowedHosts};
use super::peer::Peer;
use crate::server::failure::Failure;
use crate::server::reason::Reason;

const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Who may call.
#[derive(Debug)]
pub(super) struct Access {
    origins: Vec<String>,
    hosts: AllowedHosts,
    token: Option<Secret>,
}

impl Access {
    pub(super) fn new(options: &AccessOptions) -> Self {
        let hosts = match &options.allowed_hosts {
            AllowedHosts::Listed(hosts) => AllowedHosts::Listed(lower(hosts)),
            other => other.clone(),
        };
        Self { origins: lower(&options.allowed_origins), hosts, token: options.token.clone() }
    }

    /// Whether a page of this origin may read answers.
    pub(super) fn lists_origin(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str().unwrap_or_default();
        self.origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
    }

    /// Refuses names and origins that are not allowed.
    pub(super) fn check_names(&self, request: &Parts) -> Result<(), Failure> {
        let peer = request.extensions.get::<Peer>();
        if peer.is_none_or(|peer| peer.is_network()) {
            let is_loopback = peer.is_none_or(|peer| peer.is_loopback());
            self.check_host(request, is_loopback)?;
        }
        let mut origins = request.headers.get_all(ORIGIN).iter();
        if origins.all(|origin| self.lists_origin(origin) || is_same_origin(origin, request)) {
            return Ok(());
        }
        Err(not_allowed("pages of this origin may not call this server")
            .hint("add the origin to the allowed origins of the server"))
    }

    fn check_host(&self, request: &Parts, is_loopback: bool) -> Result<(), Failure> {
        let names: Vec<Option<Authority>> = names(request);
        let is_any = match &self.hosts {
            AllowedHosts::Any => true,
            AllowedHosts::LoopbackNames => !is_loopback,
            AllowedHosts::Listed(_) => false,
        };
        let is_allowed = |name: &Option<Authority>| name.as_ref().is_some_and(|name| self.lists_host(name));
        if is_any || (!names.is_empty() && names.iter().all(is_allowed)) {
            return Ok(());
        }
        Err(not_allowed("this server may not be called under this name")
            .hint("add the name in the Host header to the allowed hosts of the server"))
    }

    fn lists_host(&self, name: &Authority) -> bool {
        match &self.hosts {
            AllowedHosts::Listed(listed) => listed.iter().any(|listed| {
                name.as_str().eq_ignore_ascii_case(listed) || name.host().eq_ignore_ascii_case(listed)
            }),
            _ => LOOPBACK_NAMES.iter().any(|listed| name.host().eq_ignore_ascii_case(listed)),
        }
    }

    /// Refuses callers without the token, if there is one.
    pub(super) fn check_token(&self, headers: &HeaderMap, peer: Option<&Peer>) -> Result<(), Failure> {
        let Some(token) = &self.token else { return Ok(()) };
        let is_asked = peer.is_none_or(|peer| peer.is_network());
        let given = bearer(headers).unwrap_or_default();
        // In constant time: how long a comparison takes would tell how much of a guess is right.
        if !is_asked || bool::from(given.as_bytes().ct_eq(token.expose().as_bytes())) {
            return Ok(());
        }
        Err(Failure::new(Reason::Unauthenticated, "no credential, or one that is not accepted")
            .hint("send the server's token in the header `authorization: Bearer <token>`"))
    }
}

fn not_allowed(message: &str) -> Failure {
    Failure::new(Reason::OriginNotAllowed, message)
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// Every name that the request gives the server: clients and proxies differ in which one they believe.
fn names(request: &Parts) -> Vec<Option<Authority>> {
    let target = request.uri.authority().map(|name| Some(name.clone()));
    let hosts = request.headers.get_all(HOST).iter();
    let names = target.into_iter().chain(hosts.map(|host| Authority::try_from(host.as_bytes()).ok()));
    // `user@localhost` is no name of a host.
    names.map(|name| name.filter(|name| !name.as_str().contains('@'))).collect()
}

/// Whether the page came from the name that it calls.
fn is_same_origin(origin: &HeaderValue, request: &Parts) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let Some((_, origin)) = origin.split_once("://") else { return false };
    let names = names(request);
    let is_origin = |name: &Option<Authority>| {
        name.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case(origin))
    };
    !names.is_empty() && names.iter().all(is_origin)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
