//! The interface of a runtime, as `tau serve` has it, over a model in the same process.

use std::sync::Arc;

use connectrpc::Router;
use futures::FutureExt;
use futures::future::BoxFuture;
use tau_agent::Agent;
use tau_core::event::SessionConfig;
use tau_runtime::SessionOptions;
use tau_runtime::runtime::{
    AgentSummary, FactoryError, FactoryErrorKind, NewSession, OldSession, Runtime, RuntimeOptions,
    SessionFactory,
};
use tau_runtime::server::http::{HttpOptions, HttpService, JsonShapes, Listener};
use tau_runtime::server::{Interface, InterfaceOptions};
use tau_tools::ToolRegistry;
use tau_tools::environment::MemoryEnvironment;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::model;
use crate::scenario::SYSTEM;

/// More than any bench has.
const MAX_SESSIONS: usize = 20_000;

pub(super) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let options = HttpOptions::default();
    let service = service(&options)?;
    let never = CancellationToken::new();
    tau_runtime::server::http::serve(Listener::Tcp(listener), service, &options, never).await;
    Ok(())
}

pub(super) fn service(options: &HttpOptions) -> anyhow::Result<HttpService<Router>> {
    let mut runtime = RuntimeOptions::new(Arc::new(Factory(model::agent()?)));
    runtime.max_sessions = MAX_SESSIONS;
    let interface = Interface::new(Runtime::new(runtime), InterfaceOptions::default())?;
    let shapes = JsonShapes::decode(tau_proto::DESCRIPTORS)?;
    Ok(HttpService::new(interface.router, shapes, &[], options))
}

/// What a session is made of: nothing but a model.
pub(super) fn options(agent: Agent) -> anyhow::Result<SessionOptions> {
    let mut config = SessionConfig::new("bench/bench");
    config.system = SYSTEM.to_owned();
    let environment = Arc::new(MemoryEnvironment::new([("", ""); 0])?);
    Ok(SessionOptions::new(config, agent, ToolRegistry::default(), environment))
}

#[derive(Debug)]
struct Factory(Agent);

impl Factory {
    fn make(&self) -> BoxFuture<'static, Result<SessionOptions, FactoryError>> {
        let made = options(self.0.clone())
            .map_err(|error| FactoryError::new(FactoryErrorKind::Unavailable, error.to_string(), ""));
        std::future::ready(made).boxed()
    }
}

impl SessionFactory for Factory {
    fn create<'a>(&'a self, _: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        self.make()
    }

    fn resume<'a>(&'a self, _: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        self.make()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        vec![AgentSummary::new("bench", "", "bench/bench", Vec::new())]
    }
}
