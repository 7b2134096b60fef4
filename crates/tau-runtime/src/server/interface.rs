//! All services of a runtime behind one router.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use connectrpc::Router;
use connectrpc_health::StaticChecker;
use connectrpc_reflection::Reflector;
use tau_proto::DESCRIPTORS;
use tau_proto::runtime::v1::{
    ADMIN_SERVICE_SERVICE_NAME, AdminServiceExt, EXTENSION_SERVICE_SERVICE_NAME, ExtensionServiceExt, Limits,
    RUNTIME_SERVICE_SERVICE_NAME, RuntimeServiceExt,
};
use tokio_util::sync::CancellationToken;

use super::admin::Admin;
use super::extension::Extensions;
use super::operator::Operator;
use super::service::{ServiceOptions, Sessions};
use super::wire;
use crate::runtime::Runtime;

/// What an interface is made of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct InterfaceOptions {
    /// Name of the program, for people. Default: `tau-runtime`.
    pub server_name: String,
    /// Version of the program. Default: that of this crate.
    pub server_version: String,
    /// How the services behave.
    pub service: ServiceOptions,
    /// What only whoever started the server knows. Default: nothing, and the calls that need it say so.
    pub operator: Option<Arc<dyn Operator>>,
    /// What callers are told of the limits of what serves this, beside those that are the runtime's own.
    pub limits: Limits,
    /// Whether callers may ask what there is to call. Default: yes. Reading the descriptors for that takes longer than all
    /// else here, which is for nothing where the only caller is the program itself.
    pub reflection: bool,
}

impl Default for InterfaceOptions {
    fn default() -> Self {
        Self {
            server_name: env!("CARGO_PKG_NAME").to_owned(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            service: ServiceOptions::default(),
            operator: None,
            limits: Limits::default(),
            reflection: true,
        }
    }
}

/// All services of a runtime: sessions, administration, health and reflection.
#[non_exhaustive]
pub struct Interface {
    /// The services, to be called over any transport.
    pub router: Router,
    /// Tells whoever asks for the server's health.
    pub readiness: Readiness,
}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interface").finish_non_exhaustive()
    }
}

/// Whether the server takes work, as its health says.
pub struct Readiness {
    health: Arc<StaticChecker>,
    draining: CancellationToken,
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("draining", &self.draining.is_cancelled()).finish_non_exhaustive()
    }
}

impl Readiness {
    /// Returns when somebody has asked for a drain, after the health says so too.
    pub async fn draining(&self) {
        self.draining.cancelled().await;
        self.end();
    }

    /// Says that the server takes no more work.
    pub fn end(&self) {
        self.health.shutdown();
    }
}

/// The interface's own descriptors are broken, which is a mistake of the build.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors of the interface cannot be read: {0}")]
pub struct InterfaceError(String);

impl Interface {
    /// The services of a runtime.
    ///
    /// # Errors
    /// When the descriptors that were built in cannot be read.
    pub fn new(runtime: Runtime, options: InterfaceOptions) -> Result<Self, InterfaceError> {
        let InterfaceOptions { server_name, server_version, service, operator, mut limits, reflection } =
            options;
        let draining = CancellationToken::new();
        limits.max_sessions = u32::try_from(runtime.max_sessions()).unwrap_or(u32::MAX);
        limits.max_queued_runs = u32::try_from(service.max_queued_runs).unwrap_or(u32::MAX);
        limits.heartbeat_interval = Some(wire::duration(service.heartbeat_interval)).into();
        let extensions = Extensions(runtime.attachments().clone());
        let sessions = Sessions::new(runtime.clone(), service);
        let admin = Admin {
            runtime,
            streams: sessions.streams(),
            operator,
            limits,
            started: SystemTime::now(),
            server: (server_name, server_version),
            draining: draining.clone(),
        };
        let names =
            [RUNTIME_SERVICE_SERVICE_NAME, EXTENSION_SERVICE_SERVICE_NAME, ADMIN_SERVICE_SERVICE_NAME];
        let router = Arc::new(sessions).register(Router::new());
        let router = Arc::new(extensions).register(router);
        let router = Arc::new(admin).register(router);
        let (mut router, health) = connectrpc_health::install_static(router, names);
        if reflection {
            let reflector = Reflector::from_descriptor_set_bytes(DESCRIPTORS)
                .map_err(|error| InterfaceError(error.to_string()))?
                .with_services(names);
            router = connectrpc_reflection::install(router, reflector);
        }
        Ok(Self { router, readiness: Readiness { health, draining } })
    }
}
