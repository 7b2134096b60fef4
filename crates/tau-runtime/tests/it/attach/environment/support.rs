//! A provider in this process, and a folder of this machine that it gives.

use std::time::Duration;

use futures::StreamExt;
use tau_proto::runtime::v1::Hello;
use tau_runtime::Journals;
use tau_runtime::attach::{Attachments, AttachmentsOptions, Caller, RemoteEnvironment, in_process};
use tau_tools::environment::LocalEnvironment;
use tempfile::TempDir;
use tokio::task::AbortHandle;

use super::provider::{Provider, hello};
use crate::attach::support::session;

/// A hub that gives up soon, for tests by the real clock.
pub(crate) fn hub() -> Attachments {
    let mut options = AttachmentsOptions::default();
    options.grace = Duration::from_millis(500);
    Attachments::new(Journals::default(), options)
}

pub(crate) fn folder() -> (TempDir, LocalEnvironment) {
    let folder = tempfile::tempdir().unwrap();
    let environment = LocalEnvironment::new(folder.path()).unwrap();
    (folder, environment.with_env([("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into()))
}

/// A connection that can be broken.
pub(crate) struct Connection(Vec<AbortHandle>);

impl Connection {
    pub(crate) fn open(hub: &Attachments, provider: &Provider, hello: Hello) -> Self {
        let (runtime, extension) = in_process();
        let (said, serving) = provider.serve(hello, extension.incoming);
        let hub = hub.clone();
        let attached = tokio::spawn(async move {
            let _ = hub.attach(runtime.incoming, runtime.outgoing, &Caller::trusted()).await;
        });
        let forwarding = tokio::spawn(async move { drop(said.map(Ok).forward(extension.outgoing).await) });
        Self(vec![serving, attached.abort_handle(), forwarding.abort_handle()])
    }

    pub(crate) async fn break_off(self) {
        self.0.iter().for_each(AbortHandle::abort);
        while !self.0.iter().all(AbortHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The session's environment, as soon as the provider is attached.
pub(crate) async fn opened(hub: &Attachments, provider: &str) -> RemoteEnvironment {
    for _ in 0..1_000 {
        if hub.environment_for(&session()).is_some() {
            return hub.open_environment(&session(), provider).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody attaches")
}

/// A folder, its provider, and the environment that comes of it in the same process.
pub(crate) async fn joined(hub: &Attachments) -> (TempDir, Provider, Connection, RemoteEnvironment) {
    let (folder, environment) = folder();
    let provider = Provider::new(environment);
    let connection = Connection::open(hub, &provider, hello("box"));
    let environment = opened(hub, "box").await;
    (folder, provider, connection, environment)
}
