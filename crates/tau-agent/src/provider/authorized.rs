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

#[cfg(feature = "bedrock")]
use super::aws::AwsKeys;
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
        self.note(&credential.token);
        let good_for = credential.good_for.map_or(self.refresh, |good_for| good_for.saturating_sub(MARGIN));
        *held = Instant::now().checked_add(good_for).map(|until| (credential.token.clone(), until));
        Ok(credential.token)
    }
}

impl Tokens {
    /// Tells the others what must not show.
    fn note(&self, token: &Secret) {
        self.secrets.renew(token);
        #[cfg(feature = "bedrock")]
        for secret in AwsKeys::parse(token.expose()).iter().flat_map(AwsKeys::secrets) {
            self.secrets.renew(secret);
        }
    }
}

/// The request with a token, or signed with what it holds.
fn with(token: &Secret, request: &WireRequest) -> Result<WireRequest, TransportError> {
    let mut request = request.clone();
    #[cfg(feature = "bedrock")]
    if let Some(keys) = AwsKeys::parse(token.expose()) {
        keys.sign(&mut request, std::time::SystemTime::now())?;
        return Ok(request);
    }
    request.headers.push(AuthScheme::Bearer.header(token));
    Ok(request)
}

/// Whether a status says that a token is not good any more. AWS answers 403 to one that has ended.
fn is_refusal(token: &Secret, status: u16) -> bool {
    #[cfg(feature = "bedrock")]
    if AwsKeys::parse(token.expose()).is_some() {
        return matches!(status, 401 | 403);
    }
    let _ = token;
    status == 401
}

impl Transport for Authorized {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let (inner, tokens) = (Arc::clone(&self.inner), Arc::clone(&self.tokens));
        async move {
            let token = tokens.token(None).await?;
            let response = inner.send(with(&token, &request)?).await?;
            if !is_refusal(&token, response.status) {
                return Ok(response);
            }
            let renewed = tokens.token(Some(&token)).await?;
            if renewed == token {
                return Ok(response);
            }
            inner.send(with(&renewed, &request)?).await
        }
        .boxed()
    }
}

#[cfg(test)]
#[cfg(feature = "bedrock")]
mod tests {
    use super::*;
    use crate::provider::{Credential, CredentialError};
    use crate::request::WireBody;
    use futures::StreamExt;

    #[derive(Debug, Default)]
    struct Kept(std::sync::Mutex<Vec<WireRequest>>);

    impl Transport for Kept {
        fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
            self.0.lock().unwrap().push(request);
            std::future::ready(Ok(WireResponse::new(200, "", futures::stream::empty().boxed()))).boxed()
        }
    }

    #[derive(Debug)]
    struct Given(&'static str);

    impl CredentialSource for Given {
        fn token(&self) -> BoxFuture<'static, Result<Credential, CredentialError>> {
            std::future::ready(Credential::parse(self.0, 0)).boxed()
        }
    }

    async fn sent(given: &'static str, url: &str) -> (Result<Vec<(String, String)>, String>, Vec<Secret>) {
        let (kept, secrets) = (Arc::new(Kept::default()), Secrets::default());
        let inner: Arc<dyn Transport> = Arc::<Kept>::clone(&kept);
        let transport = Authorized::new(inner, Arc::new(Given(given)), MARGIN, secrets.clone());
        let answer = transport.send(WireRequest::post(url.parse().unwrap(), WireBody::default())).await;
        let request = kept.0.lock().unwrap().pop();
        let headers = request.map(|request| request.headers).unwrap_or_default();
        let headers = headers.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect();
        (answer.map(|_| headers).map_err(|error| error.to_string()), secrets.all())
    }

    const KEYS: &str = r#"{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret-key","SessionToken":"session-token"}"#;

    #[tokio::test]
    async fn keys_of_aws_sign_and_everything_else_is_a_bearer() {
        let url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream";
        let (headers, secrets) = sent(KEYS, url).await;
        let headers = headers.unwrap();
        let value = |name: &str| headers.iter().find(|(held, _)| held == name).unwrap().1.as_str();
        let signed = value("authorization");
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
        assert!(signed.contains("/eu-west-1/bedrock/aws4_request, SignedHeaders="), "{signed}");
        assert_eq!(value("x-amz-security-token"), "session-token");
        for secret in ["AKIDEXAMPLE", "secret-key", "session-token"] {
            assert!(secrets.contains(&Secret::new(secret)), "{secret} may show");
        }
        let (headers, _) = sent("bedrock-api-key-x", url).await;
        let bearer = ("authorization".to_owned(), "Bearer bedrock-api-key-x".to_owned());
        assert_eq!(headers.unwrap(), [bearer]);
        let (refused, _) = sent(KEYS, "https://gateway.example/model/m").await;
        assert!(refused.unwrap_err().contains("names no region"));
    }
}
