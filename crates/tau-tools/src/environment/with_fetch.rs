//! An environment with a way to the web.

use std::sync::Arc;

use super::Environment;
use super::fetch::Fetch;
use super::layer::EnvironmentLayer;
use crate::scope::CallScope;

/// An environment, and beside it the way to the web that its tools may use.
#[derive(Debug, Clone)]
pub struct WithFetch {
    environment: Arc<dyn Environment>,
    fetch: Arc<dyn Fetch>,
}

impl WithFetch {
    /// Files and processes of `environment`, and the web as far as `fetch` lets it be reached.
    #[must_use]
    pub fn new(environment: Arc<dyn Environment>, fetch: Arc<dyn Fetch>) -> Self {
        Self { environment, fetch }
    }
}

impl EnvironmentLayer for WithFetch {
    fn inner(&self) -> &dyn Environment {
        &*self.environment
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        let environment = self.environment.for_call(scope)?;
        Some(Arc::new(Self { environment, fetch: Arc::clone(&self.fetch) }))
    }

    fn fetch(&self) -> Option<&dyn Fetch> {
        Some(&*self.fetch)
    }
}
