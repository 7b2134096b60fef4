//! Where a server listens, and the way there.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use connectrpc::ConnectError;
use connectrpc::client::{ClientConfig, Http2Connection, SharedHttp2Connection};
use http::Uri;
use tau_proto::runtime::v1::ExtensionServiceClient;

/// What may be on its way here of one attachment, and of all that one connection carries.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// The largest message: an append ends with a decision, and so may hold more than one event of the largest size.
const MAX_MESSAGE: usize = 256 << 20;

/// Where a server listens.
#[derive(Debug, Clone)]
pub(in crate::program) enum Server {
    Tcp(Uri),
    Unix(PathBuf),
}

impl Server {
    /// Connects, and gives the client that speaks over the connection.
    pub(super) async fn connect(
        &self,
        token: Option<&str>,
    ) -> Result<ExtensionServiceClient<SharedHttp2Connection>, ConnectError> {
        let builder = Http2Connection::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let (uri, connection) = match self {
            Self::Tcp(uri) => (uri.clone(), builder.connect_plaintext(uri.clone()).await?),
            Self::Unix(path) => {
                let uri = Uri::from_static("http://localhost");
                (uri.clone(), builder.connect_unix(path, uri).await?)
            }
        };
        let mut config = ClientConfig::new(uri).with_default_max_message_size(MAX_MESSAGE);
        if let Some(token) = token {
            config = config.with_default_header("authorization", format!("Bearer {token}"));
        }
        Ok(ExtensionServiceClient::new(connection.shared(1), config))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(uri) => {
                write!(f, "http://{}", uri.authority().map_or("", |authority| authority.as_str()))
            }
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err("a path follows unix:".to_owned()),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
        match (uri.scheme_str(), uri.authority()) {
            (Some("https"), _) => {
                Err("there is no TLS here: let a tunnel, such as that of ssh, lead to the server".to_owned())
            }
            // Whoever is named before an @ would be sent nowhere, and told in the clear.
            (Some("http"), Some(authority)) if !authority.as_str().contains('@') => Ok(Self::Tcp(uri)),
            _ => Err("it is http://HOST:PORT or unix:FILE".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn an_address_is_read_as_the_server_says_it() {
        for text in ["http://127.0.0.1:8321", "http://[::1]:80", "unix:/run/tau.sock", "unix:tau.sock"] {
            assert_eq!(text.parse::<Server>().unwrap().to_string(), text);
        }
        let refused =
            ["", "127.0.0.1:8321", "unix:", "ftp://a", "http://", "http://me:secret@a", "https://a"];
        for text in refused {
            let error = text.parse::<Server>().unwrap_err();
            assert!(!error.contains("secret"), "{text}: {error}");
        }
    }
}
