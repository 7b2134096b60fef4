//! A transport that puts a token into every request, and renews it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::Secret;
use tau_core::event::ModelFailureKind;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{AuthScheme, CredentialSource};
use crate::secrets::Secrets;
use crate::transport::{Transport, TransportError, WireRequest, WireResponse};

/// A token is renewed this long before its end, so that none ends on its way.
const MARGIN: Duration = Duration::from_secs(60);

/// A transport that puts a token into every request. The token is kept until its end is near, and asked for anew when
/// the server refuses it.
#[derive(Debug)]
pub(crate) struct Authorized {
    inner: Arc<dyn Transport>,
    tokens: Arc<Tokens>,
}

struct Tokens {
    source: Arc<dyn CredentialSource>,
    /// How long a token is used whose end is not told.
    refresh: Duration,
    held: Mutex<Option<(Secret, Instant)>>,
    /// Where others learn what they must not show.
    secrets: Secrets,
}

/// Without the source, which may print what it gives.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("refresh", &self.refresh).finish_non_exhaustive()
    }
}

impl Authorized {
    pub(crate) fn new(
        inner: Arc<dyn Transport>,
        source: Arc<dyn CredentialSource>,
        refresh: Duration,
        secrets: Secrets,
    ) -> Self {
        Self { inner, tokens: Arc::new(Tokens { source, refresh, held: Mutex::default(), secrets }) }
    }
}

impl Tokens {
    /// The token in use. Only one request at a time asks for a new one.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, TransportError> {
        let mut held = self.held.lock().await;
        if let Some((token, until)) = &*held
            && Instant::now() < *until
            && refused != Some(token)
        {
            return Ok(token.clone());
        }
        let credential = self.source.token().await.map_err(|error| {
            TransportError::new(ModelFailureKind::Unauthorized, format!("no token could be had: {error}"))
        })?;
        self.secrets.renew(&credential.token);
        let good_for = credential.good_for.map_or(self.refresh, |good_for| good_for.saturating_sub(MARGIN));
        *held = Instant::now().checked_add(good_for).map(|until| (credential.token.clone(), until));
        Ok(credential.token)
    }
}

impl Transport for Authorized {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let (inner, tokens) = (Arc::clone(&self.inner), Arc::clone(&self.tokens));
        async move {
            let with = |token: &Secret| {
                let mut request = request.clone();
                request.headers.push(AuthScheme::Bearer.header(token));
                request
            };
            let token = tokens.token(None).await?;
            let response = inner.send(with(&token)).await?;
            if response.status != 401 {
                return Ok(response);
            }
            let renewed = tokens.token(Some(&token)).await?;
            if renewed == token {
                return Ok(response);
            }
            inner.send(with(&renewed)).await
        }
        .boxed()
    }
}
