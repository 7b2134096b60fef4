//! Hubs of several processes, over a NATS server.

use std::sync::Arc;

use async_nats::{Client, ConnectOptions, Event, ToServerAddrs};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tokio::sync::watch;

use super::{Frames, Transport, TransportError, TransportErrorKind, TransportStatus};
use crate::hub::name::NameError;
use crate::hub::subject::{Pattern, Subject};

/// A transport over a NATS server, with the basic protocol alone: at most once, and nothing is kept there.
///
/// Frames are published below a prefix, so that several sets of hubs share a server. While there is no connection,
/// publishing fails at once instead of being kept for later: what must not be lost is in the outbox of its hub.
#[derive(Debug, Clone)]
pub struct NatsTransport {
    client: Client,
    prefix: Arc<str>,
    status: watch::Receiver<TransportStatus>,
}

impl NatsTransport {
    /// Connects to a server. `options` hold credentials, TLS and waits between attempts; their callback for events is
    /// taken. `prefix` is a subject, and hubs with the same one reach each other.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Connect`] when no server answers, or it does not let us in. With
    /// [`ConnectOptions::retry_on_initial_connect`] it returns at once and connects as soon as it can.
    pub async fn connect<P: TryInto<Subject, Error: Into<NameError>>>(
        addresses: impl ToServerAddrs,
        prefix: P,
        options: ConnectOptions,
    ) -> Result<Self, TransportError> {
        let failed = TransportError::new;
        let prefix = prefix
            .try_into()
            .map_err(|error| failed(TransportErrorKind::Connect).with_source(error.into()))?;
        let (sender, status) = watch::channel(TransportStatus::Disconnected);
        let sender = Arc::new(sender);
        let events = Arc::clone(&sender);
        let options = options.event_callback(move |event| {
            let status = match event {
                Event::Connected => Some(TransportStatus::Connected),
                Event::Disconnected | Event::Closed => Some(TransportStatus::Disconnected),
                _ => None,
            };
            status.map(|status| events.send_replace(status));
            std::future::ready(())
        });
        let client = options.connect(addresses).await;
        let client = client.map_err(|error| failed(TransportErrorKind::Connect).with_source(error))?;
        let transport = Self { client, prefix: prefix.as_str().into(), status };
        if transport.is_connected() {
            sender.send_replace(TransportStatus::Connected);
        }
        Ok(transport)
    }

    /// Waits until the server has done everything that it was sent so far: it answers in order, and there is nobody to
    /// answer this. Where the connection is lost meanwhile, the next one begins with all subscriptions.
    async fn catch_up(&self) {
        if self.is_connected() {
            let _ = self.client.request(format!("{}.nobody", self.prefix), Bytes::new()).await;
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.client.connection_state(), async_nats::connection::State::Connected)
    }
}

impl Transport for NatsTransport {
    fn publish(&self, subject: Subject, frame: Bytes) -> BoxFuture<'_, Result<(), TransportError>> {
        async move {
            if !self.is_connected() {
                return Err(TransportError::new(TransportErrorKind::Disconnected));
            }
            let subject = [&*self.prefix, subject.as_str()].join(".");
            self.client.publish(subject, frame).await.map_err(|error| {
                let kind = match error.kind() {
                    async_nats::client::PublishErrorKind::MaxPayloadExceeded => TransportErrorKind::TooLarge,
                    _ => TransportErrorKind::Failed,
                };
                TransportError::new(kind).with_source(error)
            })
        }
        .boxed()
    }

    fn subscribe(&self, pattern: Pattern) -> BoxFuture<'_, Result<Frames, TransportError>> {
        async move {
            let failed = TransportErrorKind::Failed;
            let subject = pattern.below(&self.prefix).as_str().to_owned();
            let subscriber = self.client.subscribe(subject).await;
            let subscriber = subscriber.map_err(|error| TransportError::new(failed).with_source(error))?;
            self.catch_up().await;
            Ok(subscriber.map(|message| message.payload).boxed())
        }
        .boxed()
    }

    fn status(&self) -> watch::Receiver<TransportStatus> {
        self.status.clone()
    }
}
