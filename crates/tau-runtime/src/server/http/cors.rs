//! What browsers are told about pages of other origins.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::access::Access;

/// What a page may send: the protocols' headers and the token.
const REQUEST_HEADERS: [&str; 10] = [
    "authorization",
    "connect-accept-encoding",
    "connect-content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-encoding",
    "content-type",
    "grpc-timeout",
    "x-grpc-web",
    "x-user-agent",
];

/// What a page may read.
const RESPONSE_HEADERS: [&str; 5] = [
    "connect-content-encoding",
    "content-encoding",
    "grpc-message",
    "grpc-status",
    "grpc-status-details-bin",
];

/// The longest that a browser remembers an answer.
const MAX_AGE: Duration = Duration::from_secs(7_200);

/// Answers to browsers. It refuses nobody: without its headers a browser does, and origins are checked before.
pub(super) fn layer(access: Arc<Access>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| access.lists_origin(origin)))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(REQUEST_HEADERS.map(HeaderName::from_static))
        .expose_headers(RESPONSE_HEADERS.map(HeaderName::from_static))
        .max_age(MAX_AGE)
}
