//! What a session's tools act through, where that is not the server's own to give.

use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(feature = "server")]
use tau_core::event::SessionConfig;

use super::factory::{EnvironmentChoice, FactoryError, FactoryErrorKind, NewSession, OldSession};
#[cfg(feature = "server")]
use super::made::traits;
use super::{Runtime, RuntimeError};
#[cfg(feature = "server")]
use crate::attach::ProvideError;
use crate::attach::{RemoteEnvironment, SessionTraits};
use crate::driver::SessionOptions;

/// The key of a session's metadata under which stands what it was created with, where that is not the server's own.
const KEY: &str = "tau.environment";
/// What stands there where a session has none.
const NONE: &str = "none";
/// What stands there before the id of an extension.
const PROVIDER: &str = "provider:";

impl Runtime {
    /// Opens the environment that an extension gives a new session, if it is to have one. Where nothing is asked for, and
    /// an extension is there that gives this session one, it has that.
    pub(super) async fn provide_new(
        &self,
        request: &mut NewSession,
        traits: &SessionTraits,
    ) -> Result<Option<Loan>, RuntimeError> {
        self.choose(request, traits);
        self.provide(&request.environment, traits, &mut request.provided).await
    }

    /// Opens the environment that an extension gives a session which exists, if it is to have one. Where nothing is asked
    /// for, it has what it was created with.
    pub(super) async fn provide_old(
        &self,
        request: &mut OldSession,
        traits: &SessionTraits,
    ) -> Result<Option<Loan>, RuntimeError> {
        if request.environment == EnvironmentChoice::Usual
            && let Some(recorded) = recorded(&request.metadata)
        {
            request.environment = recorded;
        }
        self.provide(&request.environment, traits, &mut request.provided).await
    }

    fn choose(&self, request: &mut NewSession, traits: &SessionTraits) {
        if request.environment == EnvironmentChoice::Usual
            && let Some(provider) = self.attachments().environment_for(traits)
        {
            request.environment = EnvironmentChoice::Provider(provider);
        }
    }

    /// What a new session would be created with. `None` where an extension would give its environment: that one is not
    /// opened to find out, and everything else is checked without it.
    ///
    /// # Errors
    /// As [`Runtime::create`], as far as that can be said beforehand.
    #[cfg(feature = "server")]
    pub(crate) async fn resolve(
        &self,
        mut request: NewSession,
    ) -> Result<Option<SessionConfig>, RuntimeError> {
        let agent = request.agent.clone().or_else(|| self.default_agent()).unwrap_or_default();
        let known = traits(request.id, &request.overrides.metadata, None).with_agent(agent);
        self.choose(&mut request, &known);
        let EnvironmentChoice::Provider(provider) = &request.environment else {
            return Ok(Some(self.factory().create(&request).await?.config));
        };
        if !self.attachments().gives_environment(&known, provider) {
            let error = ProvideError::NotAttached(provider.clone());
            return Err(RuntimeError::Environment(Arc::new(error)));
        }
        request.environment = EnvironmentChoice::None;
        self.factory().create(&request).await?;
        Ok(None)
    }

    async fn provide(
        &self,
        choice: &EnvironmentChoice,
        traits: &SessionTraits,
        provided: &mut Option<RemoteEnvironment>,
    ) -> Result<Option<Loan>, RuntimeError> {
        let EnvironmentChoice::Provider(provider) = choice else { return Ok(None) };
        let opened = self.attachments().open_environment(traits, provider).await;
        let environment = opened.map_err(|error| RuntimeError::Environment(Arc::new(error)))?;
        *provided = Some(environment.clone());
        Ok(Some(Loan { runtime: self.clone(), environment: Some(environment) }))
    }
}

/// The environment that an extension gives a session. Given back when it is dropped, whatever ends the call that asked for
/// it.
#[derive(Debug)]
pub(super) struct Loan {
    runtime: Runtime,
    /// `None` when it was given back.
    environment: Option<RemoteEnvironment>,
}

impl Loan {
    pub(super) const fn environment(&self) -> Option<&RemoteEnvironment> {
        self.environment.as_ref()
    }

    /// Gives an environment back, and waits a while for its extension to know.
    pub(super) async fn give_back(loan: Option<Self>, is_resumable: bool) {
        if let Some(environment) = loan.and_then(|mut loan| loan.environment.take()) {
            environment.close(is_resumable).await;
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(environment) = self.environment.take() else { return };
        self.runtime.afterwards(async move { environment.close(true).await });
    }
}

/// What a session was created with, if that is not the server's own.
fn recorded(metadata: &BTreeMap<String, String>) -> Option<EnvironmentChoice> {
    let recorded = metadata.get(KEY)?;
    match recorded.strip_prefix(PROVIDER) {
        Some(provider) => Some(EnvironmentChoice::Provider(provider.to_owned())),
        None => (recorded == NONE).then_some(EnvironmentChoice::None),
    }
}

/// Writes down what a session begins with, so that it has the same when it is taken up.
pub(super) fn record(choice: &EnvironmentChoice, metadata: &mut BTreeMap<String, String>) {
    let recorded = match choice {
        EnvironmentChoice::Provider(provider) => format!("{PROVIDER}{provider}"),
        EnvironmentChoice::None => NONE.to_owned(),
        EnvironmentChoice::Usual | EnvironmentChoice::Folder(_) => {
            // A copy may have had another before.
            metadata.remove(KEY);
            return;
        }
    };
    metadata.insert(KEY.to_owned(), recorded);
}

/// That what the factory made acts through what was provided: a factory that does not know of it must not let a session
/// that is meant for a sandbox work on the server. Layers around an environment give the root of the one inside, so it is
/// the same one where the root is the same path in memory; one that is only written alike may be the server's.
pub(super) fn check(
    provided: Option<&RemoteEnvironment>,
    options: &SessionOptions,
) -> Result<(), FactoryError> {
    use tau_tools::environment::Environment as _;
    if provided.is_none_or(|provided| std::ptr::eq(provided.root(), options.environment.root())) {
        return Ok(());
    }
    let message = "this server's sessions take no environment of an extension";
    let hint = "name a folder in `environment`, or none";
    Err(FactoryError::new(FactoryErrorKind::EnvironmentNotAllowed, message, hint))
}
