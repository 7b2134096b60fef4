//! A runtime with its interface, whoever calls it: over the network, or in this process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use connectrpc::Router;
use connectrpc::client::ServiceTransport;
use tau_client::Endpoint;
use tau_persist::Holder;
use tau_runtime::attach::{AttachedStore, Attachments};
use tau_runtime::runtime::{Drained, Runtime, RuntimeOptions, SessionStore};
use tau_runtime::server::http::{HttpOptions, HttpService, JsonShapes, Peer};
use tau_runtime::server::{Interface, InterfaceOptions, Readiness};
use tau_tools::environment::kill_descendants;
use tokio::task::JoinHandle;
use tower::util::MapRequest;

use super::factory::ConfiguredFactory;
use super::log::ServerLog;
use super::operator::CliOperator;
use crate::config::Loaded;
use crate::store::{Kept, Place};

/// How long extensions may take to leave when everything else has ended.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where sessions are kept.
pub(crate) enum Keep {
    /// In the store of a place, by this process.
    Here(Place),
    /// By journals that attach, of which so many must hold what is done.
    Elsewhere { journals: usize },
    /// Nowhere: they are gone when the process ends.
    Nowhere,
}

/// A runtime with its interface.
pub(crate) struct Host {
    /// Its calls.
    pub(crate) service: HttpService<Router>,
    runtime: Runtime,
    attachments: Attachments,
    kept: Option<Kept>,
    readiness: Option<Readiness>,
}

impl Host {
    pub(crate) fn start(
        loaded: Loaded,
        keep: Keep,
        roots: Vec<PathBuf>,
        http: &HttpOptions,
        log: ServerLog,
    ) -> miette::Result<Self> {
        let attachments = Attachments::default();
        let (place, journals) = match keep {
            Keep::Here(place) => (Some(place), 1),
            Keep::Elsewhere { journals } => (None, journals),
            Keep::Nowhere => (None, 0),
        };
        let kept = match &place {
            Some(place) => Some(Kept::start(Arc::new(place.open_to_write()?), &attachments)),
            None => None,
        };
        let operator = Arc::new(CliOperator::new(loaded.clone(), log));
        let runtime = runtime(ConfiguredFactory::new(loaded, place, roots), &attachments, journals);
        let mut options = InterfaceOptions::default();
        "tau".clone_into(&mut options.server_name);
        env!("CARGO_PKG_VERSION").clone_into(&mut options.server_version);
        options.operator = Some(operator);
        options.limits.max_message_bytes = http.messages.max_bytes as u64;
        options.limits.max_json_depth = u32::try_from(http.messages.max_json_depth).unwrap_or(u32::MAX);
        options.limits.default_timeout = Some(http.deadlines.default_unary.into()).into();
        options.limits.max_timeout = Some(http.deadlines.max_unary.into()).into();
        options.limits.max_concurrent_streams = http.connections.max_concurrent_streams;
        let interface =
            Interface::new(runtime.clone(), options).map_err(|error| miette::miette!("{error}"))?;
        let shapes =
            JsonShapes::decode(tau_proto::DESCRIPTORS).map_err(|error| miette::miette!("{error}"))?;
        let service = HttpService::new(interface.router, shapes, &[], http);
        Ok(Self { service, runtime, attachments, kept, readiness: Some(interface.readiness) })
    }

    /// The way to it within this process: the very calls that come over a network, without one.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let service = MapRequest::new(self.service.clone(), |mut request: http::Request<_>| {
            request.extensions_mut().insert(Peer::InProcess);
            request
        });
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

/// A runtime whose sessions so many journals must hold. With none they are gone when it ends.
fn runtime(factory: ConfiguredFactory, attachments: &Attachments, journals: usize) -> Runtime {
    let mut options = RuntimeOptions::new(Arc::new(factory));
    options.attachments = attachments.clone();
    options.required_acks = journals;
    if journals > 0 {
        // Others can see whether the process behind this name is gone, and then need not wait.
        let holder = Holder::this_process("tau serve").to_string();
        options.store =
            Some(Arc::new(AttachedStore::new(attachments.clone(), holder)) as Arc<dyn SessionStore>);
    }
    Runtime::new(options)
}
