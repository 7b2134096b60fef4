//! A runtime in this process with its interface, whoever calls it: over the network, or in this process.

mod local;
mod prepared;

use std::sync::Arc;
use std::time::Duration;

use connectrpc::client::ServiceTransport;
use connectrpc::{CompressionRegistry, ConnectRpcService, Limits, Router};
use tau_client::Endpoint;
use tau_persist::{Holder, SqliteStore, Store};
use tau_runtime::attach::{AttachedStore, Attachments};
use tau_runtime::runtime::{Drained, Runtime, RuntimeOptions, SessionFactory, SessionStore};
use tau_runtime::server::http::{HttpOptions, HttpService, JsonShapes};
use tau_runtime::server::{Interface, InterfaceOptions, Readiness};
use tau_tools::environment::kill_descendants;
use tokio::task::JoinHandle;

use crate::store::Kept;

pub(crate) use local::Local;

/// The one agent that the configuration describes.
pub(crate) const AGENT: &str = "default";

/// How long extensions may take to leave when everything else has ended.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where sessions are kept.
pub(crate) enum Keep {
    /// In a store, by this process.
    Here(Arc<SqliteStore>),
    /// By journals that attach, of which so many must hold what is done.
    Elsewhere { journals: usize },
    /// Nowhere: they are gone when the process ends.
    Nowhere,
}

/// A runtime with its interface.
pub(crate) struct Host {
    runtime: Runtime,
    router: Router,
    attachments: Attachments,
    kept: Option<Kept>,
    readiness: Option<Readiness>,
}

impl Host {
    /// Starts one whose sessions a factory makes. Others who want one of its sessions are told that `name` has it.
    pub(crate) fn start(
        name: &str,
        factory: Arc<dyn SessionFactory>,
        keep: Keep,
        max_sessions: usize,
        mut options: InterfaceOptions,
    ) -> miette::Result<Self> {
        let attachments = Attachments::default();
        let (store, journals) = match keep {
            Keep::Here(store) => (Some(store as Arc<dyn Store>), 1),
            Keep::Elsewhere { journals } => (None, journals),
            Keep::Nowhere => (None, 0),
        };
        let kept = store.map(|store| Kept::start(store, &attachments));
        let mut runtime = runtime(name, factory, &attachments, journals);
        runtime.max_sessions = max_sessions;
        let runtime = Runtime::new(runtime);
        "tau".clone_into(&mut options.server_name);
        env!("CARGO_PKG_VERSION").clone_into(&mut options.server_version);
        let Interface { router, readiness, .. } =
            Interface::new(runtime.clone(), options).map_err(|error| miette::miette!("{error}"))?;
        Ok(Self { runtime, router, attachments, kept, readiness: Some(readiness) })
    }

    /// Its calls behind everything that a network makes necessary.
    pub(crate) fn service(&mut self, http: &HttpOptions) -> miette::Result<HttpService<Router>> {
        let shapes =
            JsonShapes::decode(tau_proto::DESCRIPTORS).map_err(|error| miette::miette!("{error}"))?;
        Ok(HttpService::new(std::mem::take(&mut self.router), shapes, &[], http))
    }

    /// The way to its calls for this program itself, which sends what it means and waits for itself alone.
    pub(crate) fn endpoint(&mut self) -> Endpoint {
        let service = ConnectRpcService::new(std::mem::take(&mut self.router));
        let service = service.with_limits(Limits::unlimited());
        // Nothing is gained by making short what goes nowhere.
        let service = service.with_compression(CompressionRegistry::new());
        Endpoint::in_process(ServiceTransport::new(service))
    }

    /// Tells whoever asks for health of a drain that was asked for over the interface.
    pub(crate) fn watch_drain(&mut self) -> JoinHandle<()> {
        let readiness = self.readiness.take();
        tokio::spawn(async move {
            if let Some(readiness) = readiness {
                readiness.draining().await;
            }
        })
    }

    /// Lets what is on come to its end, and gives the sessions back.
    pub(crate) async fn drain(&self, patience: Duration) -> Drained {
        let drained = self.runtime.drain(patience).await;
        // Only now: until then sessions are given back by calls of the journal that has them.
        self.attachments.drain(FAREWELL);
        drained
    }

    /// Ends what is left.
    pub(crate) async fn end(self) {
        kill_descendants();
        self.attachments.close();
        if let Some(kept) = self.kept {
            // What is acknowledged is stored; whoever takes longer has nothing more to store.
            let _ = tokio::time::timeout(FAREWELL, kept.finish()).await;
        }
    }
}

/// What a runtime is made of whose sessions so many journals must hold. With none they are gone when it ends.
fn runtime(
    name: &str,
    factory: Arc<dyn SessionFactory>,
    attachments: &Attachments,
    journals: usize,
) -> RuntimeOptions {
    let mut options = RuntimeOptions::new(factory);
    options.attachments = attachments.clone();
    options.required_acks = journals;
    if journals > 0 {
        // Others can see whether the process behind this name is gone, and then need not wait.
        let holder = Holder::this_process(name).to_string();
        options.store =
            Some(Arc::new(AttachedStore::new(attachments.clone(), holder)) as Arc<dyn SessionStore>);
    }
    options
}
