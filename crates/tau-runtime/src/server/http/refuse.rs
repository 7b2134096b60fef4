//! Answers to requests that are refused before they were read.

use std::convert::Infallible;

use bytes::Bytes;
use connectrpc::ConnectError;
use http::header::CONNECTION;
use http::request::Parts;
use http::{HeaderValue, Response, Version};
use http_body::Body;

use super::body::RpcBody;
use super::leftover;
use super::service::{finished, shape_headers};
use crate::server::failure::Failure;

/// An error instead of a call, in the caller's protocol.
///
/// What becomes of the body: see [`leftover`]. Over HTTP/1 it is read first. Where it was not and the connection closes, the answer says so.
pub(super) async fn refuse<B>(failure: Failure, head: Parts, body: B) -> Result<Response<RpcBody>, Infallible>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    let closes = if head.version >= Version::HTTP_2 {
        leftover::let_arrive(body);
        false
    } else if leftover::is_wanted(&head, &body) {
        !leftover::discard(body).await
    } else {
        !body.is_end_stream()
    };
    let shape = shape_headers(&head.headers);
    let mut response = finished(ConnectError::from(failure).into_http_response(&shape), shape);
    if closes {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
