//! Serving until told to stop.

use connectrpc::Dispatcher;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection;
use super::listener::Listener;
use super::options::HttpOptions;
use super::service::HttpService;
use super::slots::Slots;

/// How a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drained {
    /// All that was on came to its end.
    Whole,
    /// Some of it was cut when its time was up.
    Cut {
        /// The connections that it was on.
        connections: usize,
    },
}

/// Serves connections until `shutdown`, then takes no more and waits until the calls that are on have ended, at most for
/// [`DeadlineOptions::drain`](super::DeadlineOptions::drain). Dropping the future cuts everything at once.
pub async fn serve<D: Dispatcher>(
    listener: Listener,
    service: HttpService<D>,
    options: &HttpOptions,
    shutdown: CancellationToken,
) -> Drained {
    let builder = connection::builder(&options.connections);
    let slots = Slots::new(&options.connections);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => continue,
        };
        let Some(slot) = slots.take(accepted.1) else {
            tracing::debug!(peer = ?accepted.1, "a connection over the limit was closed");
            continue;
        };
        let (builder, service, watcher) = (builder.clone(), service.clone(), graceful.watcher());
        let (time, tls) = (options.connections.header_timeout, options.tls.clone());
        connections.spawn(async move {
            let _slot = slot;
            connection::run(builder, accepted, tls, (service, watcher), time).await;
        });
    }
    drop(listener);
    let is_whole = tokio::time::timeout(options.deadlines.drain, graceful.shutdown()).await.is_ok();
    while connections.try_join_next().is_some() {}
    let left = connections.len();
    connections.shutdown().await;
    if is_whole { Drained::Whole } else { Drained::Cut { connections: left } }
}
