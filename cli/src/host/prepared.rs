//! The sessions of one command, put together beforehand.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use tau_core::SessionId;
use tau_runtime::SessionOptions;
use tau_runtime::runtime::{
    AgentSummary, FactoryError, FactoryErrorKind, NewSession, OldSession, SessionFactory,
};

use super::AGENT;

/// Gives each session what was made for it before it was opened, so that whatever is wrong with the command line and
/// the configuration is said first, in their own words. It makes no other.
#[derive(Debug)]
pub(super) struct Prepared {
    options: Mutex<BTreeMap<SessionId, SessionOptions>>,
    agent: AgentSummary,
}

impl Prepared {
    pub(super) fn new(model: &str, tools: Vec<String>) -> Self {
        let agent = AgentSummary::new(AGENT, "The agent of the configuration.", model, tools);
        Self { options: Mutex::default(), agent }
    }

    /// Prepares a session, which may then be made or taken up once.
    pub(super) fn add(&self, session: SessionId, options: SessionOptions) {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).insert(session, options);
    }

    fn take(&self, session: SessionId) -> Result<SessionOptions, FactoryError> {
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        options.remove(&session).ok_or_else(|| {
            let message = "this program works on its own sessions, each once";
            FactoryError::new(FactoryErrorKind::Unavailable, message, "start a server with `tau serve`")
        })
    }
}

impl SessionFactory for Prepared {
    fn create<'a>(&'a self, request: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        let options = self.take(request.id).map(|mut options| {
            options.config.metadata.extend(request.overrides.metadata.clone());
            options
        });
        ready(options).boxed()
    }

    fn resume<'a>(&'a self, request: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        let options = self.take(request.id).map(|mut options| {
            let tools = request.config.tools.iter().map(|tool| tool.definition.name.clone());
            let tools: Vec<String> = tools.filter(|tool| options.tools.get(tool).is_some()).collect();
            // All of them are there.
            options.tools = options.tools.select(&tools).unwrap_or_default();
            options
        });
        ready(options).boxed()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        vec![self.agent.clone()]
    }
}
