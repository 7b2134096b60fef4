//! Tokens between a store and the code that uses them.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use rmcp::transport::auth::{AuthError, AuthorizationManager, CredentialStore, StoredCredentials};
use tau_core::Secret;
use url::Url;

use super::http_client::OAuthHttp;
use super::store::{MemoryTokenStore, TokenStore};
use crate::client::ConnectOptions;
use crate::config::RemoteConfig;
use crate::error::{McpError, McpErrorKind};

/// What a trait made by `async_trait` returns.
type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, AuthError>> + Send + 'a>>;

/// What manages the tokens of one server, with those that are kept for it.
///
/// A server whose configuration has an `Authorization` header gets that and never a token.
pub(crate) async fn manager(
    name: &str,
    config: &RemoteConfig,
    options: &ConnectOptions,
) -> Result<AuthorizationManager, McpError> {
    let has_own = config.headers.keys().any(|header| header.eq_ignore_ascii_case("authorization"));
    let store = options.tokens.clone().filter(|_| !has_own);
    let mut manager = empty_manager(name, &config.url, store).await?;
    // What cannot be found out about the authorization server now is only needed to renew a token.
    if let Err(AuthError::CredentialStoreError(_)) = manager.initialize_from_store().await {
        let problem = "has a token that cannot be read from where tokens are kept";
        return Err(McpError::new(McpErrorKind::Unauthorized, name, problem));
    }
    Ok(manager)
}

/// The same, before it has looked at what is kept.
pub(crate) async fn empty_manager(
    name: &str,
    url: &Url,
    store: Option<Arc<dyn TokenStore>>,
) -> Result<AuthorizationManager, McpError> {
    let http = Arc::new(OAuthHttp { server: name.to_owned() });
    let mut manager =
        AuthorizationManager::new_with_oauth_http_client(url.as_str(), http).await.map_err(|error| {
            McpError::new(McpErrorKind::Unauthorized, name, format!("cannot be logged in to: {error}"))
        })?;
    let store = store.unwrap_or_else(|| Arc::new(MemoryTokenStore::default()));
    manager.set_credential_store(Keeper { store, url: url.clone() });
    Ok(manager)
}

/// What the token that is kept for an address allows.
pub(super) fn granted_scopes(store: &dyn TokenStore, url: &Url) -> Vec<String> {
    let kept = store.load(url).ok().flatten();
    let credentials = kept.and_then(|kept| serde_json::from_str::<StoredCredentials>(kept.expose()).ok());
    credentials.map_or_else(Vec::new, |credentials| credentials.granted_scopes)
}

/// The tokens of one address.
struct Keeper {
    store: Arc<dyn TokenStore>,
    url: Url,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Keeper {
    /// Reading and writing a small file takes less time than moving it to another thread.
    fn read(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let Some(kept) = self.store.load(&self.url).map_err(failed)? else { return Ok(None) };
        // What an older version kept and this one cannot read is as good as nothing.
        Ok(serde_json::from_str(kept.expose()).ok())
    }

    fn write(&self, credentials: &StoredCredentials) -> Result<(), AuthError> {
        let text = serde_json::to_string(credentials)
            .map_err(|error| AuthError::CredentialStoreError(error.to_string()))?;
        self.store.save(&self.url, &Secret::new(text)).map_err(failed)
    }
}

fn failed(error: io::Error) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}

impl CredentialStore for Keeper {
    fn load<'s, 'a>(&'s self) -> Later<'a, Option<StoredCredentials>>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async { self.read() })
    }

    fn save<'s, 'a>(&'s self, credentials: StoredCredentials) -> Later<'a, ()>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async move { self.write(&credentials) })
    }

    fn clear<'s, 'a>(&'s self) -> Later<'a, ()>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async { self.store.clear(&self.url).map_err(failed) })
    }
}
