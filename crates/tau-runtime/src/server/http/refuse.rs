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
/// Over HTTP/1 the body is read first, see [`leftover`]. Where it was not and the connection closes, the answer says so.
pub(super) async fn refuse<B>(failure: Failure, head: Parts, body: B) -> Result<Response<RpcBody>, Infallible>
where
    B: Body<Data = Bytes> + Send,
{
    let is_read = async {
        let is_wanted = leftover::is_wanted(&head, &body);
        if is_wanted { leftover::discard(body).await } else { body.is_end_stream() }
    };
    let closes = head.version < Version::HTTP_2 && !is_read.await;
    let shape = shape_headers(&head.headers);
    let mut response = finished(ConnectError::from(failure).into_http_response(&shape), shape);
    if closes {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
