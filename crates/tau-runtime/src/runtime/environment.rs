//! What a session's tools act through, where that is not the server's own to give.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::factory::{EnvironmentChoice, FactoryError, FactoryErrorKind, NewSession, OldSession};
use super::{Runtime, RuntimeError};
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
        if request.environment == EnvironmentChoice::Usual
            && let Some(provider) = self.attachments().environment_for(traits)
        {
            request.environment = EnvironmentChoice::Provider(provider);
        }
        let loan = self.provide(&request.environment, traits).await?;
        request.provided = loan.as_ref().and_then(|loan| loan.environment.clone());
        Ok(loan)
    }

    /// Opens the environment that an extension gives a session which exists, if it is to have one. Where nothing is asked
    /// for, it has what it was created with.
    pub(super) async fn provide_old(
        &self,
        request: &mut OldSession,
        traits: &SessionTraits,
    ) -> Result<Option<Loan>, RuntimeError> {
        if request.environment == EnvironmentChoice::Usual
            && let Some(recorded) = recorded(&request.config.metadata)
        {
            request.environment = recorded;
        }
        let loan = self.provide(&request.environment, traits).await?;
        request.provided = loan.as_ref().and_then(|loan| loan.environment.clone());
        Ok(loan)
    }

    async fn provide(
        &self,
        choice: &EnvironmentChoice,
        traits: &SessionTraits,
    ) -> Result<Option<Loan>, RuntimeError> {
        let EnvironmentChoice::Provider(provider) = choice else { return Ok(None) };
        let opened = self.attachments().open_environment(traits, provider).await;
        let environment = Some(opened.map_err(|error| RuntimeError::Environment(Arc::new(error)))?);
        Ok(Some(Loan { runtime: self.clone(), environment }))
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
    /// Says under which epoch the session is written.
    pub(super) fn write_under(&self, epoch: u64) {
        self.environment.iter().for_each(|environment| environment.write_under(epoch));
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
        // Where there is no runtime any more, the process ends, which its extension sees.
        if let Ok(executor) = tokio::runtime::Handle::try_current() {
            self.runtime.0.tasks.spawn_on(async move { environment.close(true).await }, &executor);
        }
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

/// Writes down what a new session is created with.
pub(super) fn record(choice: &EnvironmentChoice, options: &mut SessionOptions) {
    let recorded = match choice {
        EnvironmentChoice::Provider(provider) => format!("{PROVIDER}{provider}"),
        EnvironmentChoice::None => NONE.to_owned(),
        EnvironmentChoice::Usual | EnvironmentChoice::Folder(_) => return,
    };
    options.config.metadata.insert(KEY.to_owned(), recorded);
}

/// That what the factory made acts through what was provided: a factory that does not know of it must not let a session
/// that is meant for a sandbox work on the server.
pub(super) fn check(
    provided: Option<&RemoteEnvironment>,
    options: &SessionOptions,
) -> Result<(), FactoryError> {
    use tau_tools::environment::Environment as _;
    if provided.is_none_or(|provided| provided.root() == options.environment.root()) {
        return Ok(());
    }
    let message = "this server's sessions take no environment of an extension";
    let hint = "name a folder in `environment`, or none";
    Err(FactoryError::new(FactoryErrorKind::EnvironmentNotAllowed, message, hint))
}
