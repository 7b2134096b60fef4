//! An environment whose long results are kept elsewhere.

use std::sync::Arc;

use super::Environment;
use super::layer::EnvironmentLayer;
use super::results::ResultStore;
use crate::scope::CallScope;

/// An environment, and beside it the place where results go that are too long for a model: for environments that are on
/// another machine, whose files are not the place for them.
#[derive(Debug, Clone)]
pub struct WithResults {
    environment: Arc<dyn Environment>,
    keeper: Arc<dyn Environment>,
}

impl WithResults {
    /// Files and processes of `environment`, and the [`results`](Environment::results) of `keeper`.
    #[must_use]
    pub fn new(environment: Arc<dyn Environment>, keeper: Arc<dyn Environment>) -> Self {
        Self { environment, keeper }
    }
}

impl EnvironmentLayer for WithResults {
    fn inner(&self) -> &dyn Environment {
        &*self.environment
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        let environment = self.environment.for_call(scope)?;
        Some(Arc::new(Self { environment, keeper: Arc::clone(&self.keeper) }))
    }

    fn results(&self) -> Option<&dyn ResultStore> {
        self.keeper.results()
    }
}
