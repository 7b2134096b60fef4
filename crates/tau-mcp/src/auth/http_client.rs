//! Requests to authorization servers.

use futures::StreamExt;
use rmcp::transport::auth::{
    OAuthHttpClient, OAuthHttpClientError, OAuthHttpClientFuture, OAuthHttpRedirectPolicy, OAuthHttpRequest,
};
use thiserror::Error;

use crate::transport::client::{Redirects, client};

/// A longer answer is none of an authorization server.
const BODY_BYTES: usize = 1 << 20;

#[derive(Debug, Error)]
#[error("the answer is longer than {BODY_BYTES} bytes")]
struct TooLong;

/// Our HTTP client, for what `rmcp` asks authorization servers on behalf of a server.
///
/// A client is made for each request: there are few, and most connections need none.
pub(super) struct OAuthHttp {
    pub(super) server: String,
}

impl OAuthHttpClient for OAuthHttp {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move {
            let mut sent = reqwest::Request::try_from(request.request)?;
            *sent.timeout_mut() = request.timeout;
            let redirects = match request.redirect_policy {
                OAuthHttpRedirectPolicy::Follow => Redirects::SameOrigin,
                _ => Redirects::Never,
            };
            let client = client(&self.server, sent.url(), redirects)?;
            let answer = client.execute(sent).await.map_err(reqwest::Error::without_url)?;
            let mut builder = http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                builder = builder.header(name, value);
            }
            let mut body = Vec::new();
            let mut chunks = answer.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                body.extend_from_slice(&chunk.map_err(reqwest::Error::without_url)?);
                if body.len() > BODY_BYTES {
                    return Err(OAuthHttpClientError::from(TooLong));
                }
            }
            builder.body(body).map_err(OAuthHttpClientError::from)
        })
    }
}
