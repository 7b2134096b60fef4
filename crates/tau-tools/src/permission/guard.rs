//! Rules about paths, kept where files are touched: links lead elsewhere than a call says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tau_core::config::PermissionConfig;

use super::call::{Judged, Surroundings};
use super::path::{PathResolver, SystemPaths};
use super::policy::PermissionPolicy;
use super::verdict::Decision;
use crate::environment::{
    Access, Environment, EnvironmentError, EnvironmentErrorKind, EnvironmentLayer, WorkspacePath,
};
use crate::scope::CallScope;

/// A local environment that touches no file or folder to which a link leads, where a rule denies that one.
///
/// Whoever judges a call sees the paths that are written in it; here they are seen as they lead, right before a file is
/// touched. Only what is reached by a link is looked at again: anything else was judged as it is. Commands are the business
/// of the sandbox.
#[derive(Debug, Clone)]
pub struct GuardedEnvironment {
    inner: Arc<dyn Environment>,
    rules: Arc<PermissionPolicy>,
    home: PathBuf,
}

impl GuardedEnvironment {
    /// The environment, guarded by the rules of a configuration that deny. Rules about `~` are about `home`.
    #[must_use]
    pub fn new(inner: Arc<dyn Environment>, config: &PermissionConfig, home: impl Into<PathBuf>) -> Self {
        let mut denials = PermissionConfig::default();
        denials.deny.clone_from(&config.deny);
        Self { inner, rules: Arc::new(PermissionPolicy::new(&denials)), home: home.into() }
    }

    fn denied(&self, path: &Path, access: Access) -> Option<String> {
        let root = self.inner.root();
        let around = Surroundings::new(root, &self.home, &SystemPaths);
        let text = path.to_string_lossy();
        let tools: &[&str] = match access {
            Access::Read => &["read"],
            // Nobody knows here which of the two it is.
            Access::Write => &["write", "edit"],
        };
        let verdicts = tools.iter().map(|tool| self.rules.verdict(&Judged::of_text(tool, &text), &around));
        verdicts.into_iter().find(|verdict| verdict.decision == Decision::Deny).map(|verdict| verdict.reason)
    }
}

impl EnvironmentLayer for GuardedEnvironment {
    fn inner(&self) -> &dyn Environment {
        &*self.inner
    }

    fn check(&self, path: &WorkspacePath, access: Access) -> Result<(), EnvironmentError> {
        if !self.rules.denies_any() {
            return Ok(());
        }
        let root = self.inner.root();
        let written = root.join(path.as_path());
        let leads_to = SystemPaths.resolve(&written).path;
        let is_link = leads_to != SystemPaths.resolve(root).path.join(path.as_path());
        match self.denied(&written, access).filter(|_| is_link) {
            None => Ok(()),
            Some(reason) => {
                let problem = format!("it leads to {}: {reason}", leads_to.display());
                Err(EnvironmentError::new(EnvironmentErrorKind::PermissionDenied, path, problem))
            }
        }
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        let inner = self.inner.for_call(scope)?;
        Some(Arc::new(Self { inner, ..self.clone() }))
    }
}
