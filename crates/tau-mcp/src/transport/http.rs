//! Streamable HTTP: a request for each message, answers in JSON or as a stream of events.

use rmcp::transport::auth::AuthClient;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};

use super::client::{Redirects, check_scheme, client, headers};
use crate::auth::manager;
use crate::client::ConnectOptions;
use crate::config::RemoteConfig;
use crate::error::McpError;

/// A larger event is an error of the server, which must not fill the memory.
const EVENT_BYTES: usize = 16 << 20;

/// The transport of `rmcp`, which sends a token where one is kept for the address.
pub(crate) type HttpTransport = StreamableHttpClientTransport<AuthClient<reqwest::Client>>;

/// A transport to a server. Nothing is sent yet, but for the renewal of what is known of its authorization server.
pub(crate) async fn open(
    name: &str,
    config: &RemoteConfig,
    options: &ConnectOptions,
) -> Result<HttpTransport, McpError> {
    check_scheme(name, &config.url)?;
    let client = client(name, &config.url, Redirects::SameOrigin)?;
    let authorized = AuthClient::new(client, manager(name, config, options).await?);
    let transport = StreamableHttpClientTransportConfig::with_uri(config.url.as_str())
        .custom_headers(headers(name, config)?)
        .max_sse_event_size(EVENT_BYTES)
        .reinit_on_expired_session(true);
    Ok(StreamableHttpClientTransport::with_client(authorized, transport))
}
