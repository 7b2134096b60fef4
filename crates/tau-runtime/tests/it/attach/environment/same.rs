//! It does what every environment does, whatever is between.

use super::conformance;
use super::support::{hub, joined};

macro_rules! conforms {
    ($($check:ident),*) => {
        mod in_process {
            $(#[tokio::test] async fn $check() {
                let hub = super::hub();
                let (_folder, _, _connection, environment) = super::joined(&hub).await;
                super::conformance::$check(&environment).await;
            })*
        }

        #[cfg(feature = "server")]
        mod over_http2 {
            $(#[tokio::test] async fn $check() {
                let (_server, _folder, environment) = super::network::joined().await;
                super::conformance::$check(&environment).await;
            })*
        }
    };
}

conforms!(files, listing, globs, greps, lines, limits);

/// The same over a port.
#[cfg(feature = "server")]
mod network {
    use connectrpc::client::{ClientConfig, Http2Connection};
    use futures::StreamExt;
    use tau_proto::DESCRIPTORS;
    use tau_proto::runtime::v1::{AttachResponse, ExtensionServiceClient};
    use tau_runtime::attach::RemoteEnvironment;
    use tau_runtime::server::http::{HttpOptions, HttpService, JsonShapes, Listener, serve};
    use tau_runtime::server::{Interface, InterfaceOptions};
    use tempfile::TempDir;
    use tokio::net::TcpListener;
    use tokio_util::sync::{CancellationToken, DropGuard};

    use crate::attach::environment::provider::{Provider, hello};
    use crate::attach::environment::support::{folder, opened};
    use crate::runtime::support::Process;

    pub(super) async fn joined() -> (DropGuard, TempDir, RemoteEnvironment) {
        let runtime = Process::new().runtime;
        let hub = runtime.attachments().clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let interface = Interface::new(runtime, InterfaceOptions::default()).unwrap();
        let stop = CancellationToken::new();
        let shutdown = stop.clone();
        tokio::spawn(async move {
            let options = HttpOptions::default();
            let shapes = JsonShapes::decode(DESCRIPTORS).unwrap();
            let service = HttpService::new(interface.router, shapes, &[], &options);
            serve(Listener::Tcp(listener), service, &options, shutdown).await
        });

        let uri: http::Uri = format!("http://{address}").parse().unwrap();
        let connection = Http2Connection::connect_plaintext(uri.clone()).await.unwrap();
        let client = ExtensionServiceClient::new(connection.shared(1), ClientConfig::new(uri));
        let (mut sender, receiver) = client.attach().await.unwrap().into_split();
        let incoming = futures::stream::unfold(receiver, |mut receiver| async move {
            let message = receiver.message::<AttachResponse>().await.ok()??.to_owned_message();
            Some((message, receiver))
        });
        let (folder, environment) = folder();
        let (mut said, _) = Provider::new(environment).serve(hello("box"), incoming.boxed());
        tokio::spawn(async move {
            while let Some(message) = said.next().await {
                if sender.send(message).await.is_err() {
                    return;
                }
            }
        });
        (stop.drop_guard(), folder, opened(&hub, "box").await)
    }
}
