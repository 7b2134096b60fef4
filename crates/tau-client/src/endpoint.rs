//! Where a server is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use connectrpc::client::ClientTransport;
use http::Uri;
use http_body::Body;

use crate::transport::Transport;

/// Where a server is: `http://HOST:PORT`, `https://HOST:PORT`, `unix:FILE`, or in this process.
#[derive(Debug, Clone)]
pub struct Endpoint(pub(crate) Place);

#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// HTTP/2 with prior knowledge.
    Http(Uri),
    /// HTTP/2 over TLS.
    Https(Uri),
    /// HTTP/2 over a Unix socket.
    Unix(PathBuf),
    /// A service in this process.
    Here(Transport),
}

impl Endpoint {
    /// A server in this process, called without a network: for a tower service,
    /// [`ServiceTransport`](connectrpc::client::ServiceTransport) of it.
    pub fn in_process<T>(transport: T) -> Self
    where
        T: ClientTransport,
        <T::ResponseBody as Body>::Error: std::error::Error + Send + Sync + 'static,
    {
        Self(Place::Here(Transport::new(transport)))
    }

    /// A Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self(Place::Unix(path.into()))
    }

    /// What requests are addressed to.
    pub(crate) fn uri(&self) -> Uri {
        match &self.0 {
            Place::Http(uri) | Place::Https(uri) => uri.clone(),
            Place::Unix(_) | Place::Here(_) => Uri::from_static("http://localhost"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Http(uri) | Place::Https(uri) => {
                let scheme = uri.scheme_str().unwrap_or_default();
                let authority = uri.authority().map_or("", |authority| authority.as_str());
                write!(f, "{scheme}://{authority}{}", uri.path().trim_end_matches('/'))
            }
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Here(_) => f.write_str("this process"),
        }
    }
}

/// A text that names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEndpoint {
    /// It is neither `http://HOST:PORT`, `https://HOST:PORT` nor `unix:FILE`.
    Form,
    /// It names somebody before an `@`, who would be told in the clear; a token goes elsewhere.
    Credentials,
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a server is named as http://HOST:PORT, https://HOST:PORT or unix:FILE",
            Self::Credentials => "an address holds no name or password: give the token by itself",
        })
    }
}

impl std::error::Error for InvalidEndpoint {}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(InvalidEndpoint::Form) } else { Ok(Self::unix(path)) };
        }
        let uri: Uri = text.parse().map_err(|_| InvalidEndpoint::Form)?;
        let authority = uri.authority().ok_or(InvalidEndpoint::Form)?;
        if authority.as_str().contains('@') {
            return Err(InvalidEndpoint::Credentials);
        }
        match uri.scheme_str() {
            Some("http") => Ok(Self(Place::Http(uri))),
            Some("https") => Ok(Self(Place::Https(uri))),
            _ => Err(InvalidEndpoint::Form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, InvalidEndpoint};

    #[test]
    fn an_address_is_shown_as_it_was_written() {
        let texts = [
            "http://127.0.0.1:8321",
            "http://[::1]:80",
            "https://tau.example/agents",
            "unix:/run/tau.sock",
            "unix:tau.sock",
        ];
        for text in texts {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        let form = ["", "127.0.0.1:8321", "unix:", "ftp://a", "http://", "not an address"];
        for text in form {
            assert_eq!(text.parse::<Endpoint>().unwrap_err(), InvalidEndpoint::Form, "{text}");
        }
        let error = "http://me:secret@a".parse::<Endpoint>().unwrap_err();
        assert_eq!(error, InvalidEndpoint::Credentials);
        assert!(!error.to_string().contains("secret"));
    }
}
