//! One connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use connectrpc::Dispatcher;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio_util::either::Either;
use tower::util::MapRequest;

use super::listener::Io;
use super::options::ConnectionOptions;
use super::peer::Peer;
use super::service::HttpService;
use super::tls::Tls;

/// The least that hyper's buffer for HTTP/1.1 headers takes.
const LEAST_HEADER_BYTES: u32 = 8 << 10;
/// Streams that a client opened and reset before they were taken up, after which the connection ends (CVE-2023-44487).
const MAX_RESETS: usize = 20;
/// Streams that this side reset for errors of the client's, after which the connection ends (CVE-2025-8671).
const MAX_ERROR_RESETS: usize = 1_024;
/// Bytes of an answer that wait for a slow reader, for each call.
const SEND_BUFFER: usize = 256 << 10;

/// How connections are served.
pub(super) fn builder(options: &ConnectionOptions) -> Builder<TokioExecutor> {
    let header_bytes = options.max_header_bytes.max(LEAST_HEADER_BYTES);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_headers(options.max_headers)
        .max_buf_size(header_bytes as usize)
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        // Or else the windows below are ignored.
        .adaptive_window(false)
        .initial_stream_window_size(options.stream_window)
        .initial_connection_window_size(options.connection_window)
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(header_bytes)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_ERROR_RESETS)
        .keep_alive_interval(options.keepalive_interval)
        .keep_alive_timeout(options.keepalive_timeout);
    builder
}

/// Serves a connection to its end.
pub(super) async fn run<D: Dispatcher>(
    builder: Builder<TokioExecutor>,
    (io, peer): (Io, Peer),
    tls: Option<Tls>,
    (service, watcher): (HttpService<D>, Watcher),
    first_request_time: Duration,
) {
    let start = Instant::now();
    let (io, certificates) = match tls.filter(|_| peer.is_network()) {
        Some(tls) => match tokio::time::timeout(first_request_time, tls.accept(io)).await {
            Ok(Ok((io, certificates))) => (Either::Right(io), certificates),
            Ok(Err(error)) => return tracing::debug!(?peer, %error, "a connection could not be encrypted"),
            Err(_) => return tracing::debug!(?peer, "a connection shook no hands in time"),
        },
        None => (Either::Left(io), None),
    };
    let has_spoken = Arc::new(AtomicBool::new(false));
    let spoken = Arc::clone(&has_spoken);
    let service = MapRequest::new(service, move |mut request: Request<Incoming>| {
        spoken.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(peer);
        if let Some(certificates) = &certificates {
            request.extensions_mut().insert(certificates.clone());
        }
        request
    });
    let connection = builder.serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(watcher.watch(connection.into_owned()));
    // hyper has no limit until it knows the version, nor in HTTP/2 after the preface.
    let ended =
        tokio::time::timeout(first_request_time.saturating_sub(start.elapsed()), &mut connection).await;
    let result = match ended {
        Ok(result) => result,
        Err(_) if has_spoken.load(Ordering::Relaxed) => connection.await,
        Err(_) => return tracing::debug!(?peer, "a connection made no request in time"),
    };
    if let Err(error) = result {
        tracing::debug!(?peer, error, "a connection broke");
    }
}
