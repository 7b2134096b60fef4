//! The way to a server.

use std::time::Duration;

use connectrpc::ConnectError;
use connectrpc::client::{Http2Connection, Http2ConnectionBuilder};
use http::Uri;

use crate::client::ClientOptions;
use crate::endpoint::{Endpoint, Place};
use crate::transport::Transport;

/// What may be on its way here of one call, and of all that one connection carries. The second is large because h2 ends
/// a connection with many small unread frames in a small window (since 0.4.16, `too_many_data_frames`).
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 64 << 20;
/// After what silence the server is pinged while a call is on, and how long it may take to answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests that wait for the connection, before their callers do.
const WAITING: usize = 1_024;

/// Connects. What is given back connects again by itself when the connection is lost.
pub(crate) async fn connect(endpoint: &Endpoint, options: &ClientOptions) -> Result<Transport, ConnectError> {
    let patience = options.connect_timeout;
    let builder = Http2Connection::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .tcp_connect_timeout(patience)
        .establishment_timeout(patience);
    let connection = match &endpoint.0 {
        Place::Here(transport) => return Ok(transport.clone()),
        Place::Http(uri) => builder.connect_plaintext(uri.clone()).await?,
        Place::Https(uri) => tls(builder, uri, options).await?,
        Place::Unix(path) => builder.connect_unix(path, endpoint.uri()).await?,
    };
    Ok(Transport::new(connection.shared(WAITING)))
}

#[cfg(feature = "tls")]
async fn tls(
    builder: Http2ConnectionBuilder,
    uri: &Uri,
    options: &ClientOptions,
) -> Result<Http2Connection, ConnectError> {
    let connector = crate::tls::Connector::new(&options.tls).map_err(|error| {
        ConnectError::unavailable_from_transport("the certificates of this system cannot be read", error)
    })?;
    builder.connect_with_connector(connector, uri.clone()).await
}

#[cfg(not(feature = "tls"))]
async fn tls(_: Http2ConnectionBuilder, _: &Uri, _: &ClientOptions) -> Result<Http2Connection, ConnectError> {
    Err(ConnectError::unimplemented("this program was built without TLS"))
}
