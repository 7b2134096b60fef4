//! One login.

use std::fmt;
use std::sync::Arc;

use rmcp::transport::auth::{AuthError, AuthorizationManager, AuthorizationRequest, AuthorizationSession};
use tau_core::{Secret, redact_url};
use url::Url;

use super::keeper::{empty_manager, granted_scopes};
use super::store::TokenStore;
use crate::config::RemoteConfig;
use crate::error::{McpError, McpErrorKind};

/// What this client is called where it registers.
const CLIENT_NAME: &str = "tau";

/// How a login is done.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoginOptions {
    /// Where the browser is sent back to.
    pub redirect: Url,
    /// The challenge of the server's answer ([`McpError::challenge`]); without one the server is asked for it.
    pub challenge: Option<String>,
    /// What to ask for. Default: what the server says it needs.
    pub scopes: Vec<String>,
    /// The name and secret this client was given by the authorization server's operator.
    pub registered: Option<(String, Option<Secret>)>,
    /// The address of a document that describes this client, for authorization servers that take it as its name.
    pub metadata_document: Option<Url>,
}

impl LoginOptions {
    /// A login that sends the browser back to this address and leaves the rest to the server.
    #[must_use]
    pub const fn new(redirect: Url) -> Self {
        Self { redirect, challenge: None, scopes: Vec::new(), registered: None, metadata_document: None }
    }

    /// The same after this challenge.
    #[must_use]
    pub fn with_challenge(mut self, challenge: impl Into<String>) -> Self {
        self.challenge = Some(challenge.into());
        self
    }

    /// The same with these scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The same as a client that is known by this name.
    #[must_use]
    pub fn with_registered(mut self, id: impl Into<String>, secret: Option<Secret>) -> Self {
        self.registered = Some((id.into(), secret));
        self
    }

    /// The same with a document that describes this client.
    #[must_use]
    pub fn with_metadata_document(mut self, url: Url) -> Self {
        self.metadata_document = Some(url);
        self
    }

    /// Whether this is a login of somebody who is logged in and may not do enough.
    fn asks_for_more(&self) -> bool {
        let challenge = self.challenge.as_deref().unwrap_or_default();
        self.scopes.is_empty() && challenge.contains("insufficient_scope")
    }

    fn request(&self) -> AuthorizationRequest {
        let mut request = AuthorizationRequest::new(self.redirect.as_str())
            .with_client_name(CLIENT_NAME)
            .with_scopes(&self.scopes);
        if self.scopes.is_empty() {
            request = request.with_initial_scope_selection();
        }
        if let Some((id, secret)) = &self.registered {
            request = request.with_preregistered_client(id);
            if let Some(secret) = secret {
                request = request.with_client_secret(secret.expose());
            }
        }
        if let Some(url) = &self.metadata_document {
            request = request.with_client_metadata_url(url.as_str());
        }
        request
    }
}

/// A login that waits for a person.
///
/// It holds what proves that the answer belongs to the question (PKCE and a state), so it is
/// [finished](Self::finish) where it was begun.
pub struct Login {
    server: String,
    session: AuthorizationSession,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Login {
    /// Finds the authorization server and makes this client known to it.
    ///
    /// # Errors
    /// When there is none, when it does not keep to the specification, or refuses this client.
    pub async fn begin(
        server: &str,
        config: &RemoteConfig,
        tokens: Arc<dyn TokenStore>,
        options: &LoginOptions,
    ) -> Result<Self, McpError> {
        let granted = granted_scopes(tokens.as_ref(), &config.url);
        let mut manager = empty_manager(server, &config.url, Some(tokens)).await?;
        discover(&mut manager, options.challenge.as_deref())
            .await
            .map_err(|error| failed(server, "has no authorization server that can be used", &error))?;
        let mut request = options.request();
        if options.asks_for_more() && !granted.is_empty() {
            // The new token takes the place of the old one, so it has to allow what that allowed.
            request.scopes = manager.select_initial_scopes(&[]).await;
            request.scopes.extend(granted);
            request.scopes.sort_unstable();
            request.scopes.dedup();
        }
        let session = AuthorizationSession::new(manager, request)
            .await
            .map_err(|(_, error)| failed(server, "cannot be logged in to", &error))?;
        Ok(Self { server: server.to_owned(), session })
    }

    /// What a person opens in a browser.
    #[must_use]
    pub fn url(&self) -> &str {
        self.session.get_authorization_url()
    }

    /// Takes the address the browser was sent back to, exchanges its code for tokens, and keeps them.
    ///
    /// # Errors
    /// When the person refused, the answer is not one to this login, or the authorization server gives no tokens.
    pub async fn finish(self, answer: &Url) -> Result<(), McpError> {
        if let Some((_, error)) = answer.query_pairs().find(|(key, _)| key == "error") {
            let problem = format!("was not logged in to: {}", error.escape_debug());
            return Err(McpError::new(McpErrorKind::Unauthorized, &self.server, problem));
        }
        match self.session.handle_callback_url(answer.as_str()).await {
            Ok(_tokens) => Ok(()),
            // An authorization server may repeat the code in what it says.
            Err(AuthError::TokenExchangeFailed(_)) => Err(McpError::new(
                McpErrorKind::Unauthorized,
                &self.server,
                "was not logged in to: its authorization server gave no tokens",
            )),
            Err(error) => Err(failed(&self.server, "was not logged in to", &error)),
        }
    }
}

async fn discover(manager: &mut AuthorizationManager, challenge: Option<&str>) -> Result<(), AuthError> {
    let found = match challenge {
        Some(challenge) => manager.resolve_metadata_from_challenge(Some(challenge)).await?,
        None => manager.resolve_metadata().await?,
    };
    manager.set_metadata(found.metadata);
    Ok(())
}

/// At most 300 characters, and without what addresses may hold.
fn failed(server: &str, what: &str, error: &AuthError) -> McpError {
    let why: String = error.to_string().chars().take(300).collect();
    let why = why.split_whitespace().map(redacted).collect::<Vec<_>>().join(" ");
    McpError::new(McpErrorKind::Unauthorized, server, format!("{what}: {why}"))
}

fn redacted(word: &str) -> String {
    match Url::parse(word) {
        Ok(url) if url.has_host() => redact_url(&url),
        _ => word.to_owned(),
    }
}
