//! Answers to requests that are refused before they were read.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use connectrpc::ConnectError;
use http::header::{CONNECTION, EXPECT};
use http::request::Parts;
use http::{HeaderValue, Response, Version};
use http_body::Body;

use super::body::RpcBody;
use super::service::{finished, shape_headers};
use crate::server::failure::Failure;

/// What is still read of a request that was refused: twice what a message may have by default.
const LEFTOVER_BYTES: u64 = 32 << 20;
/// How long that may take; a caller that sends slowly is not waited for.
const LEFTOVER_TIME: Duration = Duration::from_secs(1);

/// An error instead of a call, in the caller's protocol.
///
/// Over HTTP/1 the body is read first and thrown away, unless it is very large. Or else the connection would have to close,
/// and a caller that is still writing would see it break instead of the answer. Where it does close, the answer says so.
pub(super) async fn refuse<B>(failure: Failure, head: Parts, body: B) -> Result<Response<RpcBody>, Infallible>
where
    B: Body<Data = Bytes> + Send,
{
    let closes = head.version < Version::HTTP_2 && !is_read(&head, body).await;
    let shape = shape_headers(&head.headers);
    let mut response = finished(ConnectError::from(failure).into_http_response(&shape), shape);
    if closes {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Reads a body to its end; whether that was possible.
async fn is_read<B: Body<Data = Bytes>>(head: &Parts, body: B) -> bool {
    // Whoever asks before sending is spared the sending.
    if head.headers.contains_key(EXPECT) || body.size_hint().lower() > LEFTOVER_BYTES {
        return body.is_end_stream();
    }
    let read = async {
        let mut body = pin!(body);
        let mut left = LEFTOVER_BYTES;
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let Ok(frame) = frame else { return false };
            let size = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(rest) = left.checked_sub(size) else { return false };
            left = rest;
        }
        true
    };
    tokio::time::timeout(LEFTOVER_TIME, read).await.unwrap_or(false)
}
